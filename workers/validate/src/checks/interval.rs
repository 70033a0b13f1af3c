//! `interval`: how often a job is scraped and a group evaluated, where that is more often than the policy allows. Also
//! through `__scrape_interval__`, by which labels set a target's.

use super::EXEMPTION;
use crate::relabel::{self, Relabel};
use crate::relabelled::{self, Effort, Relabelled, Value};
use crate::subject::Subject;
use crate::written::fields;
use contract::Problem;
use policy::Duration;
use yaml::{Node, Position};

pub(crate) const NAME: &str = "interval";

const LABEL: &str = "__scrape_interval__";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let policy = subject.policy;
    let (of_jobs, of_rules) = (policy.jobs.minimum_interval, policy.rules.minimum_interval);
    let mut problems = Vec::new();
    let mut effort = Effort::default();
    for job in subject.items("scrape_configs") {
        let set = job.get("scrape_interval").into_iter();
        let labels = fields(job).into_iter().filter(|field| field.name == "labels");
        let labels = labels.flat_map(|field| field.value.entries());
        let by_label = labels
            .filter(|(key, _)| key.text() == Some(LABEL))
            .map(|(_, value)| value);
        let written = set
            .chain(by_label)
            .filter_map(|node| Some((node.at, node.text()?)));
        problems.extend(written.filter_map(|(at, text)| too_short(subject, "jobs", of_jobs, at, text)));
        for entry in relabel::entries(job, "relabel_configs") {
            if of_jobs.milliseconds == 0 || !entry.may_set(LABEL) || is_followed(job, &entry) {
                continue;
            }
            problems.extend(match entry.sets_to() {
                Some(text) => too_short(subject, "jobs", of_jobs, entry.at, text),
                None => Some(untold(subject, entry.at)),
            });
        }
        if of_jobs.milliseconds > 0 {
            let set = relabelled::of_targets(job, &[LABEL], &mut effort).into_iter();
            problems.extend(set.filter_map(|Relabelled { at, value, .. }| match value {
                Value::Known(text) => too_short(subject, "jobs", of_jobs, at, &text),
                Value::Unclear | Value::Beyond => Some(untold(subject, at)),
            }));
        }
    }
    let groups = subject.items("groups").iter();
    let set = groups.filter_map(|group| group.get("interval"));
    let written = set.filter_map(|node: &Node| Some((node.at, node.text()?)));
    problems.extend(written.filter_map(|(at, text)| too_short(subject, "rules", of_rules, at, text)));
    problems
}

/// Whether all that such a rule may take over is written in the job: labels of static targets, none of discovery, and not the timeout that
/// the server sets by itself. Then it is looked at target by target.
fn is_followed(job: &Node, entry: &Relabel<'_>) -> bool {
    const TIMEOUT: &str = "__scrape_timeout__";
    let has_discovery = job
        .entries()
        .into_iter()
        .any(|(key, _)| key.text().is_some_and(|name| name.ends_with("_sd_configs")));
    let reads_timeout = |rule: &Relabel<'_>| {
        rule.source.contains(&TIMEOUT) || rule.action == "labelmap" && rule.matches(TIMEOUT) != Some(false)
    };
    let mut rules = relabel::entries(job, "relabel_configs").into_iter();
    entry.action == "labelmap" && !has_discovery && !rules.any(|rule| reads_timeout(&rule))
}

/// A rule that takes the interval from what a label says.
fn untold(subject: &Subject<'_>, at: Position) -> Problem {
    let minimum = subject.policy.jobs.minimum_interval;
    let message =
        format!("this may scrape more often than every {minimum} (`jobs.minimum_interval` of the policy)");
    let hint = format!("set `{LABEL}` to a duration, not to what a label says, {EXEMPTION}");
    subject.error(NAME, at, message).hint(hint)
}

/// Nothing, and 0, is the base's; what is no duration is told by the tool.
fn too_short(
    subject: &Subject<'_>,
    list: &str,
    minimum: Duration,
    at: Position,
    text: &str,
) -> Option<Problem> {
    Duration::parse(text).filter(|asked| asked.milliseconds > 0 && *asked < minimum)?;
    let what = if list == "jobs" {
        "a scrape"
    } else {
        "an evaluation"
    };
    let message = format!(
        "{what} every {text} is too often: at most every {minimum} (`{list}.minimum_interval` of the policy)"
    );
    let hint = format!("write `{minimum}` or more, or leave it to the server's default, {EXEMPTION}");
    Some(subject.error(NAME, at, message).hint(hint))
}
