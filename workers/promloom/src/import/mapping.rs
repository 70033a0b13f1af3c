//! `mapping.yml`: where the objects of an old bucket belong. In: the file's bytes, old keys. Out: a [`Mapping`], whole, or
//! all that is wrong with it and where; for a key its new one, or why it has none. Never: opens an object.

use super::pattern::{Bound, Pattern};
use contract::{Component, Key, Severity};
use serde::Deserialize;
use std::collections::BTreeMap;
use yaml::{Finding, Node, Position};

/// The schema of the file; JSON Schema 2020-12. Made of the types by `make docs`; a test holds the two together.
const SCHEMA: &str = include_str!("../../../../docs/mapping.schema.json");

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct File {
    /// Where the objects of the old bucket belong; the first entry that fits a key decides.
    objects: Vec<Entry>,
    /// Old owner -> new owner. Also tells where an owner's name ends in keys such as `rules/{owner}-{name}.yml`.
    owners: BTreeMap<String, String>,
    /// How the old templates spell a placeholder -> how it is spelled here; the same twice: it stays as text.
    placeholders: BTreeMap<String, String>,
    /// Differences that are meant, as the report names them -> why.
    expected: BTreeMap<String, String>,
}

/// Where some objects belong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Entry {
    /// A pattern of old keys: `{owner}`, `{component}`, `{name}` and the like are characters but `/`, `*` any but `/`, `**` any.
    from: String,
    /// The new key, with the variables of `from`.
    to: Option<String>,
    /// Instead of `to`: why such objects are not taken over.
    ignore: Option<String>,
}

/// A mapping, understood.
#[derive(Debug, Clone, Default)]
pub(super) struct Mapping {
    rules: Vec<Rule>,
    owners: BTreeMap<String, String>,
    /// Old spelling -> new.
    pub(super) placeholders: BTreeMap<String, String>,
    /// Named difference -> why it is meant.
    pub(super) expected: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
struct Rule {
    line: u32,
    from: Pattern,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Key(Pattern),
    Nowhere(String),
}

/// What a mapping says of one old key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It becomes this key.
    To(String),
    /// It is not taken over.
    Ignored {
        /// Why.
        reason: String,
        /// Where the mapping says so.
        line: u32,
    },
    /// It can become no key.
    Refused(String),
    /// Nothing.
    Nothing,
}

impl Mapping {
    /// Understands a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Mapping, Vec<Finding>> {
        // The tests read it too.
        let schema = serde_json::from_str(SCHEMA).unwrap_or_default();
        let read = policy::typed::<File>(bytes, &schema, ("the mapping", "docs/migration.md"), |_| {
            Vec::new()
        });
        let (tree, file) = read.map_err(of_mapping)?;
        let Some(tree) = tree else {
            return Ok(Mapping::default());
        };
        let mut wrong = Vec::new();
        let entries = tree.get("objects").map_or(&[][..], Node::items);
        let rules: Vec<Rule> = file
            .objects
            .iter()
            .zip(entries)
            .filter_map(|(entry, node)| match rule(entry, node) {
                Ok(rule) => Some(rule),
                Err(finding) => {
                    wrong.push(finding);
                    None
                }
            })
            .collect();
        let section = |name: &str| tree.get(name).map(Node::entries).unwrap_or_default();
        for (_, owner) in section("owners") {
            let name = owner.text().unwrap_or_default();
            if let Key::Stray { reason, .. } = Key::parse(&format!("apps/{name}/prometheus/a.yml")) {
                wrong.push(finding(owner.at, reason, "write the name as keys are to have it"));
            }
        }
        for (old, new) in section("placeholders") {
            let (spelled, name) = (old.text().unwrap_or_default(), new.text().unwrap_or_default());
            if spelled.is_empty() || spelled.contains(char::is_control) {
                let hint = "write it as the old files do, in quotes";
                wrong.push(finding(old.at, format!("`{spelled}` is no placeholder"), hint));
            } else if name != spelled && !template::is_placeholder(name) {
                let message = format!("`{name}` is no placeholder");
                let hint = "write a name such as `PUSHGATEWAY_URL` or `ALERTMANAGER_URL_1`, or the old spelling again to keep it as text";
                wrong.push(finding(new.at, message, hint));
            }
        }
        for (difference, why) in section("expected") {
            if why.text().unwrap_or_default().trim().is_empty() {
                let message = format!("why is `{}` meant?", difference.text().unwrap_or_default());
                wrong.push(finding(why.at, message, "say it, for the next reader"));
            }
        }
        if wrong.is_empty() {
            let File {
                owners,
                placeholders,
                expected,
                ..
            } = file;
            Ok(Mapping {
                rules,
                owners,
                placeholders,
                expected,
            })
        } else {
            Err(of_mapping(wrong))
        }
    }

    /// Where the object of that key belongs.
    pub(super) fn says(&self, key: &str) -> Said {
        for rule in &self.rules {
            let mut readings: Vec<Bound> = rule.from.readings(key).into_iter().collect();
            let to = match (&rule.place, readings.len()) {
                (_, 0) => continue,
                (Place::Nowhere(reason), _) => {
                    let reason = reason.clone();
                    return Said::Ignored {
                        reason,
                        line: rule.line,
                    };
                }
                (Place::Key(to), _) => to,
            };
            self.keep_known_owner(&mut readings);
            let keys: Vec<String> = readings
                .into_iter()
                .map(|bound| to.filled(&self.renamed(bound)))
                .collect();
            return match keys.as_slice() {
                [key] => match Key::parse(key) {
                    Key::Stray { reason, .. } => Said::Refused(format!("it would be `{key}`: {reason}")),
                    Key::Folder => Said::Refused(format!("it would be `{key}`, a folder")),
                    _ => Said::To(key.clone()),
                },
                keys => Said::Refused(format!(
                    "it could be any of {}: name the owner under `owners` in the mapping, or write a line for this key above line {}",
                    keys.join(", "),
                    rule.line
                )),
            };
        }
        Said::Nothing
    }

    /// Where a key can be read in several ways, the owner whose name is known decides; of two, the longer one.
    fn keep_known_owner(&self, readings: &mut Vec<Bound>) {
        let known = |bound: &Bound| {
            let owner = bound.get("owner")?;
            let is_known = self.owners.contains_key(owner) || self.owners.values().any(|new| new == owner);
            is_known.then_some(owner.len())
        };
        if readings.len() > 1
            && let Some(longest) = readings.iter().filter_map(known).max()
        {
            readings.retain(|bound| known(bound) == Some(longest));
        }
    }

    fn renamed(&self, mut bound: Bound) -> Bound {
        if let Some(owner) = bound.get_mut("owner")
            && let Some(new) = self.owners.get(owner)
        {
            owner.clone_from(new);
        }
        bound
    }
}

fn rule(entry: &Entry, node: &Node) -> Result<Rule, Finding> {
    let at = |field: &str| node.get(field).map_or(node.at, |field| field.at);
    let from = Pattern::parse(&entry.from).map_err(|why| {
        let hint = "write an old key, with `{owner}`, `{name}`, `*` and `**` for what differs";
        finding(at("from"), why, hint)
    })?;
    let place = match (&entry.to, &entry.ignore) {
        (Some(to), None) => {
            Place::Key(destination(&from, to).map_err(|(why, hint)| finding(at("to"), why, hint))?)
        }
        (None, Some(reason)) if !reason.trim().is_empty() => Place::Nowhere(reason.clone()),
        (None, Some(_)) => {
            let why = format!("why is `{}` ignored?", entry.from);
            return Err(finding(at("ignore"), why, "say it, for the next reader"));
        }
        _ => {
            let why = format!("`{}` needs either `to` or `ignore`", entry.from);
            let hint = "`to` is the new key; `ignore` says why there is none";
            return Err(finding(node.at, why, hint));
        }
    };
    Ok(Rule {
        line: node.at.line,
        from,
        place,
    })
}

fn destination(from: &Pattern, to: &str) -> Result<Pattern, (String, &'static str)> {
    const KEYS: &str = "write base/<component>.yml, base/policy.yml or apps/{owner}/<component>/{name}.yml";
    let pattern = Pattern::parse(to).map_err(|why| (why, KEYS))?;
    if let Some(unbound) = pattern
        .variables()
        .find(|name| !from.variables().any(|known| known == *name))
    {
        let why = format!("`{{{unbound}}}` is not in `from`");
        return Err((why, "write the name itself, or the variable into `from`"));
    }
    let sample = |name: &str| match name {
        "component" => Component::Prometheus.name().to_owned(),
        _ => "x".to_owned(),
    };
    let sample = pattern
        .variables()
        .map(|name| (name.to_owned(), sample(name)))
        .collect();
    match Key::parse(&pattern.filled(&sample)) {
        Key::Stray { reason, .. } => Err((reason, KEYS)),
        Key::Folder => Err((format!("`{to}` is a folder"), KEYS)),
        _ => Ok(pattern),
    }
}

fn finding(at: Position, message: String, hint: &str) -> Finding {
    Finding {
        check: "mapping",
        severity: Severity::Error,
        at: Some(at),
        message,
        hint: Some(hint.into()),
    }
}

/// What the reader found is a finding about this file; bad YAML keeps its own name.
fn of_mapping(mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in findings.iter_mut().filter(|finding| finding.check == "policy") {
        finding.check = "mapping";
    }
    findings.sort_by_key(|finding| finding.at);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::generate::SchemaSettings;

    #[test]
    fn the_schema_is_what_the_types_say() {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut made = settings
            .into_generator()
            .into_root_schema_for::<File>()
            .to_value();
        made["title"] = "Promloom's mapping.yml".into();
        let made = serde_json::to_string_pretty(&made).unwrap();
        // For `make docs`, which writes it.
        println!("{made}");
        assert_eq!(SCHEMA.trim_end(), made, "run `make docs`");
    }

    fn told(text: &str) -> Vec<String> {
        let shown = |finding: Finding| {
            let at = finding.at.map(|at| at.to_string()).unwrap_or_default();
            format!("{at} {} - {}", finding.message, finding.hint.unwrap_or_default())
        };
        let findings = Mapping::read(text.as_bytes()).err().unwrap_or_default();
        findings.into_iter().map(shown).collect()
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let check = |text: &str, expect: &[&str]| assert_eq!(told(text), expect, "{text}");
        check("", &[]);
        check("objects: []\n", &[]);
        check(
            "- a\n",
            &[
                "1:1 the mapping has to be a map - write its fields below it, indented; leave it out for the default",
            ],
        );
        check(
            "objects: [{from: a}]\n",
            &[
                "1:11 `a` needs either `to` or `ignore` - `to` is the new key; `ignore` says why there is none",
            ],
        );
        check(
            "objects: [{from: a, to: base/policy.yml, ignore: b}]\n",
            &[
                "1:11 `a` needs either `to` or `ignore` - `to` is the new key; `ignore` says why there is none",
            ],
        );
        check(
            "objects: [{from: a, ignore: ' '}]\n",
            &["1:29 why is `a` ignored? - say it, for the next reader"],
        );
        check(
            "objects: [{from: 'a{b', ignore: x}]\n",
            &[
                "1:18 `{` is never closed - write an old key, with `{owner}`, `{name}`, `*` and `**` for what differs",
            ],
        );
        check(
            "objects: [{from: a, to: base/prom.yml}]\n",
            &[
                "1:25 base/ holds prometheus.yml, blackbox.yml, cloudwatch.yml and policy.yml only - write base/<component>.yml, base/policy.yml or apps/{owner}/<component>/{name}.yml",
            ],
        );
        check(
            "objects: [{from: '{owner}', to: 'apps/{owner}/prom/a.yml'}]\n",
            &[
                "1:33 `prom` is not a component: use prometheus, blackbox or cloudwatch - write base/<component>.yml, base/policy.yml or apps/{owner}/<component>/{name}.yml",
            ],
        );
        check(
            "objects: [{from: a, to: 'apps/{owner}/prometheus/a.yml'}]\n",
            &["1:25 `{owner}` is not in `from` - write the name itself, or the variable into `from`"],
        );
        check(
            "owners: {a: 'b c'}\n",
            &[
                "1:13 owner name `b c`: use letters, digits, `_`, `.`, `-` (no `--`), begin with a letter or digit, at most 100 characters - write the name as keys are to have it",
            ],
        );
        check(
            "owners: {a: platform}\n",
            &[
                "1:13 `platform` is the owner of base/; no team may be called so - write the name as keys are to have it",
            ],
        );
        check(
            "placeholders: {'${A}': A}\n",
            &[
                "1:24 `A` is no placeholder - write a name such as `PUSHGATEWAY_URL` or `ALERTMANAGER_URL_1`, or the old spelling again to keep it as text",
            ],
        );
        check("placeholders: {'${A}': '${A}', __B__: B_URL_1}\n", &[]);
        check(
            "placeholders: {'': A_URL}\n",
            &["1:16 `` is no placeholder - write it as the old files do, in quotes"],
        );
        check(
            "expected: {prometheus job a: ''}\n",
            &["1:30 why is `prometheus job a` meant? - say it, for the next reader"],
        );
    }

    #[test]
    fn a_key_has_one_place() {
        let mapping = Mapping::read(
            b"objects:\n  - {from: 'tmp/**', ignore: scratch}\n  - {from: 't.{component}', to: 'base/{component}.yml'}\n  \
              - {from: 'jobs/{owner}/{name}.y*ml', to: 'apps/{owner}/prometheus/{name}.yml'}\n  \
              - {from: 'rules/{owner}-{name}.yml', to: 'apps/{owner}/prometheus/{name}-rules.yml'}\n\
              owners: {team-shop: shop, data: data, data-lake: data-lake, p: platforms}\n",
        )
        .unwrap();
        let check = |key: &str, expect: &str| {
            let said = match mapping.says(key) {
                Said::To(key) => key,
                Said::Ignored { reason, line } => format!("{line}: {reason}"),
                Said::Refused(why) => why,
                Said::Nothing => "nothing".into(),
            };
            assert_eq!(said, expect, "{key}");
        };
        check("tmp/t.blackbox", "2: scratch");
        check("t.blackbox", "base/blackbox.yml");
        check(
            "t.grafana",
            "it would be `base/grafana.yml`: base/ holds prometheus.yml, blackbox.yml, cloudwatch.yml and policy.yml only",
        );
        check("jobs/team-shop/api.yaml", "apps/shop/prometheus/api.yml");
        check("jobs/pay/api.yml", "apps/pay/prometheus/api.yml");
        check("jobs/pay/api.json", "nothing");
        check("rules/pay-latency.yml", "apps/pay/prometheus/latency-rules.yml");
        check(
            "rules/data-lake-lag.yml",
            "apps/data-lake/prometheus/lag-rules.yml",
        );
        check("rules/data-x-lag.yml", "apps/data/prometheus/x-lag-rules.yml");
        check(
            "rules/a-b-c.yml",
            "it could be any of apps/a/prometheus/b-c-rules.yml, apps/a-b/prometheus/c-rules.yml: \
             name the owner under `owners` in the mapping, or write a line for this key above line 5",
        );
        check(
            "jobs/pay/a b.yml",
            "it would be `apps/pay/prometheus/a b.yml`: file name `a b.yml`: use letters, digits, `_`, `.`, `-` (no `--`), \
             begin with a letter or digit, at most 100 characters, and end in .yml",
        );
        check("other", "nothing");
    }
}
