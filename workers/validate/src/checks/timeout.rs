//! `timeout`: a scrape ends before the next one begins. An explicit `scrape_timeout` above the interval, which may be the
//! base's, is refused by Prometheus; an interval below the base's timeout is not: Prometheus lowers the timeout without a word.

use crate::subject::Subject;
use contract::Problem;
use policy::Duration;
use yaml::Node;

pub(crate) const NAME: &str = "timeout";

/// What Prometheus takes where neither a job nor `global` says.
const INTERVAL: Duration = Duration { milliseconds: 60_000 };
const TIMEOUT: Duration = Duration { milliseconds: 10_000 };

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let global = subject.base.and_then(|base| base.get("global"));
    let of_all = |field: &str| global.and_then(|global| Some(set(global, field)?.1));
    let interval_of_all = of_all("scrape_interval").unwrap_or(INTERVAL);
    let timeout_of_all = of_all("scrape_timeout").unwrap_or(TIMEOUT.min(interval_of_all));
    let jobs = subject.items("scrape_configs").iter();
    jobs.filter_map(|job| {
        // What the interval is to be is not known where it is wrong, which `shape` tells.
        let is_wrong = |node: &Node| !node.is_null() && node.text().and_then(Duration::parse).is_none();
        if job.get("scrape_interval").is_some_and(is_wrong) {
            return None;
        }
        let (interval, timeout) = (set(job, "scrape_interval"), set(job, "scrape_timeout"));
        let every = interval.map_or(interval_of_all, |(_, every)| every);
        match (interval, timeout) {
            (_, Some((at, timeout))) if timeout > every => {
                let whose = match interval {
                    Some(_) => "`scrape_interval`".to_owned(),
                    None => format!("the `scrape_interval` of {}", subject.component.base_key()),
                };
                let as_written = |node: Option<&Node>, duration: Duration| {
                    let text = node.and_then(Node::text);
                    text.map_or_else(|| duration.to_string(), str::to_owned)
                };
                let timeout = as_written(Some(at), timeout);
                let every = as_written(interval.map(|(node, _)| node), every);
                let message = format!("`scrape_timeout` ({timeout}) is longer than {whose} ({every})");
                let hint = "set `scrape_timeout` to at most `scrape_interval`, or set both";
                Some(subject.error(NAME, at.at, message).hint(hint))
            }
            (Some((at, every)), None) if every < timeout_of_all => {
                let every = at.text().unwrap_or_default();
                let message = format!("a scrape of this job is given {every} only: its interval is below the usual timeout ({timeout_of_all})");
                let hint = "set `scrape_timeout` to say how long a scrape may take";
                Some(subject.info(NAME, at.at, message).hint(hint))
            }
            _ => None,
        }
    })
    .collect()
}

/// A duration that is set; 0 sets none.
fn set<'a>(map: &'a Node, field: &str) -> Option<(&'a Node, Duration)> {
    let node = map.get(field)?;
    let duration = Duration::parse(node.text()?)?;
    (duration.milliseconds > 0).then_some((node, duration))
}
