//! What an object key of the config bucket means. In: a key. Out: base, policy, fragment, or a stray with the reason.
//! Never: opens the object.

use crate::Component;
use std::collections::BTreeSet;

/// The owner of what lies under `base/`: the platform team.
pub const PLATFORM: &str = "platform";

/// A key of the config bucket, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// `base/<component>.yml`
    Base(Component),
    /// `base/policy.yml`
    Policy,
    /// `apps/<owner>/<component>/<name>.yml`
    Fragment {
        /// The team.
        owner: String,
        /// Whose configuration it goes into.
        component: Component,
        /// The file name without `.yml`.
        name: String,
    },
    /// `apps/<owner>/prometheus/tests/<name>.yml`: unit tests of that owner's rules.
    RuleTest {
        /// The team.
        owner: String,
    },
    /// A folder marker that a console made: a key that ends in `/`. It is nothing.
    Folder,
    /// Anything else; it is told to its owner and used for nothing.
    Stray {
        /// The team where the key says one, else the platform team.
        owner: String,
        /// What is wrong with the key.
        reason: String,
    },
}

impl Key {
    /// The longest owner or fragment name, in characters: `<owner>--<name>.yml` stays a file name everywhere.
    pub const NAME_CHARACTERS: usize = 100;

    /// Understands a key.
    #[must_use]
    pub fn parse(key: &str) -> Key {
        if key.ends_with('/') {
            return Key::Folder;
        }
        let parts: Vec<&str> = key.split('/').collect();
        let stray = |owner: &str, reason: String| Key::Stray {
            owner: if is_name(owner) {
                owner.to_owned()
            } else {
                PLATFORM.to_owned()
            },
            reason,
        };
        match parts.as_slice() {
            ["base", "policy.yml"] => Key::Policy,
            ["base", file] => match Component::ALL
                .into_iter()
                .find(|component| component.main_file() == *file)
            {
                Some(component) => Key::Base(component),
                None => stray(
                    PLATFORM,
                    "base/ holds prometheus.yml, blackbox.yml, cloudwatch.yml and policy.yml only".into(),
                ),
            },
            ["apps", owner, "prometheus", "tests", file]
                if is_name(owner) && fragment_name(file).is_some() =>
            {
                Key::RuleTest {
                    owner: (*owner).to_owned(),
                }
            }
            ["apps", owner, component, file] => {
                let Some(component) = Component::from_name(component) else {
                    return stray(
                        owner,
                        format!("`{component}` is not a component: use prometheus, blackbox or cloudwatch"),
                    );
                };
                if !is_name(owner) {
                    return stray(owner, bad_name("owner", owner));
                }
                if *owner == PLATFORM {
                    return stray(
                        owner,
                        format!("`{PLATFORM}` is the owner of base/; no team may be called so"),
                    );
                }
                match fragment_name(file) {
                    Some(name) => Key::Fragment {
                        owner: (*owner).to_owned(),
                        component,
                        name: name.to_owned(),
                    },
                    None => stray(owner, bad_name("file", file)),
                }
            }
            ["apps", owner, ..] => stray(
                owner,
                "a fragment's key is apps/<owner>/<component>/<name>.yml".into(),
            ),
            _ => stray(
                PLATFORM,
                "the bucket holds base/ and apps/<owner>/<component>/<name>.yml only".into(),
            ),
        }
    }

    /// The team that is told about this object.
    #[must_use]
    pub fn owner(&self) -> &str {
        match self {
            Key::Base(_) | Key::Policy | Key::Folder => PLATFORM,
            Key::Fragment { owner, .. } | Key::RuleTest { owner } | Key::Stray { owner, .. } => owner,
        }
    }

    /// What it is called in a sentence. A stray is no fragment, whatever it was meant to be.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self {
            Key::Base(_) => "base",
            Key::Policy => "policy",
            Key::Fragment { .. } => "fragment",
            Key::RuleTest { .. } => "unit test",
            Key::Folder | Key::Stray { .. } => "file",
        }
    }

    /// What several of them are called.
    #[must_use]
    pub fn noun_of<'a>(keys: impl IntoIterator<Item = &'a str>) -> &'static str {
        let nouns: BTreeSet<&str> = keys.into_iter().map(|key| Key::parse(key).noun()).collect();
        match nouns.len() {
            1 => nouns.first().copied().unwrap_or("file"),
            _ => "file",
        }
    }

    /// The component it is for, where the key says one.
    #[must_use]
    pub fn component(&self) -> Option<Component> {
        match self {
            Key::Base(component) | Key::Fragment { component, .. } => Some(*component),
            Key::RuleTest { .. } => Some(Component::Prometheus),
            Key::Policy | Key::Folder | Key::Stray { .. } => None,
        }
    }
}

/// Names become file names, globs and message subjects: letters, digits, `_`, `.`, `-`, beginning with a letter or a
/// digit, and no `--`, which stands between owner and name in a rule file's path.
fn is_name(name: &str) -> bool {
    name.len() <= Key::NAME_CHARACTERS
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
        && !name.contains("--")
}

fn fragment_name(file: &str) -> Option<&str> {
    file.strip_suffix(".yml").filter(|name| is_name(name))
}

fn bad_name(what: &str, name: &str) -> String {
    let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    format!(
        "{what} name `{shown}`: use letters, digits, `_`, `.`, `-` (no `--`), begin with a letter or digit, at most {} characters{}",
        Key::NAME_CHARACTERS,
        if what == "file" { ", and end in .yml" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whose_it_is() {
        let check = |key: &str, expect: &str| {
            let seen = match Key::parse(key) {
                Key::Fragment {
                    owner,
                    component,
                    name,
                } => format!("fragment {owner} {component} {name}"),
                Key::Stray { owner, .. } => format!("stray {owner}"),
                other => format!("{other:?}"),
            };
            assert_eq!(seen, expect, "{key}");
        };
        check("base/prometheus.yml", "Base(Prometheus)");
        check("base/policy.yml", "Policy");
        check("base/other.yml", "stray platform");
        check("apps/shop/prometheus/api.yml", "fragment shop prometheus api");
        check("apps/shop/blackbox/http.yml", "fragment shop blackbox http");
        check("apps/shop/blackbox/http.yaml", "stray shop");
        check("apps/platform/prometheus/api.yml", "stray platform");
        check("apps/shop/", "Folder");
        check(
            "apps/shop/prometheus/tests/api.yml",
            "RuleTest { owner: \"shop\" }",
        );
        check("apps/shop/grafana/api.yml", "stray shop");
        check("apps/shop/prometheus/api.txt", "stray shop");
        check("apps/shop/prometheus/a--b.yml", "stray shop");
        check("apps/shop/prometheus/../../base/prometheus.yml", "stray shop");
        check("apps/../prometheus/api.yml", "stray platform");
        check("apps/.hidden/prometheus/api.yml", "stray platform");
        check("apps/a\nb/prometheus/api.yml", "stray platform");
        check("apps/\u{202e}bad/prometheus/api.yml", "stray platform");
        check("README.md", "stray platform");
    }
}
