//! What Prometheus understands of what is pushed: structs, their fields and types, as Go has them, and since when. In: a struct's name or
//! a field's, a version; a place in a file. Out: what there is. Never: a verdict.

mod blackbox;
mod prometheus;

pub(crate) use blackbox::MODULE;
use contract::Version;
use prometheus::CONFIG_CONFIG;
pub(crate) use prometheus::{CONFIG_SCRAPE_CONFIG as JOB, NEWEST, RULEFMT_RULE_GROUP as GROUP};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use yaml::{Node, Position, Value};

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
    /// The first minor version that has it; none: the oldest of the table does.
    since: Option<(u32, u32)>,
    /// The last minor version that has it; none: the newest of the table does.
    until: Option<(u32, u32)>,
}

impl Struct {
    /// The field of that name, in any version.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The names of what that version has.
    pub(crate) fn names(&self, version: Version) -> Vec<&'static str> {
        let fields = self.fields.iter();
        let fields = fields.filter(|field| field.absence(version).is_none());
        fields.map(|field| field.name).collect()
    }

    /// What that version calls a field that went before it: what was renamed kept most of its name.
    pub(crate) fn renamed(&self, name: &str, version: Version) -> Option<&'static str> {
        self.field(name)?.until?;
        let ending = format!("_{name}");
        let mut names = self.names(version).into_iter();
        names.find(|other| other.ends_with(&ending))
    }

    /// How a person calls it; a struct below a job is called by the field that holds it.
    pub(crate) fn called(&self) -> Option<&'static str> {
        Some(match self.name {
            "config.ScrapeConfig" => "a job",
            "rulefmt.RuleGroup" => "a group",
            "rulefmt.Rule" => "a rule",
            "relabel.Config" => "a relabelling rule",
            "config.Module" => "a module",
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

/// What the map is that has a key there, in a configuration of Prometheus or in what of a fragment goes into one.
pub(crate) fn holder(configuration: &Node, key: Position) -> Option<&'static Struct> {
    holder_in(configuration, Kind::Struct(&CONFIG_CONFIG), key)
}

fn holder_in(node: &Node, kind: Kind, key: Position) -> Option<&'static Struct> {
    match (kind, &node.value) {
        (Kind::Struct(of), Value::Map(entries)) if entries.iter().any(|(it, _)| it.at == key) => Some(of),
        (Kind::Struct(of), Value::Map(entries)) => entries.iter().find_map(|(name, value)| {
            let field = of.field(name.text()?)?;
            holder_in(value, field.kind, key)
        }),
        (Kind::List(kind), Value::Seq(items)) => items.iter().find_map(|item| holder_in(item, *kind, key)),
        (Kind::Map(kind), Value::Map(entries)) => {
            entries.iter().find_map(|(_, value)| holder_in(value, *kind, key))
        }
        _ => None,
    }
}

/// The names of all fields below a job, of any version.
pub(crate) static OF_JOBS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    collect(&JOB, &mut names);
    names
});

fn collect(of: &'static Struct, names: &mut BTreeSet<&'static str>) {
    for field in of.fields {
        names.insert(field.name);
        let mut kind = field.kind;
        while let Kind::List(inner) | Kind::Map(inner) = kind {
            kind = *inner;
        }
        if let Kind::Struct(inner) = kind {
            collect(inner, names);
        }
    }
}

/// The names of a module and of all fields below it.
pub(crate) static OF_MODULES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let mut names = BTreeSet::from(["modules"]);
    collect(&MODULE, &mut names);
    names
});

/// Whether a field below a job is called so.
pub(crate) fn is_known(name: &str) -> bool {
    OF_JOBS.contains(name)
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
    const fn since(self, major: u32, minor: u32) -> Field {
        Field {
            since: Some((major, minor)),
            ..self
        }
    }

    const fn until(self, major: u32, minor: u32) -> Field {
        Field {
            until: Some((major, minor)),
            ..self
        }
    }

    /// When it is there, if not always: "since Prometheus 3.0", "until Prometheus 2.55".
    pub(crate) fn lifetime(&self) -> Option<String> {
        let shown = |word: &str, (major, minor)| format!("{word} Prometheus {major}.{minor}");
        let since = self.since.map(|since| shown("since", since));
        since.or_else(|| self.until.map(|until| shown("until", until)))
    }

    /// That, if it is not there in this version. One that is older than the table is taken for its oldest: the tool knows better.
    pub(crate) fn absence(&self, version: Version) -> Option<String> {
        let is_early = self.since.is_some_and(|since| version.minor() < since);
        let is_late = self.until.is_some_and(|until| version.minor() > until);
        self.lifetime().filter(|_| is_early || is_late)
    }
}

/// Whether that version may have fields that the table does not know.
pub(crate) fn may_have_more(version: Version) -> bool {
    version.minor() > NEWEST.minor()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_there_from_one_version_to_another() {
        let check = |of: &Struct, name: &str, version: &str, expect: &str| {
            let field = of.field(name).expect("a field");
            let absence = field.absence(Version::parse(version).expect("a version"));
            assert_eq!(absence.unwrap_or_default(), expect, "{name} in {version}");
        };
        for version in ["2.42", "2.53.3", "3.5.3", "3.13.5", "4.0"] {
            check(&JOB, "scrape_interval", version, "");
        }
        check(&GROUP, "labels", "2.55.1", "since Prometheus 3.0");
        check(&GROUP, "labels", "3.0.0", "");
        check(&JOB, "extra_scrape_metrics", "3.5.3", "since Prometheus 3.10");
        check(&JOB, "scrape_classic_histograms", "2.55", "");
        check(&JOB, "scrape_classic_histograms", "3.0", "until Prometheus 2.55");
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
        for of in homes().into_iter().chain([&CONFIG_CONFIG]) {
            assert!(of.fields.is_sorted_by(|a, b| a.name < b.name), "{}", of.name);
        }
    }
}
