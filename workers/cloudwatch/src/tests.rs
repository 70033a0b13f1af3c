//! The exporter's rules, one line a case.

use crate::{Assumptions, Cost, Metric, boolean, label, push_down, safe_name, seconds, text, why_not};
use yaml::{Limits, Node};

fn tree(text: &str) -> Node {
    yaml::read(text.as_bytes(), &Limits::default())
        .expect("YAML")
        .expect("something in it")
}

#[test]
fn scalars_are_what_java_takes_them_for() {
    let check = |written: &str, expect: (bool, Option<bool>, Option<u32>)| {
        let node = tree(&format!("a: {written}"));
        let node = node.get("a").expect("a");
        assert_eq!(
            (text(node).is_some(), boolean(node), seconds(node)),
            expect,
            "{written}"
        );
    };
    let is_text = (true, None, None);
    let is_neither = (false, None, None);
    for written in [
        "a",
        "'1'",
        "\"yes\"",
        "!!str 1",
        "y",
        "n",
        "=",
        "1a",
        "1:60",
        "0b2",
        "0o7",
        "09",
        "08:30",
        "a:1",
        "1.2.3",
        "AWS/ELB",
        "2001-1",
        "12-12-2001",
        "_1",
        ".",
        "e5",
        "nULL",
        ".Nan",
    ] {
        check(written, is_text);
    }
    for written in [
        "",
        "~",
        "null",
        "!!int 01",
        "010",
        "0x1F",
        "0b11",
        "1_000",
        "+5",
        "-5",
        "1:30",
        "190:20:30",
        "60.9",
        "6e2",
        ".5",
        "1.",
        ".inf",
        "-.INF",
        ".nan",
        "1:30.5",
        "2001-12-14",
        "2001-12-14 21:59:43.10 -5",
        "2001-12-14T21:59:43Z",
        "2147483648",
        "[a]",
        "{a: b}",
    ] {
        check(written, is_neither);
    }
    for (written, is_true) in [
        ("true", true),
        ("Yes", true),
        ("ON", true),
        ("off", false),
        ("No", false),
    ] {
        check(written, (false, Some(is_true), None));
    }
    for (written, number) in [("0", 0), ("60", 60), ("2147483647", 2_147_483_647)] {
        check(written, (false, None, Some(number)));
    }
}

#[test]
fn names_are_the_exporter_s() {
    let check = |namespace: &str, name: &str, expect: &str| {
        assert_eq!(safe_name(namespace, name), expect, "{namespace} {name}");
    };
    check("AWS/ELB", "RequestCount", "aws_elb_request_count");
    check("AWS/S3", "4xxErrors", "aws_s3_4xx_errors");
    check(
        "AWS/EC2",
        "StatusCheckFailed_Instance",
        "aws_ec2_status_check_failed_instance",
    );
    check("My.NS", "HTTPCode", "my_ns_httpcode");
    check("CWAgent", "disk used %", "cwagent_disk_used_");
    check("a:b", "x--y", "a:b_x_y");
    let check = |dimension: &str, expect: &str| assert_eq!(label(dimension), expect, "{dimension}");
    check("LoadBalancerName", "load_balancer_name");
    check("SourceIp", "source_ip");
    check("a:b", "a_b");
    check("Instance", "instance");
}

#[test]
fn families_are_named_by_statistics() {
    let check = |metric: &str, expect: &[&str]| {
        let tree = tree(&format!("metrics: [{{{metric}}}]"));
        let families: Vec<String> = Metric::all(&tree, None).flat_map(|m| m.families()).collect();
        assert_eq!(families, expect, "{metric}");
    };
    let elb = "aws_namespace: AWS/ELB, aws_metric_name: Latency";
    check(
        &format!("{elb}, aws_statistics: [Sum, SampleCount]"),
        &["aws_elb_latency_sum", "aws_elb_latency_sample_count"],
    );
    check(
        &format!("{elb}, aws_extended_statistics: [p99.9]"),
        &["aws_elb_latency_p99_9"],
    );
    check("aws_metric_name: Latency", &[]);
    let dynamo = "aws_namespace: AWS/DynamoDB, aws_metric_name: ReadThrottleEvents, aws_statistics: [Sum]";
    check(
        &format!("{dynamo}, aws_dimensions: [TableName]"),
        &["aws_dynamodb_read_throttle_events_sum"],
    );
    check(
        &format!("{dynamo}, aws_dimensions: [TableName, GlobalSecondaryIndexName]"),
        &["aws_dynamodb_read_throttle_events_index_sum"],
    );
}

#[test]
fn defaults_go_into_each_metric_that_does_not_say_it() {
    let check = |fragment: &str, expect: &str| {
        assert_eq!(
            yaml::print(&push_down(&tree(fragment))).text,
            expect,
            "{fragment}"
        );
    };
    check("metrics: [{a: 1}]", "metrics:\n  - a: 1\n");
    check(
        "region: x\nperiod_seconds: 300\nset_timestamp: no\nmetrics:\n- {a: 1}\n- {a: 2, period_seconds: 60}\n",
        "region: x\nmetrics:\n  - a: 1\n    period_seconds: 300\n    set_timestamp: no\n  - a: 2\n    \
         period_seconds: 60\n    set_timestamp: no\n",
    );
    check(
        "period_seconds: 300\nmetrics: [{<<: {period_seconds: 60}, a: 1}]",
        "metrics:\n  - <<:\n      period_seconds: 60\n    a: 1\n",
    );
    check("metrics: 5\nperiod_seconds: 1\n", "metrics: 5\n");
    check("period_seconds: 1\n", "{}\n");
}

#[test]
fn patterns_compile_in_java_and_end() {
    let check = |pattern: &str, expect: Option<&str>| {
        let why = why_not(pattern);
        match expect {
            None => assert_eq!(why, None, "{pattern}"),
            Some(part) => assert!(
                why.as_ref().is_some_and(|why| why.contains(part)),
                "{pattern}: {why:?}"
            ),
        }
    };
    for pattern in [
        "",
        "a",
        ".*",
        "prod-.+",
        "(?:([^:/]+)|[^:/]+/([^:]+))$",
        "^a{2}b{1,}c{1,3}?d*+$",
        "[a-z0-9_.-]+",
        "[^/]+/(?<name>x)",
        "(?!test)\\w+",
        "a|b|",
        "\\d{12}:\\S+\\.x",
        "(abc){3}",
        "(abc)+",
        "[\\]\\[a\\-z]",
        "(a+)?",
        "a]b}",
        "\\$\\{x\\}",
        "é+",
    ] {
        check(pattern, None);
    }
    check("a(", Some("does not close"));
    check("a)", Some("never opened"));
    check("*a", Some("nothing before"));
    check("a**", Some("repeats a repetition"));
    check("a{x}", Some("number"));
    check("a{3,2}", Some("{n,m}"));
    check("{a", Some("repeats nothing"));
    check("[a", Some("does not close"));
    check("[]a]", Some("empty"));
    check("[z-a]", Some("ends before"));
    check("[a[b]]", Some("inside of"));
    check("[a&&b]", Some("&&"));
    check("(a+)*", Some("forever"));
    check("(a|a)*", Some("forever"));
    check("(a?){30}", Some("forever"));
    check("((a+)?)+", Some("forever"));
    check("(?<=a)b", Some("behind"));
    check("(?i)a", Some("group"));
    check("(?P<a>b)", Some("group"));
    check("(?<a>b)(?<a>c)", Some("each name once"));
    check("^*", Some("no character"));
    check("(a)\\1", Some("\\1"));
    check("\\Qa\\E", Some("\\Q"));
    check("a\\", Some("ends with"));
    check(&"(".repeat(500), Some("deeper"));
    check(&"a".repeat(1001), Some("longer"));
}

#[test]
fn costs_are_requests_times_the_price() {
    let check = |fragment: &str, requests: u64, dollars: f64| {
        let assumed = Assumptions {
            scrape_interval_milliseconds: 300_000,
            series: 10,
        };
        let cost = Cost::of(
            &tree(fragment),
            Some(&tree("region: x\nuse_get_metric_data: true\n")),
            assumed,
        );
        assert_eq!((cost.requests, cost.dollars()), (requests, dollars), "{fragment}");
    };
    // 730 h / 300 s = 8,760 scrapes.
    check("metrics: [{}]", 8_760 * 5, 0.438);
    check("metrics: [{aws_statistics: [Sum]}]", 8_760, 0.0876);
    check("metrics: [{}]\nuse_get_metric_data: false", 8_760, 0.0876);
    // Ten series, and one ListMetrics a scrape.
    check(
        "metrics: [{aws_dimensions: [A], aws_statistics: [Sum]}]",
        8_760 * 11,
        0.9636,
    );
    check(
        "metrics: [{aws_dimensions: [A], aws_statistics: [Sum], list_metrics_cache_ttl: 3600}]",
        8_760 * 10 + 730,
        0.8833,
    );
    check(
        "metrics: [{aws_dimensions: [A, B], aws_dimension_select: {A: [x, y], B: [z]}, aws_statistics: [Sum]}]",
        8_760 * 2,
        0.1752,
    );
    // Twenty values of one of two dimensions are at least twenty series.
    let values = (0..20).map(|n| format!("v{n}")).collect::<Vec<_>>().join(", ");
    check(
        &format!(
            "metrics: [{{aws_dimensions: [A, B], aws_dimension_select: {{A: [{values}]}}, aws_statistics: [Sum]}}]"
        ),
        8_760 * 21,
        1.8396,
    );
    check("metrics: []", 0, 0.0);
}

#[test]
fn metrics_are_compared_by_what_they_mean() {
    let check = |first: &str, second: &str, equal: bool| {
        let tree = tree(&format!(
            "metrics:\n- {{aws_namespace: A, {first}}}\n- {{aws_namespace: A, {second}}}\n"
        ));
        let meanings: Vec<_> = Metric::all(&tree, None).map(|metric| metric.meaning()).collect();
        assert_eq!(
            meanings[0].is_some() && meanings[0] == meanings[1],
            equal,
            "{first} | {second}"
        );
    };
    check("aws_metric_name: B", "aws_metric_name: 'B'", true);
    check("aws_metric_name: B", "aws_metric_name: C", false);
    check("set_timestamp: yes", "period_seconds: 60", true);
    check("set_timestamp: no", "set_timestamp: false", true);
    check("set_timestamp: no", "set_timestamp: yes", false);
    check("warn_on_empty_list_dimensions: yes", "help: ", true);
    check("aws_dimensions: ", "help: ", true);
    check("aws_dimensions: []", "help: ", false);
    check(
        "aws_statistics: [Sum, SampleCount, Minimum, Maximum, Average]",
        "help: ",
        true,
    );
    check(
        "aws_dimension_select: {A: [x], B: [y]}",
        "aws_dimension_select: {B: [y], A: [x]}",
        true,
    );
    check("aws_tag_select: {}", "aws_tag_select: {}", false);
}
