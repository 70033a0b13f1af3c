//! A version of Prometheus, as people and programs write it. In: text, numbers. Out: parts that compare. Never: a release candidate taken for
//! the release.

/// `3.13.5`; or `3.13`, which is any of its patches: fields and functions come and go with the second number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: Option<u32>,
}

impl Version {
    /// A single version.
    #[must_use]
    pub const fn exact(major: u32, minor: u32, patch: u32) -> Version {
        let patch = Some(patch);
        Version { major, minor, patch }
    }

    /// `3.13.5`, `v3.13.5`, `3.13`, `3.13.x`; and `2.53.3+ds1`, for who builds it says nothing about what it is. None: something else, `3.14.0-rc.0`
    /// too.
    #[must_use]
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (numbers, _build) = text.split_once('+').unwrap_or((text, ""));
        let mut parts = numbers.split('.');
        let (major, minor, patch) = (number(parts.next()?)?, number(parts.next()?)?, parts.next());
        let patch = match patch {
            None | Some("x") => None,
            Some(patch) => Some(number(patch)?),
        };
        parts.next().is_none().then_some(Version { major, minor, patch })
    }

    /// Its first two numbers.
    #[must_use]
    pub const fn minor(self) -> (u32, u32) {
        (self.major, self.minor)
    }

    /// Whether a program that says it is `other` is what this asks for.
    #[must_use]
    pub fn takes(self, other: Version) -> bool {
        self.minor() == other.minor() && (self.patch.is_none() || self.patch == other.patch)
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            Some(patch) => write!(f, ".{patch}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_numbers() {
        let check = |text: &str, expect: &str| {
            let read = Version::parse(text).map(|version| version.to_string());
            assert_eq!(read.unwrap_or_default(), expect, "{text}");
        };
        check("3.13.5", "3.13.5");
        check("v3.13.5", "3.13.5");
        check("2.53", "2.53");
        check("2.53.x", "2.53");
        check("2.53.3+ds1", "2.53.3");
        for none in [
            "",
            "3",
            "3.",
            "3.+5",
            "3.13.",
            "3.13.5.1",
            "3.14.0-rc.0",
            "latest",
            "vv3.1",
        ] {
            check(none, "");
        }
    }

    #[test]
    fn a_version_takes_itself_and_a_minor_one_its_patches() {
        let check = |wanted: &str, said: &str, expect: bool| {
            let [wanted, said] = [wanted, said].map(|text| Version::parse(text).expect("a version"));
            assert_eq!(wanted.takes(said), expect, "{wanted}, {said}");
        };
        check("3.13.5", "3.13.5", true);
        check("3.13.5", "3.13.4", false);
        check("3.13", "3.13.4", true);
        check("3.13", "3.1.3", false);
        check("2.53.3", "2.53.3+ds1", true);
        check("3.5", "2.5", false);
    }
}
