//! A first mapping, guessed. In: every object of an old copy. Out: the text of a `mapping.yml` that its reader takes, with a
//! comment on each guess and on each object of which nothing can be told. Never: decides; a person reads it.

use super::convert::foreign;
use super::folder::Content;
use crate::report::json;
use contract::{Class, Component, Failure, Key};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use yaml::{Limits, Node, Value};

/// Folders that are called after what is in them, not whose it is.
const KINDS: [&str; 30] = [
    "prometheus",
    "blackbox",
    "cloudwatch",
    "alertmanager",
    "jobs",
    "job",
    "scrape",
    "scrape_configs",
    "scrape-configs",
    "scrape-jobs",
    "rules",
    "rule",
    "alerts",
    "alert",
    "recording",
    "metrics",
    "metric",
    "modules",
    "module",
    "probes",
    "targets",
    "config",
    "configs",
    "fragments",
    "generated",
    "teams",
    "apps",
    "owners",
    "projects",
    "applications",
];
/// Words in the keys of what the platform team has.
const BASES: [&str; 7] = [
    "template",
    "templates",
    "tpl",
    "base",
    "platform",
    "global",
    "default",
];

/// What a file is, by what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Base(Component),
    Fragment(Component),
    /// Of Prometheus, and nothing but rules.
    Rules,
}

/// Guesses.
pub(super) fn mapping(objects: &BTreeMap<String, Content>) -> Result<String, Failure> {
    if objects.keys().all(|key| {
        matches!(
            Key::parse(key),
            Key::Base(_) | Key::Policy | Key::Fragment { .. } | Key::RuleTest { .. }
        )
    }) {
        let doing =
            "proposing a mapping: every key is one of Promloom's own, so that there is nothing to import";
        return Err(Failure::new(Class::InvalidRequest, doing));
    }
    let mut patterns: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    let mut untold = Vec::new();
    let mut spelled = BTreeMap::new();
    for (key, content) in objects {
        let Content::Bytes(bytes) = content else {
            untold.push((key, "a link"));
            continue;
        };
        let text = String::from_utf8_lossy(bytes);
        let guess = kind(key, &text);
        if guess.is_some() {
            for word in foreign(&text).into_iter().chain(bare(guess, &text)) {
                spelled
                    .entry(word.to_owned())
                    .or_insert_with(|| placeholder(word));
            }
        }
        match guess {
            Some(kind) => patterns.entry(pattern(key, kind)).or_default().push(key),
            None => untold.push((key, "not known by its keys")),
        }
    }

    let mut out = String::from(
        "# Where the objects of the old bucket belong, as `promloom import --propose` guessed it: read each line.\n\
         # The first entry that fits a key decides. docs/migration.md describes every field.\nobjects:\n",
    );
    for ((from, to), keys) in &patterns {
        let objects = if keys.len() == 1 { "object" } else { "objects" };
        line(
            &mut out,
            format_args!("  # {} {objects}, such as {}", keys.len(), comment(keys[0])),
        );
        if from.contains("{owner}-{name}") {
            line(
                &mut out,
                format_args!("  # Where does the owner's name end? Name each owner below, under `owners`."),
            );
        } else if !from.contains("{owner}") && to.starts_with("apps/") {
            line(
                &mut out,
                format_args!("  # Whose it is cannot be told from the key: put the owner in."),
            );
        }
        line(
            &mut out,
            format_args!("  - from: {}\n    to: {}", json(from), json(to)),
        );
    }
    for (key, why) in &untold {
        line(
            &mut out,
            format_args!(
                "  # {}: {why}. Say where it belongs, or why it is left:",
                comment(key)
            ),
        );
        line(
            &mut out,
            format_args!("  # - from: {}\n  #   ignore: …", comment(&json(key))),
        );
    }
    if patterns.is_empty() {
        out = out.replace("objects:\n", "objects: []\n");
    }
    out.push_str("\n# Old owner -> new owner.\nowners: {}\n");
    out.push_str(
        "\n# As the old files spell it -> a name that ends in _URL, or in _URL_1, _URL_2 and so on.\n",
    );
    out.push_str(if spelled.is_empty() {
        "placeholders: {}\n"
    } else {
        "placeholders:\n"
    });
    for (word, name) in &spelled {
        line(&mut out, format_args!("  {}: {name}", json(word)));
    }
    out.push_str("\n# A difference that is meant, as the report names it -> why.\nexpected: {}\n");
    Ok(out)
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(out, "{text}");
}

/// A key inside a comment: nothing in it ends the line.
fn comment(key: &str) -> String {
    key.chars()
        .map(|c| {
            if c.is_control() || c == '\u{2028}' || c == '\u{2029}' || c == '\u{85}' {
                '?'
            } else {
                c
            }
        })
        .collect()
}

/// Whose configuration a file is for, by its sections, where they say it.
pub(crate) fn component_of(text: &str) -> Option<Component> {
    kind("", text).map(|kind| match kind {
        Kind::Base(component) | Kind::Fragment(component) => component,
        Kind::Rules => Component::Prometheus,
    })
}

/// What a file is. Templates may be YAML only once their placeholders are replaced.
fn kind(key: &str, text: &str) -> Option<Kind> {
    let text = foreign(text)
        .into_iter()
        .fold(text.to_owned(), |text, word| text.replace(word, "X_URL"));
    let tree = match yaml::read(text.as_bytes(), &Limits::default()) {
        Ok(tree) => tree?,
        Err(_) => by_its_lines(&text)?,
    };
    let (items, is_list) = match &tree.value {
        Value::Seq(items) => (items.as_slice(), true),
        _ => (std::slice::from_ref(&tree), false),
    };
    let has = |field: &str| items.first().is_some_and(|item| item.get(field).is_some());
    let is_base = ["global", "alerting", "rule_files", "remote_write"]
        .iter()
        .any(|field| has(field));
    let called_base = key.split(['/', '.', '-', '_']).any(|word| BASES.contains(&word));
    let module = |node: &Node| node.get("prober").is_some();
    let of = |component| {
        if called_base && !is_list {
            Kind::Base(component)
        } else {
            Kind::Fragment(component)
        }
    };
    if is_base {
        Some(Kind::Base(Component::Prometheus))
    } else if has("scrape_configs") {
        Some(of(Component::Prometheus))
    } else if has("job_name") {
        Some(Kind::Fragment(Component::Prometheus))
    } else if ["groups", "alert", "record", "rules"]
        .iter()
        .any(|field| has(field))
    {
        Some(Kind::Rules)
    } else if has("modules")
        || !is_list && !tree.entries().is_empty() && tree.entries().iter().all(|(_, value)| module(value))
    {
        Some(of(Component::Blackbox))
    } else if ["metrics", "region", "aws_namespace"]
        .iter()
        .any(|field| has(field))
    {
        Some(of(Component::Cloudwatch))
    } else {
        None
    }
}

/// The top of a broken file: a map of the keys that begin its lines.
fn by_its_lines(text: &str) -> Option<Node> {
    let begins = |line: &str| {
        let line = line.strip_prefix("- ").unwrap_or(line);
        let (key, _) = line.split_once(':')?;
        let is_word = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_word.then(|| (Node::plain(key), Node::plain("x")))
    };
    let entries: Vec<_> = text.lines().filter_map(begins).collect();
    (!entries.is_empty()).then(|| Node::map(entries))
}

/// The pattern that an object's key is one of, and that of its new key.
fn pattern(key: &str, kind: Kind) -> (String, String) {
    let component = match kind {
        Kind::Base(component) => return (key.to_owned(), component.base_key()),
        Kind::Fragment(component) => component,
        Kind::Rules => Component::Prometheus,
    };
    let (folders, file) = key
        .rsplit_once('/')
        .map_or(("", key), |(folders, file)| (folders, file));
    let (stem, end) = file
        .split_once('.')
        .map_or((file, String::new()), |(stem, end)| (stem, format!(".{end}")));
    let mut owner_seen = false;
    let shape: Vec<String> = folders
        .split('/')
        .filter(|folder| !folder.is_empty())
        .map(|folder| {
            if owner_seen || KINDS.contains(&folder) {
                folder.to_owned()
            } else {
                owner_seen = true;
                "{owner}".to_owned()
            }
        })
        .collect();
    let (file, name) = match (owner_seen, stem) {
        (_, stem) if KINDS.contains(&stem) => (stem, stem),
        (true, _) => ("{name}", "{name}"),
        (false, stem) if stem.contains('-') => ("{owner}-{name}", "{name}"),
        (false, _) => ("{owner}", component.name()),
    };
    let owner = if owner_seen || file.contains("{owner}") {
        "{owner}"
    } else {
        "OWNER"
    };
    // Jobs and rules of one name must not meet.
    let end_of_name = match kind {
        Kind::Rules if name != "rules" => "-rules",
        _ => "",
    };
    let from: String = shape
        .iter()
        .map(|folder| format!("{folder}/"))
        .chain([format!("{file}{end}")])
        .collect();
    (from, format!("apps/{owner}/{component}/{name}{end_of_name}.yml"))
}

/// Words in capitals in the base of Prometheus, which has none for anything else.
fn bare(kind: Option<Kind>, text: &str) -> Vec<&str> {
    if kind != Some(Kind::Base(Component::Prometheus)) {
        return vec![];
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_bare = |word: &&str| {
        let capitals = word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        capitals && word.starts_with(|c: char| c.is_ascii_uppercase()) && !template::is_placeholder(word)
    };
    let fenced = foreign(text);
    let lines = text.lines().filter_map(|line| line.split('#').next());
    lines
        .flat_map(|line| line.split(|c| !is_part(c)))
        .filter(|word| word.len() > 3 && is_bare(word) && !fenced.iter().any(|fenced| fenced.contains(*word)))
        .collect()
}

/// How a placeholder would be called here: `${ALERTMANAGER_1}` -> `ALERTMANAGER_URL_1`.
fn placeholder(spelled: &str) -> String {
    const ENDS: [&str; 9] = [
        "_URL",
        "_HOST",
        "_ENDPOINT",
        "_ADDRESS",
        "_ADDR",
        "_TARGET",
        "_HOSTPORT",
        "_DNS",
        "_EXPORTER",
    ];
    let word: String = spelled
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let parts: Vec<&str> = word.split('_').filter(|part| !part.is_empty()).collect();
    let word = parts.join("_");
    if template::is_placeholder(&word) {
        return word;
    }
    let digits = word.len() - word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (name, number) = word.split_at(word.len() - digits);
    let name = name.trim_end_matches('_');
    let name = ENDS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let number = number.trim_start_matches('0');
    if number.is_empty() {
        format!("{name}_URL")
    } else {
        format!("{name}_URL_{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::mapping::{Mapping, Said};
    use super::*;

    #[test]
    fn a_placeholder_is_called_as_here() {
        let check = |spelled: &str, expect: &str| {
            assert_eq!(placeholder(spelled), expect, "{spelled}");
            assert!(template::is_placeholder(expect), "{expect}");
        };
        check("${ALERTMANAGER_1}", "ALERTMANAGER_URL_1");
        check("${ALERTMANAGER2}", "ALERTMANAGER_URL_2");
        check("__PUSHGATEWAY__", "PUSHGATEWAY_URL");
        check("{{ BLACKBOX_HOST }}", "BLACKBOX_URL");
        check("%CLOUDWATCH_URL%", "CLOUDWATCH_URL");
        check("@SNOWFLAKE_EXPORTER_ADDR@", "SNOWFLAKE_EXPORTER_URL");
        check("CLOUDWATCH_EXPORTER", "CLOUDWATCH_URL");
    }

    #[test]
    fn what_is_proposed_is_a_mapping_for_every_object_it_knows() {
        let check = |key: &str, text: &str, expect: &str| {
            let objects = BTreeMap::from([(key.to_owned(), Content::Bytes(text.into()))]);
            let proposed = mapping(&objects).unwrap();
            let read = Mapping::read(proposed.replace("OWNER", "shop").as_bytes());
            let said = match read
                .unwrap_or_else(|wrong| panic!("{wrong:?}\n{proposed}"))
                .says(key)
            {
                Said::To(key) => key,
                other => format!("{other:?}"),
            };
            assert_eq!(said, expect, "{proposed}");
        };
        let jobs = "- job_name: a\n";
        check(
            "templates/prometheus.tpl.yml",
            "global: {}\nscrape_configs: []\n",
            "base/prometheus.yml",
        );
        check(
            "templates/prometheus.yml",
            "alerting: [${A}]\nglobal: {a: [}\n",
            "base/prometheus.yml",
        );
        check("templates/blackbox.yml", "modules: {}\n", "base/blackbox.yml");
        check(
            "prometheus/shop/jobs/api.yaml",
            jobs,
            "apps/shop/prometheus/api.yml",
        );
        check(
            "prometheus/shop/rules/api.yaml",
            "groups: []\n",
            "apps/shop/prometheus/api-rules.yml",
        );
        check("jobs/shop-api.yml", jobs, "apps/shop/prometheus/api.yml");
        check(
            "shop/jobs.json",
            "[{\"job_name\": \"a\"}]\n",
            "apps/shop/prometheus/jobs.yml",
        );
        check("shop/rules.yml", "groups: []\n", "apps/shop/prometheus/rules.yml");
        check(
            "cloudwatch/shop.yml",
            "metrics: []\n",
            "apps/shop/cloudwatch/cloudwatch.yml",
        );
        check("jobs/all/jobs.yml", jobs, "apps/all/prometheus/jobs.yml");
        check("jobs.yml", jobs, "apps/shop/prometheus/jobs.yml");
        check(
            "blackbox/shop/login.yml",
            "login: {prober: http}\n",
            "apps/shop/blackbox/login.yml",
        );
        check("README.md", "# Hello\n", "Nothing");
        check("a\nb: c.yml", "# Hello\n", "Nothing");
    }

    #[test]
    fn bare_words_of_a_base_are_placeholders_too() {
        let text = "# HELLO\nglobal: {a: PUSHGATEWAY, b: PUSHGATEWAY_URL, c: ${ALERTS}, d: GET, e: CLOUDWATCH_EXPORTER:9106}\n";
        let objects = BTreeMap::from([("t/prometheus.yml".to_owned(), Content::Bytes(text.into()))]);
        let mapping = Mapping::read(mapping(&objects).unwrap().as_bytes()).unwrap();
        let spelled: Vec<&String> = mapping.placeholders.keys().collect();
        assert_eq!(spelled, ["${ALERTS}", "CLOUDWATCH_EXPORTER", "PUSHGATEWAY"]);
    }

    #[test]
    fn a_bucket_of_our_own_needs_none() {
        let objects = BTreeMap::from([(
            "base/prometheus.yml".to_owned(),
            Content::Bytes(b"a: 1\n".to_vec()),
        )]);
        let why = mapping(&objects).unwrap_err().chain();
        assert!(why.contains("nothing to import"), "{why}");
    }
}
