//! What Go's reader of YAML takes a plain scalar for, where a field wants no text. In: its text. Out: a bool, a number, or neither.
//! As `resolve` of <https://github.com/yaml/go-yaml/blob/v2.4.0/resolve.go>. Never: the value of what stands in quotes or has a tag.

/// What a reader of YAML 1.1 (Go's is one, in a field that wants no text) takes a plain scalar for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolved {
    /// `yes`, `off`, `True`, …
    Bool(bool),
    /// `10`, `010` (eight), `0x1F`, `1_000`.
    Int(i128),
    /// `1e3`, `-.5`, `08`; its bits.
    Float(u64),
}

impl Resolved {
    /// The number that a field of Go's type `uint` gets from it; none if it has no room for it. What is behind the point is cut.
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        match self {
            Resolved::Bool(_) => None,
            Resolved::Int(number) => u64::try_from(number).ok(),
            Resolved::Float(bits) => {
                let number = f64::from_bits(bits);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    clippy::cast_precision_loss,
                    reason = "the bounds are looked at before"
                )]
                (number >= 0.0 && number < u64::MAX as f64).then_some(number as u64)
            }
        }
    }
}

/// What it takes a plain scalar for, if not for text or null. Infinities are text here: nothing counts with them.
pub(crate) fn resolved(text: &str) -> Option<Resolved> {
    const TRUE: [&str; 11] = [
        "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
    ];
    const FALSE: [&str; 11] = [
        "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
    ];
    if TRUE.contains(&text) || FALSE.contains(&text) {
        return Some(Resolved::Bool(TRUE.contains(&text)));
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return None;
    }
    let digits = text.replace('_', "");
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let (radix, behind) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'0'..=b'7', ..] => (8, digits),
        _ => (10, digits),
    };
    // A sign has been before the digits, if there is one.
    let is_bare = behind.starts_with(|c: char| c.is_ascii_hexdigit());
    let int = is_bare
        .then(|| i128::from_str_radix(behind, radix).ok())
        .flatten();
    if let Some(int) = int {
        return Some(Resolved::Int(if negative { int.wrapping_neg() } else { int }));
    }
    let float = digits
        .bytes()
        .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    let float = float.then(|| digits.parse::<f64>().ok()).flatten()?;
    Some(Resolved::Float(if negative { -float } else { float }.to_bits()))
}

#[cfg(test)]
mod tests {
    use crate::{Limits, Resolved, read};

    #[test]
    fn numbers_are_go_yaml_s() {
        let check = |text: &str, expect: Option<u64>| {
            let node = read(text.as_bytes(), &Limits::default()).unwrap().unwrap();
            assert_eq!(node.resolved().and_then(Resolved::whole), expect, "{text}");
        };
        check("10", Some(10));
        check("+10", Some(10));
        check("010", Some(8));
        check("08", Some(8));
        check("0x1F", Some(31));
        check("0b11", Some(3));
        check("0o17", Some(15));
        check("1_000", Some(1000));
        check("1e3", Some(1000));
        check("1.9", Some(1));
        check("-0", Some(0));
        check("18446744073709551615", Some(u64::MAX));
        check("18446744073709551616", None);
        check("1e30", None);
        check("-1", None);
        check("-0.5", None);
        check("0x+5", None);
        check("+-5", None);
        check("yes", None);
        check("\"10\"", None);
        check("!!str 10", None);
        check("!!int 010", None);
        check("!!float -1.0", None);
        check(".inf", None);
        check("lots", None);
        check("[10]", None);
    }
}
