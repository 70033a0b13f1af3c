//! What relabelling makes of a job's own words. In: a job, the labels in question. Out: what each of its static targets, or a target
//! of its discovery as far as the job says it, has in them once the rules went over it, as Prometheus' `relabel.Process` has it.
//! Never: what discovery or a target says by itself; that a rule drops the target, which is looked at all the same; a guess (a text
//! or an expression that is not plain ASCII, and one that is not read here as there, makes a label [unclear](Value::Unclear)).

use crate::relabel::{self, Relabel, may_be};
use crate::written::texts;
use regex_lite::Regex;
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Node, Position};

/// What a label is set to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    /// This.
    Known(String),
    /// Nobody here can tell.
    Unclear,
    /// Anything, for it is too much to follow.
    Beyond,
}

/// A label that a rule set.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Relabelled {
    /// The rule.
    pub at: Position,
    pub label: &'static str,
    pub value: Value,
    /// Whether the job says all of it; else something may be missing that discovery knows.
    pub is_whole: bool,
}

/// How much is followed in one fragment, so that none is slow: about the characters that are read, times those of the expressions that read
/// them. What does not fit into it is [beyond](Value::Beyond), and takes nothing of it.
pub(crate) struct Effort(usize);

impl Default for Effort {
    fn default() -> Effort {
        Effort(40_000_000)
    }
}

impl Effort {
    /// Whether that much is left.
    fn spend(&mut self, steps: usize) -> bool {
        let left = self.0.checked_sub(steps);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// What targets have in these labels from `relabel_configs`.
pub(crate) fn of_targets(job: &Node, wanted: &[&'static str], effort: &mut Effort) -> BTreeSet<Relabelled> {
    let rules = Rules::of(job, "relabel_configs", Some(wanted));
    let mut found = BTreeSet::new();
    if rules.0.is_empty() {
        return found;
    }
    let is_all = each_target(job, effort, |mut labels, effort| {
        let is_all = rules.apply(&mut labels, wanted, effort);
        found.extend(set_by_rules(labels, wanted));
        is_all
    });
    if !is_all {
        found.extend(rules.beyond(wanted));
    }
    found
}

/// What series have in these labels from `metric_relabel_configs`; what a target exposes is unclear.
pub(crate) fn of_series(job: &Node, wanted: &[&'static str], effort: &mut Effort) -> BTreeSet<Relabelled> {
    let rules = Rules::of(job, "metric_relabel_configs", Some(wanted));
    let mut found = BTreeSet::new();
    if rules.0.is_empty() {
        return found;
    }
    let of_targets = Rules::of(job, "relabel_configs", None);
    let is_all = each_target(job, effort, |mut labels, effort| {
        if !of_targets.apply(&mut labels, &[], effort) {
            return false;
        }
        labels.all.retain(|label, _| !label.starts_with("__"));
        for label in labels.all.values_mut() {
            label.at = None;
        }
        labels.all.insert("__name__".into(), Label::of(Value::Unclear));
        let is_all = rules.apply(&mut labels, wanted, effort);
        found.extend(set_by_rules(labels, wanted));
        is_all
    });
    if !is_all {
        found.extend(rules.beyond(wanted));
    }
    found
}

/// The labels of one target.
#[derive(Clone, Default)]
struct Labels {
    all: BTreeMap<String, Label>,
    /// Whether there are no others; else discovery brings more.
    is_all: bool,
}

#[derive(Clone)]
struct Label {
    value: Value,
    /// The rule that set it.
    at: Option<Position>,
    /// Whether nothing that was missing went into it.
    is_whole: bool,
}

impl Label {
    /// One that no rule set.
    fn of(value: Value) -> Label {
        Label {
            value,
            at: None,
            is_whole: true,
        }
    }

    fn known(text: &str) -> Label {
        Label::of(Value::Known(text.to_owned()))
    }
}

fn set_by_rules(mut labels: Labels, wanted: &[&'static str]) -> Vec<Relabelled> {
    let set = wanted.iter().filter_map(|wanted| {
        let Label { value, at, is_whole } = labels.all.remove(*wanted)?;
        Some(Relabelled {
            at: at?,
            label: wanted,
            value,
            is_whole,
        })
    });
    set.collect()
}

/// Looks at one target that has but what the job says of all, and at each static one with its labels. False: not at all of them.
fn each_target(job: &Node, effort: &mut Effort, mut look: impl FnMut(Labels, &mut Effort) -> bool) -> bool {
    let mut of_all = Labels::default();
    for (label, field) in [
        ("job", "job_name"),
        ("__scheme__", "scheme"),
        ("__metrics_path__", "metrics_path"),
        ("__scrape_interval__", "scrape_interval"),
        ("__scrape_timeout__", "scrape_timeout"),
    ] {
        let text = job.get(field).and_then(Node::text);
        of_all
            .all
            .extend(text.map(|text| (label.to_owned(), Label::known(text))));
    }
    let parameters = job.get("params").map(Node::entries).unwrap_or_default();
    of_all
        .all
        .extend(parameters.into_iter().filter_map(|(name, values)| {
            let (_, first) = texts(values).next()?;
            Some((format!("__param_{}", name.text()?), Label::known(first)))
        }));
    let size = |labels: &Labels| -> usize {
        let sizes = labels.all.iter().map(|(name, label)| match &label.value {
            Value::Known(text) => name.len() + text.len(),
            Value::Unclear | Value::Beyond => name.len(),
        });
        sizes.sum()
    };
    if !look(of_all.clone(), effort) {
        return false;
    }
    for group in job.get("static_configs").map_or(&[][..], Node::items) {
        let own = group.get("labels").map(Node::entries).unwrap_or_default();
        let own = own.into_iter();
        let own =
            own.filter_map(|(label, value)| Some((label.text()?.to_owned(), Label::known(value.text()?))));
        let mut labels = of_all.clone();
        labels.all.extend(own);
        labels.is_all = true;
        for (_, target) in group.get("targets").into_iter().flat_map(texts) {
            if !effort.spend(size(&labels)) {
                return false;
            }
            let mut labels = labels.clone();
            labels.all.insert("__address__".into(), Label::known(target));
            if !look(labels, effort) {
                return false;
            }
        }
    }
    true
}

/// The rules that have a part in what the labels in question become.
struct Rules<'t>(Vec<Rule<'t>>);

struct Rule<'t> {
    entry: Relabel<'t>,
    /// None: it is not read here as there.
    regex: Option<Regex>,
    /// How much of it there is to go through for each character.
    size: usize,
}

impl<'t> Rules<'t> {
    /// None: any label.
    fn of(job: &'t Node, field: &str, wanted: Option<&[&str]>) -> Rules<'t> {
        let mut is_all = wanted.is_none();
        let wanted = wanted.unwrap_or_default().iter();
        let mut wanted: BTreeSet<String> = wanted.map(ToString::to_string).collect();
        let mut kept = Vec::new();
        for entry in relabel::entries(job, field).into_iter().rev() {
            let may_be_wanted = |template: &str| is_all || wanted.iter().any(|label| may_be(template, label));
            let has_part = match entry.action.as_str() {
                "labelmap" => may_be_wanted(entry.replacement),
                "labeldrop" | "labelkeep" => !kept.is_empty(),
                _ => entry.sets() && entry.target.is_some_and(|(target, _)| may_be_wanted(target)),
            };
            if has_part {
                is_all |= entry.action == "labelmap";
                wanted.extend(entry.source.iter().map(ToString::to_string));
                let regex = entry.pattern();
                kept.push(Rule {
                    size: if regex.is_some() { entry.pattern_size() } else { 1 },
                    regex,
                    entry,
                });
            }
        }
        kept.reverse();
        Rules(kept)
    }

    /// What the labels in question are where that is too much to follow: anything that the last rule may make of them.
    fn beyond(&self, wanted: &[&'static str]) -> impl Iterator<Item = Relabelled> {
        let last = self.0.iter().rev().find(|rule| rule.entry.writes());
        last.into_iter().flat_map(|rule| {
            wanted.iter().map(|label| Relabelled {
                at: rule.entry.at,
                label,
                value: Value::Beyond,
                is_whole: true,
            })
        })
    }

    /// False: it was too much.
    fn apply(&self, labels: &mut Labels, wanted: &[&str], effort: &mut Effort) -> bool {
        self.0.iter().all(|rule| {
            let is_left = effort.spend(rule.steps(labels));
            if is_left {
                rule.apply(labels, wanted);
            }
            is_left
        })
    }
}

impl Rule<'_> {
    /// About how much it takes to go over these labels.
    fn steps(&self, labels: &Labels) -> usize {
        let read: usize = match self.entry.action.as_str() {
            "labelmap" | "labeldrop" | "labelkeep" => labels.all.keys().map(String::len).sum(),
            _ => {
                let read = self
                    .entry
                    .source
                    .iter()
                    .filter_map(|label| labels.all.get(*label));
                let read = read.map(|label| match &label.value {
                    Value::Known(text) => text.len(),
                    Value::Unclear | Value::Beyond => 0,
                });
                read.sum::<usize>() + self.entry.source.len()
            }
        };
        (read + self.entry.replacement.len() + 1).saturating_mul(self.size)
    }

    fn apply(&self, labels: &mut Labels, wanted: &[&str]) {
        let Relabel { at, replacement, .. } = self.entry;
        match (self.entry.action.as_str(), &self.regex) {
            ("labelmap", Some(regex)) => {
                for (name, label) in labels.all.clone() {
                    let is_read = name.is_ascii() && replacement.is_ascii();
                    let at = Some(at);
                    match expanded(regex, &name, replacement) {
                        Some(target) if is_read => labels.all.insert(target, Label { at, ..label }),
                        _ => None,
                    };
                }
            }
            // It may set any of them.
            ("labelmap", None) => {
                let wanted = wanted.iter().filter(|label| may_be(replacement, label));
                let at = Some(at);
                let unclear = || Label {
                    at,
                    ..Label::of(Value::Unclear)
                };
                labels
                    .all
                    .extend(wanted.map(|label| ((*label).to_owned(), unclear())));
            }
            ("labeldrop", Some(regex)) => labels.all.retain(|label, _| !regex.is_match(label)),
            ("labelkeep", Some(regex)) => labels.all.retain(|label, _| regex.is_match(label)),
            // It may have taken any of them, so that a text that is put together of them is another.
            ("labeldrop" | "labelkeep", None) => {
                for label in labels.all.values_mut() {
                    label.value = Value::Unclear;
                }
            }
            _ => self.set(labels),
        }
    }

    fn set(&self, labels: &mut Labels) {
        let Relabel { at, replacement, .. } = self.entry;
        let Some((target, _)) = self.entry.target else {
            return;
        };
        let source = self.entry.source.iter().map(|label| labels.all.get(*label));
        let is_whole = source
            .clone()
            .all(|label| label.map_or(labels.is_all, |label| label.is_whole));
        let read = source.map(|label| match label.map(|label| &label.value) {
            None => Some(""),
            Some(Value::Known(text)) => Some(text.as_str()),
            Some(Value::Unclear | Value::Beyond) => None,
        });
        let read = read.collect::<Option<Vec<&str>>>();
        let read = read.map(|read| read.join(self.entry.separator));
        let is_read = |text: &String| text.is_ascii() && replacement.is_ascii() && target.is_ascii();
        let (target, value) = match (self.entry.action.as_str(), &self.regex, read.filter(is_read)) {
            ("replace", Some(regex), Some(read)) => {
                let Some(target) = expanded(regex, &read, target) else {
                    return;
                };
                let value = expanded(regex, &read, replacement).unwrap_or_default();
                (target, Value::Known(value))
            }
            ("lowercase", _, Some(read)) => (target.to_owned(), Value::Known(read.to_lowercase())),
            ("uppercase", _, Some(read)) => (target.to_owned(), Value::Known(read.to_uppercase())),
            _ => (target.to_owned(), Value::Unclear),
        };
        match value {
            Value::Known(text) if text.is_empty() => labels.all.remove(&target),
            value => {
                let at = Some(at);
                labels.all.insert(target, Label { value, at, is_whole })
            }
        };
    }
}

/// A template with what a whole text has in its references; none if the text does not match.
fn expanded(regex: &Regex, text: &str, template: &str) -> Option<String> {
    let mut expanded = String::new();
    regex.captures(text)?.expand(template, &mut expanded);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::Limits;

    /// What `__address__` is set to, for the job by itself and for its targets.
    fn check(job: &str, expect: &[&str]) {
        check_within(job, &mut Effort::default(), expect);
    }

    fn check_within(job: &str, effort: &mut Effort, expect: &[&str]) {
        let job = yaml::read(job.as_bytes(), &Limits::default()).unwrap().unwrap();
        let found = of_targets(&job, &["__address__"], effort).into_iter();
        let found: BTreeSet<String> = found
            .map(|found| match found.value {
                Value::Known(text) => text,
                Value::Unclear => "?".into(),
                Value::Beyond => "beyond".into(),
            })
            .collect();
        assert_eq!(found, expect.iter().map(ToString::to_string).collect(), "{job:?}");
    }

    #[test]
    fn an_address_is_what_the_rules_make_of_it() {
        let of = |rules: &str| {
            format!(
                "{{job_name: j, params: {{p: [q, r]}}, static_configs: [{{targets: [a-b], labels: {{x: X1, y: Y2}}}}], \
                 relabel_configs: [{rules}]}}"
            )
        };
        let check = |rules: &str, expect: &[&str]| check(&of(rules), expect);
        check("", &[]);
        check("{source_labels: [x], target_label: z}", &[]);
        check("{source_labels: [x], target_label: __address__}", &["X1"]);
        check(
            "{target_label: __address__, regex: (), replacement: 'a$1'}",
            &["a"],
        );
        check("{target_label: __address__, replacement: '$$1'}", &["$1"]);
        check(
            "{source_labels: [x, y], target_label: __address__}",
            &["X1;Y2", ";"],
        );
        check(
            "{source_labels: [x, y], separator: ., target_label: __address__}",
            &["X1.Y2", "."],
        );
        check(
            "{source_labels: [x, y], separator: , target_label: __address__}",
            &["X1;Y2", ";"],
        );
        check(
            "{source_labels: [x], regex: 'X(\\d)', target_label: __address__, replacement: '${1}0'}",
            &["10"],
        );
        check("{source_labels: [x], regex: Y, target_label: __address__}", &[]);
        check(
            "{source_labels: [__address__], regex: '(.)-(.)', target_label: __address__, replacement: '$1.$2'}",
            &["a.b"],
        );
        check(
            "{source_labels: [x], target_label: t}, {source_labels: [t], target_label: __address__}",
            &["X1"],
        );
        check("{regex: x, action: labelmap, replacement: __address__}", &["X1"]);
        check(
            "{regex: (x), action: labelmap, replacement: 't$1'}, {source_labels: [tx], target_label: __address__}",
            &["X1"],
        );
        check(
            "{regex: x, action: labeldrop}, {source_labels: [x, y], separator: '', target_label: __address__}",
            &["Y2"],
        );
        check(
            "{regex: '__.*|y', action: labelkeep}, {source_labels: [x, y], separator: '', target_label: __address__}",
            &["Y2"],
        );
        check(
            "{source_labels: [x], action: lowercase, target_label: __address__}",
            &["x1"],
        );
        check("{source_labels: [__param_p], target_label: __address__}", &["q"]);
        check("{source_labels: [job], target_label: __address__}", &["j"]);
        check(
            "{replacement: __address__, target_label: t}, {source_labels: [x], target_label: ____}",
            &[],
        );
        check(
            "{source_labels: [t], regex: '', target_label: '__${n}address__', replacement: a}",
            &["a"],
        );
        // What drops the target is not taken into account.
        check(
            "{action: drop}, {source_labels: [x], target_label: __address__}",
            &["X1"],
        );
    }

    #[test]
    fn what_is_not_read_as_the_server_reads_it_is_unclear() {
        let check = |rules: &str, expect: &[&str]| {
            let job = "{static_configs: [{targets: [a], labels: {x: X, z: \u{17f}}}], relabel_configs";
            check(&format!("{job}: [{rules}]}}"), expect);
        };
        check(
            "{source_labels: [x], regex: '\\QX\\E', target_label: __address__, replacement: b}",
            &["?"],
        );
        check(
            "{source_labels: [z], regex: '(?i)s', target_label: __address__, replacement: b}",
            &["?"],
        );
        check(
            "{source_labels: [x], regex: '\\pL', target_label: t}, {source_labels: [t], target_label: __address__}",
            &["?"],
        );
        check(
            "{source_labels: [x], action: hashmod, modulus: 9, target_label: __address__}",
            &["?"],
        );
        check(
            "{regex: '\\pL', action: labelmap, replacement: __address__}",
            &["?"],
        );
        check(
            "{regex: '\\pL', action: labeldrop}, {source_labels: [x], target_label: __address__}",
            &["?"],
        );
        // Elsewhere it is nobody's business.
        check("{source_labels: [x], regex: '\\pL', target_label: t}", &[]);
    }

    #[test]
    fn what_is_too_much_to_follow_is_beyond() {
        let check = |regex: &str, steps: usize, expect: &[&str]| {
            let rule = format!("{{source_labels: [x], regex: '{regex}', target_label: __address__}}");
            let job = format!(
                "{{static_configs: [{{targets: [a, b], labels: {{x: X}}}}], relabel_configs: [{rule}]}}"
            );
            check_within(&job, &mut Effort(steps), expect);
        };
        check("(.*)", 400, &["X"]);
        check("(.*)", 100, &["X", "beyond"]);
        check("(.*)", 0, &["beyond"]);
        check("(X{1,2})", 400, &["X"]);
        check("((X{1,99}){9})", 400, &["beyond"]);
        // What is repeated side by side adds up; only what is nested multiplies.
        check(
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            800,
            &[],
        );
        check("([0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}):.*", 800, &[]);
        check("(([)]X{1,9}){9})", 400, &["beyond"]);
        // An expression that becomes large is not read.
        check("((X{1,99}){1,99}){1,99}", usize::MAX, &["?"]);
    }

    #[test]
    fn what_is_too_much_takes_nothing_from_others() {
        let mut effort = Effort(400);
        let of = |label: &str| {
            let rule = "{source_labels: [x], target_label: __name__}";
            format!(
                "{{static_configs: [{{targets: [a], labels: {{x: {label}}}}}], metric_relabel_configs: [{rule}]}}"
            )
        };
        let mut check = |label: &str, expect: &[Value]| {
            let job = yaml::read(of(label).as_bytes(), &Limits::default())
                .unwrap()
                .unwrap();
            let found = of_series(&job, &["__name__"], &mut effort).into_iter();
            let found: Vec<Value> = found.map(|found| found.value).collect();
            assert_eq!(found, expect, "{label}");
        };
        check(&"X".repeat(100), &[Value::Beyond]);
        check("up", &[Value::Known("up".into())]);
    }
}
