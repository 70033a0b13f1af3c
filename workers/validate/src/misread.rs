//! A name that is another one than it looks like. In: the name. Out: which character it is, and what to do about it.
//! Never: a word about a name that reads as what it is.

/// Letters of other scripts that look like one of ASCII.
const ALIKE: [(char, char); 30] = [
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('х', 'x'),
    ('у', 'y'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('ԁ', 'd'),
    ('һ', 'h'),
    ('ӏ', 'l'),
    ('ո', 'n'),
    ('ս', 'u'),
    ('ɡ', 'g'),
    ('ο', 'o'),
    ('α', 'a'),
    ('ρ', 'p'),
    ('ν', 'v'),
    ('ι', 'i'),
    ('κ', 'k'),
    ('ı', 'i'),
    ('ⅼ', 'l'),
    ('т', 't'),
    ('м', 'm'),
    ('к', 'k'),
    ('в', 'b'),
    ('－', '-'),
    ('＿', '_'),
];

/// What to do about a name that holds a character that cannot be seen, or a letter that looks like another, or that was to begin an item.
pub(crate) fn hint(name: &str) -> Option<String> {
    let code = |c: char| format!("U+{:04X}", u32::from(c));
    let looks_like = |c: char| ALIKE.iter().find(|(odd, _)| *odd == c).map(|(_, plain)| *plain);
    if let Some(c) = name.chars().find(|c| !c.is_ascii() && c.is_whitespace()) {
        return Some(format!(
            "it holds {}, which looks like a space and is none: write a plain space",
            code(c)
        ));
    }
    if let Some(c) = name.chars().find(|c| is_invisible(*c)) {
        return Some(format!(
            "it holds {}, which cannot be seen: write the name anew",
            code(c)
        ));
    }
    if let Some((odd, plain)) = name.chars().find_map(|c| Some((c, looks_like(c)?))) {
        return Some(format!(
            "it holds {}, which looks like `{plain}` and is another letter: write it in plain letters",
            code(odd)
        ));
    }
    let word = name
        .strip_prefix('-')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()))?;
    Some(format!("write a space after the `-`: `- {word}`"))
}

/// Of no width: joiners, marks of direction, a soft hyphen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_another_is_told_by_its_character() {
        let check = |name: &str, expect: &str| {
            let hint = hint(name).unwrap_or_default();
            assert!(
                hint.contains(expect) && hint.is_empty() == expect.is_empty(),
                "{name}: {hint}"
            );
        };
        check("-\u{a0}targets", "U+00A0, which looks like a space");
        check("j\u{43e}b_name", "U+043E, which looks like `o`");
        check("job\u{200b}_name", "U+200B, which cannot be seen");
        check("-job_name", "`- job_name`");
        check("job_name", "");
        check("größe", "");
        check("--", "");
    }
}
