//! Patterns of the policy's lists. In: a pattern, a text. Out: whether it is meant. Never: a regular expression.

/// Whether a text is one of a list's, in which `*` is any characters.
#[must_use]
pub fn listed(list: &[String], text: &str) -> bool {
    list.iter().any(|pattern| matches(pattern, text, None))
}

/// Whether all of a text fits. `*` is any characters; where there is a separator, any but that, and `**` any.
fn matches(pattern: &str, text: &str, separator: Option<char>) -> bool {
    // `fits[n]`: what was read of the pattern fits the first n characters of the text.
    let text: Vec<char> = text.chars().collect();
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '*' {
            let over_all = separator.is_none() | rest.next_if_eq(&'*').is_some();
            for (n, c) in text.iter().enumerate() {
                fits[n + 1] |= fits[n] && (over_all || Some(*c) != separator);
            }
        } else {
            for (n, of_text) in text.iter().enumerate().rev() {
                fits[n + 1] = fits[n] && *of_text == c;
            }
            fits[0] = false;
        }
    }
    fits.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_characters() {
        let check = |pattern: &str, text: &str, expect: bool| {
            assert_eq!(listed(&[pattern.into()], text), expect, "{pattern} {text}");
        };
        check("p*", "p99", true);
        check("p*", "Sum", false);
        check("AWS/*", "AWS/ELB", true);
        check("*", "", true);
    }
}
