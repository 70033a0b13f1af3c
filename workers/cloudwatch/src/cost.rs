//! What metrics cost. In: metrics, and what is assumed of them. Out: billed requests a month, dollars. Never: a price
//! that is not written down here; the free tier, which the account has once and not each team.
//!
//! `GetMetricData` is billed by the metric requested (one for each statistic of each combination of dimension values),
//! `GetMetricStatistics` and `ListMetrics` by the call: each 0.01 US dollars a thousand
//! (<https://aws.amazon.com/cloudwatch/pricing/>, in most regions). A month is 730 hours, as in AWS's own calculator.

use crate::{Metric, scalar};
use yaml::Node;

const REQUESTS_PER_DOLLAR: u64 = 100_000;
const MILLISECONDS_PER_MONTH: u64 = 730 * 60 * 60 * 1000;

/// What a file does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumptions {
    /// How often the exporter is scraped.
    pub scrape_interval_milliseconds: u64,
    /// How many combinations of dimension values a metric has whose values are not named.
    pub series: u64,
}

/// Of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// What is billed.
    pub requests: u64,
}

impl Cost {
    /// Of all metrics of a fragment.
    #[must_use]
    pub fn of(fragment: &Node, base: Option<&Node>, assumed: Assumptions) -> Cost {
        let costs = Metric::all(fragment, base).map(|metric| of_metric(metric, assumed));
        Cost {
            requests: costs.fold(0, u64::saturating_add),
        }
    }

    /// The most that so many dollars pay for.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes the nearest integer there is, and none below 0"
    )]
    pub fn affordable(dollars: f64) -> Cost {
        Cost {
            requests: (dollars * REQUESTS_PER_DOLLAR as f64) as u64,
        }
    }

    /// In US dollars.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "an estimate, and exact to 90 billion dollars"
    )]
    pub fn dollars(self) -> f64 {
        self.requests as f64 / REQUESTS_PER_DOLLAR as f64
    }
}

fn of_metric(metric: Metric<'_>, assumed: Assumptions) -> u64 {
    let interval = assumed.scrape_interval_milliseconds.max(1);
    let scrapes = MILLISECONDS_PER_MONTH.div_ceil(interval);
    let series = metric.named_series();
    let count = match (metric.has_dimensions(), series) {
        (false, _) => 1,
        (true, Some(named)) => named,
        // Those that are selected by name are at least so many.
        (true, None) => assumed.series.max(metric.selected_series()),
    };
    let statistics = if metric.use_get_metric_data() {
        u64::try_from(metric.statistics().len()).unwrap_or(u64::MAX)
    } else {
        1
    };
    let lists = if metric.is_listed() {
        let ttl = metric.default("list_metrics_cache_ttl").and_then(scalar::seconds);
        let lifetime = u64::from(ttl.unwrap_or(0)).saturating_mul(1000).max(interval);
        MILLISECONDS_PER_MONTH.div_ceil(lifetime)
    } else {
        0
    };
    scrapes
        .saturating_mul(count)
        .saturating_mul(statistics)
        .saturating_add(lists)
}
