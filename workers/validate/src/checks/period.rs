//! `period`: period, range and delay that `CloudWatch` answers and the exporter can calculate with. A request that is
//! refused ends the exporter's scrape, for whoever's metrics come after it.

use crate::subject::Subject;
use cloudwatch::Metric;
use contract::{Component, Problem};
use std::collections::BTreeSet;
use yaml::Position;

pub(crate) const NAME: &str = "period";

/// The most data points that `GetMetricStatistics` answers with.
const DATA_POINTS: u32 = 1440;
/// The exporter multiplies seconds by 1000 in 32 bits.
const STATISTICS_SECONDS: u32 = i32::MAX as u32 / 1000;
/// `CloudWatch` keeps data for 455 days.
const RETENTION_SECONDS: u32 = 455 * 24 * 60 * 60;
/// Periods below a minute.
const SHORT_SECONDS: [u32; 5] = [1, 5, 10, 20, 30];

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    // A default at the top holds for many metrics, and is told once.
    let mut told = BTreeSet::new();
    Metric::all(subject.tree, subject.base)
        .flat_map(|metric| of_metric(subject, metric))
        .filter(|problem| told.insert((problem.line, problem.column, problem.message.clone())))
        .collect()
}

fn of_metric(subject: &Subject<'_>, metric: Metric<'_>) -> Vec<Problem> {
    let (period, range, delay) = (
        metric.period_seconds(),
        metric.range_seconds(),
        metric.delay_seconds(),
    );
    let mut problems = Vec::new();
    let mut wrong = |fields: &[&str], message: String, hint: String| {
        problems.push(
            subject
                .error(NAME, at(subject, metric, fields), message)
                .hint(hint),
        );
    };
    if period == 0 || (!period.is_multiple_of(60) && !SHORT_SECONDS.contains(&period)) {
        let hint = "write 1, 5, 10, 20, 30 or a multiple of 60".to_owned();
        wrong(
            &["period_seconds"],
            format!("a period of {period} seconds is refused by CloudWatch"),
            hint,
        );
    }
    if range == 0 {
        let hint = "write at least the period".to_owned();
        wrong(
            &["range_seconds"],
            "a range of 0 seconds holds no data".into(),
            hint,
        );
    }
    let points = if period == 0 || metric.use_get_metric_data() {
        0
    } else {
        range / period
    };
    if points > DATA_POINTS {
        let message = format!(
            "a range of {range} seconds has {points} periods of {period} seconds, and CloudWatch answers with at most \
             {DATA_POINTS}"
        );
        let hint = "shorten `range_seconds`, lengthen `period_seconds`, or set `use_get_metric_data: true`"
            .to_owned();
        wrong(&["range_seconds", "period_seconds"], message, hint);
    }
    let (longest, why) = if metric.use_get_metric_data() {
        (RETENTION_SECONDS, "CloudWatch keeps no older data")
    } else {
        (
            STATISTICS_SECONDS,
            "the exporter cannot count further back without `use_get_metric_data: true`",
        )
    };
    if delay.saturating_add(range) > longest {
        let message = format!("`delay_seconds` and `range_seconds` together are more than {longest}: {why}");
        let hint = "shorten one of them; only the newest data point is exported".to_owned();
        wrong(&["range_seconds", "delay_seconds"], message, hint);
    }
    if range > 0 && range < period {
        let message = format!(
            "a range of {range} seconds is shorter than the period of {period} seconds: most scrapes find nothing"
        );
        let at = at(subject, metric, &["period_seconds", "range_seconds"]);
        problems.push(
            subject
                .warning(NAME, at, message)
                .hint("make `range_seconds` at least twice `period_seconds`"),
        );
    }
    problems
}

/// Where the first of these is set, in the metric or for the fragment; where the metric begins, if the base or the
/// exporter sets them.
fn at(subject: &Subject<'_>, metric: Metric<'_>, fields: &[&str]) -> Position {
    let here = fields
        .iter()
        .find_map(|field| metric.node().get(field).or_else(|| subject.tree.get(field)));
    here.map_or(metric.at(), |node| node.at)
}
