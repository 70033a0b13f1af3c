//! The URL path that names a group. In: its labels. Out: exactly that group's path, as the Pushgateway's README has it.
//! Never: a path that might name another group.
//!
//! Every value goes as base64 (URL-safe, no padding; `=` if it is empty): the only way for a slash and for an empty
//! value, and right for every other one.

use crate::groups::Labels;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::fmt::Write as _;

/// The longest path that is sent, in bytes; an HTTP client takes 64 KiB.
const PATH_BYTES: usize = 60_000;

/// What a Pushgateway makes of a label name in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It takes every name as it stands, and only ASCII ones.
    Legacy,
    /// `--push.enable-utf8-names`: it decodes what begins with `U__`.
    Utf8,
}

/// The path of the group with these labels, or why there is none.
pub(crate) fn of(labels: &Labels, naming: Naming) -> Result<String, String> {
    let job = labels.get("job").filter(|job| !job.is_empty());
    let job = job.ok_or("it has no job, and only a job has a path")?;
    let mut path = format!("/metrics/job@base64/{}", encoded(job));
    for (name, value) in labels.iter().filter(|(name, _)| *name != "job") {
        // Writing to a String cannot fail.
        let _infallible = write!(path, "/{}@base64/{}", named(name, naming)?, encoded(value));
    }
    if path.len() > PATH_BYTES {
        return Err(format!(
            "its path has {} bytes; at most {PATH_BYTES} can be sent",
            path.len()
        ));
    }
    Ok(path)
}

fn encoded(value: &str) -> String {
    if value.is_empty() {
        return "=".into();
    }
    BASE64_URL_SAFE_NO_PAD.encode(value)
}

fn named(name: &str, naming: Naming) -> Result<String, String> {
    let is_legacy = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match naming {
        Naming::Legacy if is_legacy => Ok(name.to_owned()),
        Naming::Legacy => Err(format!(
            "its label `{name}` has no path: start the Pushgateway with `--push.enable-utf8-names`"
        )),
        Naming::Utf8 if is_legacy && !name.starts_with("U__") => Ok(name.to_owned()),
        Naming::Utf8 => Ok(escaped(name)),
    }
}

/// `U__`, then each character that is no letter, digit or underscore as `_<code point>_`, and underscores doubled.
fn escaped(name: &str) -> String {
    let looks_escaped = name.starts_with("U__");
    let mut text = String::from("U__");
    for (at, c) in name.char_indices() {
        match c {
            '_' => text.push_str("__"),
            c if c.is_ascii_alphanumeric() && !(looks_escaped && at == 0) => text.push(c),
            c => {
                // Writing to a String cannot fail.
                let _infallible = write!(text, "_{:X}_", u32::from(c));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_group_has_one_path() {
        let check = |naming: Naming, pairs: &[(&str, &str)], expect: &str| {
            let path = of(&labels(pairs), naming).unwrap_or_else(|why| why);
            assert_eq!(path.strip_prefix("/metrics/job@base64/").unwrap_or(&path), expect);
        };
        for naming in [Naming::Legacy, Naming::Utf8] {
            // The examples of the Pushgateway's README.
            let cleaner = [("job", "directory_cleaner"), ("path", "/var/tmp")];
            check(
                naming,
                &cleaner,
                "ZGlyZWN0b3J5X2NsZWFuZXI/path@base64/L3Zhci90bXA",
            );
            let empty = [
                ("job", "example"),
                ("first_label", ""),
                ("second_label", "foobar"),
            ];
            check(
                naming,
                &empty,
                "ZXhhbXBsZQ/first_label@base64/=/second_label@base64/Zm9vYmFy",
            );
            let titan = [("job", "titan"), ("name", "Προμηθεύς")];
            check(naming, &titan, "dGl0YW4/name@base64/zqDPgc6_zrzOt864zrXPjc-C");

            check(naming, &[("job", "..")], "Li4");
            check(naming, &[("job", "a"), ("instance", "")], "YQ/instance@base64/=");
            check(naming, &[("job", "%2F+ ?#")], "JTJGKyA_Iw");
            check(naming, &[("a", "b")], "it has no job, and only a job has a path");
            check(naming, &[("job", "")], "it has no job, and only a job has a path");
        }
    }

    #[test]
    fn a_label_name_is_what_the_pushgateway_decodes() {
        let check = |name: &str, legacy: Option<&str>, utf8: &str| {
            assert_eq!(named(name, Naming::Legacy).ok().as_deref(), legacy, "{name}");
            assert_eq!(named(name, Naming::Utf8).as_deref(), Ok(utf8), "{name}");
        };
        check("instance", Some("instance"), "instance");
        check("_a1", Some("_a1"), "_a1");
        check("foo.bar", None, "U__foo_2E_bar");
        check("a_b.c", None, "U__a__b_2E_c");
        check("1a", None, "U__1a");
        check("U__foo_2e_bar", Some("U__foo_2e_bar"), "U___55_____foo__2e__bar");
        check("😊", None, "U___1F60A_");
        check("a@base64", None, "U__a_40_base64");
        check("a/b", None, "U__a_2F_b");
    }

    #[test]
    fn a_path_that_no_request_can_hold_is_none() {
        let long = of(
            &labels(&[("job", "a"), ("b", &"x".repeat(60_000))]),
            Naming::Legacy,
        )
        .unwrap_err();
        assert_eq!(long, "its path has 80032 bytes; at most 60000 can be sent");
    }
}
