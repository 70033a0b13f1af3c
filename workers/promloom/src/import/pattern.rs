//! Patterns of old keys. In: `rules/{owner}-{name}.yml`, a key. Out: every way in which the key can be read as that.
//! Never: chooses among them.

use std::collections::{BTreeMap, BTreeSet};

/// What the variables of a pattern stand for in one key.
pub(super) type Bound = BTreeMap<String, String>;

/// A pattern: `{variable}` is one or more characters but `/`, `*` any characters but `/`, `**` any, and `**/` also none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
    InFolder,
    Any,
    /// Nothing, or whole folders.
    Folders,
}

impl Pattern {
    /// Understands a pattern; or says why it is none.
    pub(super) fn parse(text: &str) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("**/") {
                (parts, rest) = (with(parts, Part::Folders), after);
            } else if let Some(after) = rest.strip_prefix("**") {
                (parts, rest) = (with(parts, Part::Any), after);
            } else if let Some(after) = rest.strip_prefix('*') {
                (parts, rest) = (with(parts, Part::InFolder), after);
            } else if let Some(after) = rest.strip_prefix('{') {
                let Some((name, after)) = after.split_once('}') else {
                    return Err("`{` is never closed".into());
                };
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                    return Err(format!(
                        "`{{{name}}}` is no variable: use lower-case letters, as in `{{owner}}`"
                    ));
                }
                let variable = Part::Variable(name.to_owned());
                if parts.contains(&variable) {
                    return Err(format!("`{{{name}}}` is there twice"));
                }
                (parts, rest) = (with(parts, variable), after);
            } else {
                let end = rest.find(['*', '{']).unwrap_or(rest.len());
                parts.push(Part::Text(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        if parts.is_empty() {
            return Err("it matches nothing".into());
        }
        Ok(Pattern(parts))
    }

    /// Its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Its text with each variable replaced.
    pub(super) fn filled(&self, bound: &Bound) -> String {
        self.0.iter().fold(String::new(), |text, part| match part {
            Part::Text(literal) => text + literal,
            Part::Variable(name) => text + bound.get(name).map_or("", String::as_str),
            Part::InFolder | Part::Any | Part::Folders => text + "*",
        })
    }

    /// Every way to read the key; none if it does not fit.
    pub(super) fn readings(&self, key: &str) -> BTreeSet<Bound> {
        let mut found = BTreeSet::new();
        readings(&self.0, key, &Bound::new(), &mut found);
        found
    }
}

fn with(mut parts: Vec<Part>, part: Part) -> Vec<Part> {
    parts.push(part);
    parts
}

fn readings(parts: &[Part], key: &str, bound: &Bound, found: &mut BTreeSet<Bound>) {
    let Some((part, parts)) = parts.split_first() else {
        if key.is_empty() {
            found.insert(bound.clone());
        }
        return;
    };
    let ends = key.char_indices().map(|(at, _)| at).chain([key.len()]);
    let folder = key.find('/').unwrap_or(key.len());
    match part {
        Part::Text(text) => {
            if let Some(rest) = key.strip_prefix(text.as_str()) {
                readings(parts, rest, bound, found);
            }
        }
        Part::Variable(name) => {
            for end in ends.filter(|end| (1..=folder).contains(end)) {
                let mut bound = bound.clone();
                bound.insert(name.clone(), key[..end].to_owned());
                readings(parts, &key[end..], &bound, found);
            }
        }
        Part::InFolder => ends
            .filter(|end| *end <= folder)
            .for_each(|end| readings(parts, &key[end..], bound, found)),
        Part::Any => ends.for_each(|end| readings(parts, &key[end..], bound, found)),
        Part::Folders => ends
            .filter(|end| *end == 0 || key[..*end].ends_with('/'))
            .for_each(|end| readings(parts, &key[end..], bound, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_every_way_that_fits() {
        let check = |pattern: &str, key: &str, expect: &[&str]| {
            let readings = Pattern::parse(pattern).unwrap().readings(key);
            let shown: Vec<String> = readings
                .iter()
                .map(|bound| {
                    bound.iter().fold(String::new(), |shown, (name, text)| {
                        shown + name + "=" + text + ";"
                    })
                })
                .collect();
            assert_eq!(shown, expect, "{pattern} {key}");
        };
        check("a/b.yml", "a/b.yml", &[""]);
        check("a/b.yml", "a/b.yaml", &[]);
        check(
            "{owner}/jobs/{name}.yml",
            "shop/jobs/api.yml",
            &["name=api;owner=shop;"],
        );
        check("{owner}/{name}.yml", "shop/jobs/api.yml", &[]);
        check("{owner}/x.yml", "/x.yml", &[]);
        check(
            "rules/{owner}-{name}.yml",
            "rules/a-b-c.yml",
            &["name=b-c;owner=a;", "name=c;owner=a-b;"],
        );
        check("{owner}/*.yml", "shop/api.yml", &["owner=shop;"]);
        check("{owner}/*.yml", "shop/x/api.yml", &[]);
        check("{owner}/**.yml", "shop/x/api.yml", &["owner=shop;"]);
        check("**/README.md", "README.md", &[""]);
        check("**/README.md", "a/b/README.md", &[""]);
        check("**/README.md", "NO-README.md", &[]);
        check("{owner}/x", "sh\u{f6}p/x", &["owner=sh\u{f6}p;"]);
    }

    #[test]
    fn a_pattern_that_is_none_says_why() {
        let check = |pattern: &str, expect: &str| {
            let why = Pattern::parse(pattern).unwrap_err();
            assert!(why.contains(expect), "{pattern}: {why}");
        };
        check("", "it matches nothing");
        check("a/{owner", "`{` is never closed");
        check("a/{Owner}", "`{Owner}` is no variable");
        check("a/{}", "`{}` is no variable");
        check("{owner}/{owner}", "`{owner}` is there twice");
    }
}
