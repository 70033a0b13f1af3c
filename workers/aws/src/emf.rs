//! Counts as CloudWatch metrics, in the embedded metric format: a line of the log that CloudWatch reads.
//! In: counts. Out: one line on standard output. Never: a call to CloudWatch, and so no permission for one.

use contract::Timestamp;
use serde_json::{Map, Value, json};
use std::io::Write as _;

/// Prints the counts as metrics of that function.
pub(crate) fn print(namespace: &str, function: &str, at: Timestamp, counts: &[(&str, u64)]) {
    // Who reads no log reads no metrics.
    drop(writeln!(
        std::io::stdout(),
        "{}",
        line(namespace, function, at, counts)
    ));
}

fn line(namespace: &str, function: &str, at: Timestamp, counts: &[(&str, u64)]) -> Value {
    let metrics: Vec<Value> = counts
        .iter()
        .map(|(name, _)| json!({ "Name": name, "Unit": "Count" }))
        .collect();
    let mut line: Map<String, Value> = counts
        .iter()
        .map(|(name, count)| ((*name).to_owned(), (*count).into()))
        .collect();
    line.insert("FunctionName".into(), function.into());
    let directive = json!({ "Namespace": namespace, "Dimensions": [["FunctionName"]], "Metrics": metrics });
    line.insert(
        "_aws".into(),
        json!({ "Timestamp": at.as_millis(), "CloudWatchMetrics": [directive] }),
    );
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let at = Timestamp::from_millis(1_795_359_600_000);
        let expect = json!({
            "_aws": {
                "Timestamp": 1_795_359_600_000_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Promloom",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [{ "Name": "groups", "Unit": "Count" }, { "Name": "deleted", "Unit": "Count" }],
                }],
            },
            "FunctionName": "prod-pushgateway_gc",
            "groups": 9,
            "deleted": 2,
        });
        assert_eq!(
            line(
                "Promloom",
                "prod-pushgateway_gc",
                at,
                &[("groups", 9), ("deleted", 2)]
            ),
            expect
        );
    }
}
