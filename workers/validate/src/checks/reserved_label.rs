//! `reserved_label`: labels that no fragment sets or removes: the owner's, which is forced whatever a fragment says, and
//! those that the policy names.

use super::EXEMPTION;
use crate::relabel::{self, Relabel, may_be};
use crate::subject::Subject;
use crate::written::fields;
use contract::{Component, Problem};
use yaml::{Node, Position};

pub(crate) const NAME: &str = "reserved_label";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Prometheus {
        return Vec::new();
    }
    let key = subject.source.key();
    let labels = Labels {
        subject,
        owner_label: &subject.policy.owner_label,
        owner: key.owner(),
    };
    let jobs = subject.items("scrape_configs").iter();
    let groups = subject.items("groups");
    let of_jobs = jobs.flat_map(|job| {
        let set = fields(job).into_iter().filter(|field| field.name == "labels");
        let mut problems: Vec<Problem> = set.flat_map(|field| labels.set(field.value)).collect();
        for field in ["relabel_configs", "metric_relabel_configs"] {
            let relabelled = relabel::entries(job, field);
            problems.extend(relabelled.iter().flat_map(|entry| labels.relabelled(entry)));
        }
        problems
    });
    let rules = groups
        .iter()
        .flat_map(|group| group.get("rules").map_or(&[][..], Node::items));
    let of_rules = groups.iter().chain(rules).filter_map(|node| node.get("labels"));
    of_jobs
        .chain(of_rules.flat_map(|node| labels.set(node)))
        .collect()
}

const ANOTHER: &str = "use another label";

struct Labels<'a> {
    subject: &'a Subject<'a>,
    owner_label: &'a str,
    owner: &'a str,
}

impl<'a> Labels<'a> {
    /// Each reserved label; the owner's is forced, so that what may or may not touch it does no harm.
    fn reserved(&self) -> impl Iterator<Item = (&'a str, bool)> {
        let owner = (!self.owner_label.is_empty()).then_some((self.owner_label, true));
        let others = self.subject.policy.reserved_labels.iter();
        let others = others.filter(|label| *label != self.owner_label);
        owner
            .into_iter()
            .chain(others.map(|label| (label.as_str(), false)))
    }

    fn told(&self, at: Position, label: &str, how: &str, instead: &str) -> Problem {
        let message = if label == self.owner_label {
            format!(
                "`{label}` is `{}` on all that this makes{how} (`owner_label` of the policy)",
                self.owner
            )
        } else {
            format!("`{label}` is reserved{how} (`reserved_labels` of the policy)")
        };
        let hint = format!("{instead}, {EXEMPTION}");
        self.subject.error(NAME, at, message).hint(hint)
    }

    /// Of a map of labels.
    fn set(&self, labels: &Node) -> Vec<Problem> {
        let reserved = |key: &Node| self.reserved().find(|(label, _)| key.text() == Some(label));
        let set = labels.entries().into_iter();
        set.filter_map(|(key, value)| Some((key, value, reserved(key)?)))
            // To say what is so anyway is no harm.
            .filter(|(_, value, (_, forced))| !(*forced && value.text() == Some(self.owner)))
            .map(|(key, _, (label, _))| self.told(key.at, label, "", ANOTHER))
            .collect()
    }

    /// Of one entry of relabelling.
    fn relabelled(&self, entry: &Relabel<'_>) -> Vec<Problem> {
        let touches = |(label, forced): (&'a str, bool)| match entry.action.as_str() {
            _ if entry.sets() => {
                let (target, at) = entry.target?;
                let harmless = forced && (target.contains('$') || entry.sets_to() == Some(self.owner));
                (entry.may_set(label) && !harmless).then(|| self.told(at, label, "", ANOTHER))
            }
            "labelmap" => {
                let harmless = forced && entry.replacement.contains('$');
                let instead = "give what it makes a prefix (`replacement: tag_$1`)";
                (may_be(entry.replacement, label) && !harmless)
                    .then(|| self.told(entry.at, label, "; this may set it", instead))
            }
            "labeldrop" => {
                let hit = entry.matches(label).unwrap_or(!forced);
                hit.then(|| self.told(entry.at, label, "; this would remove it", "leave it in"))
            }
            "labelkeep" => {
                let hit = !forced && entry.matches(label) != Some(true);
                hit.then(|| self.told(entry.at, label, "; this would remove it", "leave it in"))
            }
            _ => None,
        };
        self.reserved().filter_map(touches).collect()
    }
}
