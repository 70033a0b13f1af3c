//! Patterns of the policy's lists. In: a pattern, a text. Out: whether it is meant. Never: a regular expression.

/// Whether a text is one of a list's, in which `*` is any characters and `?` is one.
#[must_use]
pub fn listed(list: &[String], text: &str) -> bool {
    list.iter().any(|pattern| matches(pattern, text, None))
}

/// Whether a path on a server is one of these: `{owner}` is the owner, `*` any characters but `/`, `**` any, `?` one
/// but `/`. Only the list `*` has paths that go up (`..`) or are not written straight.
pub(crate) fn path_listed(list: &[String], owner: &str, path: &str) -> bool {
    let is_straight = path
        .split('/')
        .skip(1)
        .all(|name| !matches!(name, "" | "." | ".."));
    list.iter().any(|pattern| {
        let pattern = pattern.replace("{owner}", owner);
        pattern == "*" || (is_straight && matches(&pattern, path, Some('/')))
    })
}

/// Whether all of a text fits. `*` is any characters and `?` is one; where there is a separator, any but that, and `**` any.
#[must_use]
pub fn matches(pattern: &str, text: &str, separator: Option<char>) -> bool {
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
                let is_meant = *of_text == c || c == '?' && Some(*of_text) != separator;
                fits[n + 1] = fits[n] && is_meant;
            }
            fits[0] = false;
            if !fits.contains(&true) {
                return false;
            }
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
        check("up", "up", true);
        check("up", "uptime", false);
        check("scrape_*", "scrape_duration_seconds", true);
        check("scrape_*", "scrape_", true);
        check("scrape_*", "my_scrape_", false);
        check("*", "", true);
        check("*a*b", "xaxbxb", true);
        check("*a*b", "xaxbxc", false);
        check("", "a", false);
        check("**", "a", true);
        check("a?i", "api", true);
        check("a?", "api", false);
        check("a?", "a", false);
        check("?", "\u{f6}", true);
        check("*?", "a", true);
        check("?*", "", false);
        check("AWS/*", "AWS/EC2", true);
        assert!(!listed(&[], "a"));
    }

    #[test]
    fn paths_go_down_only() {
        let check = |pattern: &str, path: &str, expect: bool| {
            assert_eq!(
                path_listed(&[pattern.into()], "shop", path),
                expect,
                "{pattern} {path}"
            );
        };
        check("/secrets/**", "/secrets/a", true);
        check("/secrets/**", "/secrets/a/b", true);
        check("/secrets/*", "/secrets/a", true);
        check("/secrets/*", "/secrets/a/b", false);
        check("/secrets/{owner}/*", "/secrets/shop/a", true);
        check("/secrets/{owner}/*", "/secrets/bank/a", false);
        check("/secrets/?", "/secrets/a", true);
        check("/secrets?a", "/secrets/a", false);
        check("/secrets/**", "/secrets/../etc/shadow", false);
        check("/secrets/**", "/secrets/./a", false);
        check("/secrets/**", "/secrets//a", false);
        check("/secrets/**", "secrets/a", false);
        check("/secrets/**", "/secrets", false);
        check("secrets/**", "secrets/a", true);
        check("secrets/**", "secrets/..", false);
        check("*", "/secrets/../etc/shadow", true);
        check("**", "../etc/shadow", true);
    }
}
