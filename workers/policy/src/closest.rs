//! What was probably meant. In: a word, the words that there are. Out: the one that differs by a slip of the finger.
//! Never: a verdict.

/// The word that differs from this one by a slip of the finger, if there is one: letters to insert, remove, replace, or to
/// exchange with the next.
#[must_use]
pub fn closest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let allowed = if word.chars().count() < 5 { 1 } else { 2 };
    // A key may be long; no field is.
    let longest = words.iter().map(|candidate| candidate.chars().count()).max()? + allowed;
    if word.chars().count() > longest {
        return None;
    }
    words
        .iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
