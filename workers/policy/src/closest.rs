//! What was probably meant. In: a word, the words that there are. Out: the one that differs by a slip of the finger.
//! Never: a verdict.

/// The word that differs from this one by a slip of the finger, if there is one.
#[must_use]
pub fn closest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let allowed = if word.chars().count() < 5 { 1 } else { 2 };
    words
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, remove or replace to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // A key may be long; no field is.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()] + a.chars().count().saturating_sub(64)
}
