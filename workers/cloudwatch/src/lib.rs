//! What the CloudWatch exporter makes of its file: no tool can be asked, and its reader forgives what its scrape does
//! not.
//!
//! In: trees. Out: fields and their types, a metric as the exporter would request it, the names of its series, what it
//! costs; and a fragment with its defaults in each of its metrics. Never: a verdict, a call to AWS.
//!
//! Where the rules come from: `cloudwatch_exporter` 0.16.0 (the version in `tests/local/tools.json`), the classes
//! `CloudWatchCollector`, `DefaultDimensionSource`, `CachingDimensionSource` and the two `…DataGetter`s; `SnakeYAML`
//! 2.2, which it reads with; `java.util.regex`; and the API reference of `GetMetricStatistics` and `GetMetricData`.
//! `tests/it/cloudwatch.rs` asks the real exporter.
//!
//! | file | what |
//! |---|---|
//! | `field.rs` | fields and their types |
//! | `scalar.rs` | what Java takes a scalar for |
//! | `metric.rs` | [`Metric`]: one metric with the defaults that hold for it |
//! | `push_down.rs` | defaults of a fragment -> into each of its metrics |
//! | `series.rs` | names of metric families and labels |
//! | `pattern.rs` | regular expressions of Java that are safe to run |
//! | `cost.rs` | requests a month, and dollars |

mod cost;
mod field;
mod metric;
mod pattern;
mod push_down;
mod scalar;
mod series;
#[cfg(test)]
mod tests;

pub use cost::{Assumptions, Cost};
pub use field::{DEFAULTS, Field, METRIC, SETTINGS, TAG_SELECT, Type};
pub use metric::{Metric, STATISTICS};
pub use pattern::{PATTERN_CHARACTERS, why_not};
pub use push_down::push_down;
pub use scalar::{boolean, seconds, text};
pub use series::{is_legal_name, label, safe_name};

/// The longest file that the exporter reads, in code points: the limit of `SnakeYAML`.
pub const FILE_CODE_POINTS: usize = 3 * 1024 * 1024;
