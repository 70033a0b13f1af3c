//! `interval`: how often a job is scraped and a group evaluated, where that is more often than the policy allows. Also
//! through `__scrape_interval__`, by which labels set a target's.

use super::EXEMPTION;
use crate::relabel;
use crate::subject::Subject;
use crate::written::{entries, fields};
use contract::Problem;
use policy::Duration;
use yaml::{Node, Position};

pub(crate) const NAME: &str = "interval";

const LABEL: &str = "__scrape_interval__";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let policy = subject.policy;
    let (of_jobs, of_rules) = (policy.jobs.minimum_interval, policy.rules.minimum_interval);
    let mut problems = Vec::new();
    for job in subject.items("scrape_configs") {
        let set = job.get("scrape_interval").into_iter();
        let labels = fields(job).into_iter().filter(|field| field.name == "labels");
        let labels = labels.flat_map(|field| entries(field.value));
        let by_label = labels
            .filter(|(key, _)| key.text() == Some(LABEL))
            .map(|(_, value)| value);
        let written = set
            .chain(by_label)
            .filter_map(|node| Some((node.at, node.text()?)));
        problems.extend(written.filter_map(|(at, text)| too_short(subject, "jobs", of_jobs, at, text)));
        for entry in relabel::entries(job, "relabel_configs") {
            if of_jobs.milliseconds == 0 || !entry.may_set(LABEL) {
                continue;
            }
            let Some(text) = entry.sets_to() else {
                let message = format!(
                    "this may scrape more often than every {of_jobs} (`jobs.minimum_interval` of the policy)"
                );
                let hint = format!("set `{LABEL}` to a duration, not to what a label says, {EXEMPTION}");
                problems.push(subject.error(NAME, entry.at, message).hint(hint));
                continue;
            };
            problems.extend(too_short(subject, "jobs", of_jobs, entry.at, text));
        }
    }
    let groups = subject.items("groups").iter();
    let set = groups.filter_map(|group| group.get("interval"));
    let written = set.filter_map(|node: &Node| Some((node.at, node.text()?)));
    problems.extend(written.filter_map(|(at, text)| too_short(subject, "rules", of_rules, at, text)));
    problems
}

/// Nothing, and 0, is the base's; what is no duration is told by the tool.
fn too_short(
    subject: &Subject<'_>,
    list: &str,
    minimum: Duration,
    at: Position,
    text: &str,
) -> Option<Problem> {
    let asked = Duration::parse(text).filter(|asked| asked.milliseconds > 0 && *asked < minimum)?;
    let what = if list == "jobs" {
        "a scrape"
    } else {
        "an evaluation"
    };
    let message = format!(
        "{what} every {asked} is too often: at most every {minimum} (`{list}.minimum_interval` of the policy)"
    );
    let hint = format!("write `{minimum}` or more, or leave it to the server's default, {EXEMPTION}");
    Some(subject.error(NAME, at, message).hint(hint))
}
