//! What Prometheus understands of what teams push: structs, their fields and types, as Go has them. In: a struct's name or a
//! field's. Out: what there is. Never: a verdict; a field of the base.

mod blackbox;
mod prometheus;

pub(crate) use blackbox::MODULE;
pub(crate) use prometheus::{CONFIG_SCRAPE_CONFIG as JOB, NEWEST, RULEFMT_RULE_GROUP as GROUP};

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Any scalar: a plain one is its source text.
    Text,
    /// A text with a reader of its own: a role, a URL.
    Read,
    /// A plain `true`, `yes`, `off`, …
    Bool,
    /// A plain number.
    Int,
    /// A plain number that is not negative.
    Unsigned,
    /// A plain number, `.inf`, `.nan`.
    Float,
    /// `1h30m`.
    Duration,
    /// `10MiB`.
    Size,
    /// An RE2 regular expression.
    Regex,
    /// What a relabelling rule does.
    Action,
    /// A list of these.
    List(&'static Kind),
    /// A map to these.
    Map(&'static Kind),
    /// A map of named fields.
    Struct(&'static Struct),
    /// Something that has a reader of its own.
    Any,
}

/// A map of named fields.
#[derive(Debug)]
pub(crate) struct Struct {
    /// As Go, and so the tool, calls it.
    pub name: &'static str,
    pub fields: &'static [Field],
}

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// The first version of the table that has it; none: all before have it too.
    pub since: Option<&'static str>,
    /// The last version that has it; none: the newest does.
    pub until: Option<&'static str>,
}

impl Struct {
    /// The field of that name, in any version.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What the newest version has.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let fields = self.fields.iter().filter(|field| field.until.is_none());
        fields.map(|field| field.name).collect()
    }

    /// How a person calls it; a struct below a job is called by the field that holds it.
    pub(crate) fn called(&self) -> Option<&'static str> {
        Some(match self.name {
            "config.ScrapeConfig" => "a job",
            "rulefmt.RuleGroup" => "a group",
            "rulefmt.Rule" => "a rule",
            "relabel.Config" => "a relabelling rule",
            _ => return None,
        })
    }
}

/// What teams write most, for a field that is in the wrong place.
pub(crate) fn homes() -> [&'static Struct; 4] {
    use prometheus::{CONFIG_SCRAPE_CONFIG, RELABEL_CONFIG, RULEFMT_RULE, RULEFMT_RULE_GROUP};
    [
        &CONFIG_SCRAPE_CONFIG,
        &RULEFMT_RULE_GROUP,
        &RULEFMT_RULE,
        &RELABEL_CONFIG,
    ]
}

/// A field that every version has.
const fn field(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        since: None,
        until: None,
    }
}

impl Field {
    const fn since(self, version: &'static str) -> Field {
        Field {
            since: Some(version),
            ..self
        }
    }

    const fn until(self, version: &'static str) -> Field {
        Field {
            until: Some(version),
            ..self
        }
    }

    /// What to tell who uses it with another version.
    pub(crate) fn version_hint(&self) -> Option<String> {
        let name = self.name;
        match (self.since, self.until) {
            (_, Some(until)) => Some(format!(
                "`{name}` is in Prometheus {until}, and this server is newer: remove it"
            )),
            (Some(since), None) => Some(format!(
                "`{name}` is in Prometheus {since}, and this server is older: remove it, or ask the platform team"
            )),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_says_in_which_versions_it_is() {
        let check = |of: &Struct, name: &str, expect: &str| {
            let hint = of.field(name).and_then(Field::version_hint).unwrap_or_default();
            assert!(
                hint.starts_with(expect) && hint.is_empty() == expect.is_empty(),
                "{name}: {hint}"
            );
        };
        check(&JOB, "scrape_interval", "");
        check(
            &JOB,
            "scrape_classic_histograms",
            "`scrape_classic_histograms` is in Prometheus 2.",
        );
        check(
            &JOB,
            "extra_scrape_metrics",
            "`extra_scrape_metrics` is in Prometheus 3.",
        );
        check(&GROUP, "query_offset", "");
        check(&GROUP, "labels", "`labels` is in Prometheus 3.");
    }

    #[test]
    fn the_newest_version_is_the_one_that_the_tests_run() {
        let pins = include_str!("../../../tests/local/tools.json");
        assert!(
            pins.contains(&format!("\"version\": \"{NEWEST}\"")),
            "`make fields` for what tools.json pins"
        );
    }

    #[test]
    fn fields_are_sorted_and_are_there_once() {
        for of in homes() {
            assert!(of.fields.is_sorted_by(|a, b| a.name < b.name), "{}", of.name);
        }
    }
}
