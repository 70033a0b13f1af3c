//! Whole numbers as Prometheus' reader of YAML takes them. In: a scalar. Out: the number that a field gets.
//! Never: one that a text in quotes would be.

use yaml::{Node, Value};

/// The number that a field of Go's type `uint` gets from this; none where the reader refuses it. As `resolve` of
/// <https://github.com/yaml/go-yaml/blob/v2.4.0/resolve.go>: `010` is 8, `1_000` is 1000, `1e3` is 1000.
pub(crate) fn whole_number(node: &Node) -> Option<u64> {
    let Value::Scalar(scalar) = &node.value else {
        return None;
    };
    let is_number = match scalar.tag.as_deref() {
        None => scalar.plain,
        Some(tag) => tag.ends_with("int") || tag.ends_with("float"),
    };
    let text = scalar.text.replace('_', "");
    is_number.then(|| integer(&text).or_else(|| float(&text)))?
}

fn integer(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let radix = |prefix: usize, radix| u64::from_str_radix(digits.get(prefix..)?, radix).ok();
    match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => radix(2, 16),
        [b'0', b'o' | b'O', ..] => radix(2, 8),
        [b'0', b'b' | b'B', ..] => radix(2, 2),
        [b'0', _, ..] => radix(1, 8).or_else(|| float(text)),
        _ => radix(0, 10),
    }
}

fn float(text: &str) -> Option<u64> {
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let number: f64 = text.chars().all(allowed).then(|| text.parse().ok())??;
    // Go cuts what is behind the point.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the bounds are looked at before"
    )]
    (number >= 0.0 && number < u64::MAX as f64).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::Limits;

    #[test]
    fn numbers_are_go_yaml_s() {
        let check = |text: &str, expect: Option<u64>| {
            let node = yaml::read(text.as_bytes(), &Limits::default()).unwrap().unwrap();
            assert_eq!(whole_number(&node), expect, "{text}");
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
        check("!!int \"10\"", Some(10));
        check("18446744073709551615", Some(u64::MAX));
        check("18446744073709551616", None);
        check("1e30", None);
        check("-1", None);
        check("\"10\"", None);
        check("!!str 10", None);
        check(".inf", None);
        check("lots", None);
        check("[10]", None);
    }
}
