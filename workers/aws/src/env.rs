//! What a worker is told by its environment. In: a lookup of names. Out: typed settings, or one failure
//! that names every variable that is missing or wrong. Never: read after the start, a default that would
//! change what is deployed.
//!
//! | variable | who needs it | what it says |
//! |---|---|---|
//! | `AWS_REGION` | all | where everything is; a function has it from Lambda |
//! | `STATE_BUCKET` | every step, `pushgateway_gc` | the bucket that only the pipeline writes |
//! | `CONFIG_BUCKET` | fetch, `pushgateway_gc` | the bucket that teams write; versioned |
//! | `PLACEHOLDERS` | template | `{"ALERTMANAGER_URL_1": "am-1:9093", …}`; `{}` if there are none |
//! | `PROMETHEUS_VERSION` | validate | the version of the server, such as `3.13.5` or `3.13`; promtool has to be of it. Else the newest that this code knows, of which the package's promtool is |
//! | `PROMTOOL` | validate | the program, as an absolute path; in a function: `promtool` beside `bootstrap` |
//! | `BLACKBOX_EXPORTER` | validate | likewise, `blackbox_exporter` |
//! | `TOOL_MEMORY_MIB` | validate | the most memory of one tool's process; a third of a function's own, else 1024 |
//! | `VOLUME` | deploy | where the volume is mounted, as an absolute path |
//! | `RELOAD_URLS` | reload | `{"prometheus": "http://prometheus:9090", …}`, the process of each component |
//! | `TOPIC_ARN` | notify | the SNS topic |
//! | `PUSHGATEWAY_URL` | `pushgateway_gc` | the Pushgateway, such as `http://pushgateway:9091`, not its load balancer |
//! | `STATE_MACHINE_ARN` | trigger | what a push starts |
//! | `ACTIVITY_ARNS` | activity | `{"fetch": "arn:…", …}`, an activity per step that this process serves |
//! | `ACTIVITY_POLLERS` | activity | how many tasks of one step it works on at once; 1 |
//! | `STOP_GRACE_SECONDS` | activity | how long it may finish after SIGTERM; 70, above one long poll |
//! | `AWS_LAMBDA_FUNCTION_NAME` | `pushgateway_gc` | whose metrics they are; Lambda sets it |
//! | `LOG_LEVEL` | all | `info`, or a filter such as `debug,aws_smithy_runtime=warn`; else Lambda's setting |
//!
//! The SDK reads its own variables: credentials, and `AWS_ENDPOINT_URL` where an emulator answers.

use contract::{Class, Component, Failure, Step, Version};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Looks up one variable. An empty value counts as none: that is how Terraform passes "not set".
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One variable: its name, what it says, how it is understood, and what holds where it is not set.
pub struct Variable<T> {
    name: &'static str,
    says: &'static str,
    parse: fn(&str) -> Result<T, String>,
    unset: fn(Lookup) -> Option<String>,
}

/// Where everything is. Said, not found out: the SDK would ask the metadata address of a machine.
pub const AWS_REGION: Variable<String> = required("AWS_REGION", "the AWS region of everything", TEXT);
/// The pipeline's own bucket.
pub const STATE_BUCKET: Variable<String> = required("STATE_BUCKET", "the pipeline's own bucket", TEXT);
/// The teams' bucket.
pub const CONFIG_BUCKET: Variable<String> = required("CONFIG_BUCKET", "the bucket that teams write", TEXT);
/// What each placeholder stands for.
pub const PLACEHOLDERS: Variable<BTreeMap<String, String>> = required(
    "PLACEHOLDERS",
    r#"what each placeholder stands for, such as {"PUSHGATEWAY_URL": "pushgateway:9091"}, or {}"#,
    json,
);
/// Which Prometheus runs what is accepted.
pub const PROMETHEUS_VERSION: Variable<Version> = Variable {
    name: "PROMETHEUS_VERSION",
    says: "the version of the server, such as `3.13.5` or `3.13`",
    parse: version,
    unset: |_| Some(validate::Settings::default().prometheus.to_string()),
};
/// Where `promtool` is.
pub const PROMTOOL: Variable<PathBuf> = Variable {
    name: "PROMTOOL",
    says: "the program `promtool`, an absolute path",
    parse: absolute,
    unset: |lookup| beside_bootstrap(lookup, "promtool"),
};
/// Where `blackbox_exporter` is.
pub const BLACKBOX_EXPORTER: Variable<PathBuf> = Variable {
    name: "BLACKBOX_EXPORTER",
    says: "the program `blackbox_exporter`, an absolute path",
    parse: absolute,
    unset: |lookup| beside_bootstrap(lookup, "blackbox_exporter"),
};
/// The most memory of one process of a tool. Two run at once, and the worker holds the documents.
pub const TOOL_MEMORY_MIB: Variable<u64> = Variable {
    name: "TOOL_MEMORY_MIB",
    says: "the most memory of one tool's process, in MiB from 1",
    parse: positive,
    unset: |lookup| {
        let own = lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mib| mib.parse::<u64>().ok());
        Some(own.map_or(1024, |mib| mib / 3).to_string())
    },
};
/// Where the volume is mounted.
pub const VOLUME: Variable<PathBuf> = required(
    "VOLUME",
    "where the volume is mounted, an absolute path",
    absolute,
);
/// Which process is reloaded for each component.
pub const RELOAD_URLS: Variable<BTreeMap<Component, String>> = required(
    "RELOAD_URLS",
    r#"the process of each component that is run, such as {"prometheus": "http://prometheus:9090"}"#,
    json,
);
/// The topic of all notices.
pub const TOPIC_ARN: Variable<String> = required("TOPIC_ARN", "the SNS topic of all notices", TEXT);
/// Which Pushgateway is collected.
pub const PUSHGATEWAY_URL: Variable<String> = required(
    "PUSHGATEWAY_URL",
    "the Pushgateway to collect, such as `http://pushgateway:9091`",
    TEXT,
);
/// What a push starts.
pub const STATE_MACHINE_ARN: Variable<String> =
    required("STATE_MACHINE_ARN", "the state machine that a push starts", TEXT);
/// Which activity is which step.
pub const ACTIVITY_ARNS: Variable<BTreeMap<Step, String>> = required(
    "ACTIVITY_ARNS",
    r#"the activity of each step to serve, such as {"fetch": "arn:…:activity:reloader-fetch"}"#,
    json,
);
/// How many tasks of one step at once.
pub const ACTIVITY_POLLERS: Variable<u64> = Variable {
    name: "ACTIVITY_POLLERS",
    says: "how many tasks of one step to work on at once, a number from 1",
    parse: positive,
    unset: |_| Some("1".into()),
};
/// How long a stop may take.
pub const STOP_GRACE_SECONDS: Variable<u64> = Variable {
    name: "STOP_GRACE_SECONDS",
    says: "how long the work in hand may take after SIGTERM, in seconds from 1",
    parse: positive,
    unset: |_| Some("70".into()),
};
/// What is logged.
pub const LOG_LEVEL: Variable<String> = Variable {
    name: "LOG_LEVEL",
    says: "what is logged",
    parse: TEXT,
    unset: |lookup| lookup("AWS_LAMBDA_LOG_LEVEL").or(Some("info".into())),
};
/// Which function this is; Lambda sets it.
pub const AWS_LAMBDA_FUNCTION_NAME: Variable<String> = Variable {
    name: "AWS_LAMBDA_FUNCTION_NAME",
    says: "the function that metrics are counted for",
    parse: TEXT,
    unset: |_| Some("pushgateway_gc".into()),
};

/// Any text will do.
const TEXT: fn(&str) -> Result<String, String> = |value| Ok(value.to_owned());

const fn required<T>(
    name: &'static str,
    says: &'static str,
    parse: fn(&str) -> Result<T, String>,
) -> Variable<T> {
    Variable {
        name,
        says,
        parse,
        unset: |_| None,
    }
}

fn absolute(value: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(value);
    path.is_absolute()
        .then_some(path)
        .ok_or_else(|| "the path is not absolute".into())
}

fn version(value: &str) -> Result<Version, String> {
    Version::parse(value).ok_or_else(|| "not the numbers of a version".into())
}

fn positive(value: &str) -> Result<u64, String> {
    match value.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("not a whole number from 1".into()),
    }
}

fn json<T: DeserializeOwned>(value: &str) -> Result<T, String> {
    serde_json::from_str(value).map_err(|error| error.to_string())
}

fn beside_bootstrap(lookup: Lookup, program: &str) -> Option<String> {
    lookup("LAMBDA_TASK_ROOT").map(|folder| format!("{folder}/{program}"))
}

/// One variable or several, read together so that all that is wrong is told at once.
pub trait Variables {
    /// What they say.
    type Values;
    /// Reads them, and adds to `wrong` what cannot be used.
    fn collect(&self, lookup: Lookup, wrong: &mut Vec<String>) -> Option<Self::Values>;
}

impl<T> Variables for Variable<T> {
    type Values = T;

    fn collect(&self, lookup: Lookup, wrong: &mut Vec<String>) -> Option<T> {
        let set = lookup(self.name).filter(|value| !value.is_empty());
        let Some(value) = set.or_else(|| (self.unset)(lookup)) else {
            wrong.push(format!("`{}` is not set: {}", self.name, self.says));
            return None;
        };
        // The value is not told: a variable may be set to something that does not belong into a log.
        (self.parse)(&value)
            .map_err(|error| wrong.push(format!("`{}` is wrong ({error}): {}", self.name, self.says)))
            .ok()
    }
}

impl<A: Variables, B: Variables> Variables for (A, B) {
    type Values = (A::Values, B::Values);

    fn collect(&self, lookup: Lookup, wrong: &mut Vec<String>) -> Option<Self::Values> {
        let (a, b) = (self.0.collect(lookup, wrong), self.1.collect(lookup, wrong));
        a.zip(b)
    }
}

impl<A: Variables, B: Variables, C: Variables> Variables for (A, B, C) {
    type Values = (A::Values, B::Values, C::Values);

    fn collect(&self, lookup: Lookup, wrong: &mut Vec<String>) -> Option<Self::Values> {
        let (a, b) = (self.0.collect(lookup, wrong), self.1.collect(lookup, wrong));
        let c = self.2.collect(lookup, wrong);
        Some((a?, b?, c?))
    }
}

impl<A: Variables, B: Variables, C: Variables, D: Variables> Variables for (A, B, C, D) {
    type Values = (A::Values, B::Values, C::Values, D::Values);

    fn collect(&self, lookup: Lookup, wrong: &mut Vec<String>) -> Option<Self::Values> {
        let (a, b) = (self.0.collect(lookup, wrong), self.1.collect(lookup, wrong));
        let (c, d) = (self.2.collect(lookup, wrong), self.3.collect(lookup, wrong));
        Some((a?, b?, c?, d?))
    }
}

/// Reads variables. Fails as `InvalidRequest`, which nobody tries again: it takes a person to set them.
pub fn read<V: Variables>(variables: &V, lookup: Lookup) -> Result<V::Values, Failure> {
    let mut wrong = Vec::new();
    variables.collect(lookup, &mut wrong).ok_or_else(|| {
        Failure::new(
            Class::InvalidRequest,
            format!(
                "reading the environment (set these variables): {}",
                wrong.join("; ")
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| {
            set.iter()
                .find(|(set, _)| *set == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_by_name() {
        let variables = (
            CONFIG_BUCKET,
            VOLUME,
            (RELOAD_URLS, STOP_GRACE_SECONDS, PROMETHEUS_VERSION),
        );
        let set = lookup(&[
            ("CONFIG_BUCKET", ""),
            ("VOLUME", "mnt"),
            ("RELOAD_URLS", r#"{"grafana": "http://g"}"#),
            ("STOP_GRACE_SECONDS", "0"),
            ("PROMETHEUS_VERSION", "latest"),
        ]);
        let failure = read(&variables, &set).unwrap_err();
        assert_eq!(failure.class, Class::InvalidRequest);
        for part in [
            "`CONFIG_BUCKET` is not set: the bucket that teams write",
            "`VOLUME` is wrong (the path is not absolute)",
            "`RELOAD_URLS` is wrong (unknown variant `grafana`, expected one of `prometheus`",
            "`STOP_GRACE_SECONDS` is wrong (not a whole number from 1)",
            "`PROMETHEUS_VERSION` is wrong (not the numbers of a version)",
        ] {
            assert!(failure.doing.contains(part), "{part}\nnot in\n{}", failure.doing);
        }
    }

    #[test]
    fn what_is_set_is_understood() {
        let set = lookup(&[
            ("STATE_BUCKET", "state"),
            ("PLACEHOLDERS", r#"{"PUSHGATEWAY_URL": "pg:9091"}"#),
            ("PROMETHEUS_VERSION", "v3.5.3"),
            ("ACTIVITY_ARNS", r#"{"merge": "arn:merge"}"#),
        ]);
        let (bucket, placeholders, arns, prometheus) = read(
            &(STATE_BUCKET, PLACEHOLDERS, ACTIVITY_ARNS, PROMETHEUS_VERSION),
            &set,
        )
        .unwrap();
        assert_eq!(bucket, "state");
        assert_eq!(placeholders["PUSHGATEWAY_URL"], "pg:9091");
        assert_eq!(arns[&Step::Merge], "arn:merge");
        assert_eq!(prometheus, Version::exact(3, 5, 3));
    }

    #[test]
    fn tools_lie_beside_the_bootstrap_unless_told_otherwise() {
        let check = |set: &[(&str, &str)], expect: &str| {
            let seen = read(&PROMTOOL, &lookup(set)).map(|path| path.display().to_string());
            assert_eq!(seen.unwrap_or_else(|failure| failure.doing), expect);
        };
        check(&[("LAMBDA_TASK_ROOT", "/var/task")], "/var/task/promtool");
        check(
            &[("LAMBDA_TASK_ROOT", "/var/task"), ("PROMTOOL", "/opt/promtool")],
            "/opt/promtool",
        );
        check(
            &[],
            "reading the environment (set these variables): \
             `PROMTOOL` is not set: the program `promtool`, an absolute path",
        );
    }

    #[test]
    fn a_tool_has_a_third_of_a_function_s_memory() {
        let check = |set: &[(&str, &str)], expect: u64| {
            assert_eq!(read(&TOOL_MEMORY_MIB, &lookup(set)).unwrap(), expect, "{set:?}");
        };
        let function = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1536");
        check(&[function], 512);
        check(&[function, ("TOOL_MEMORY_MIB", "300")], 300);
        check(&[], 1024);
    }

    #[test]
    fn defaults_hold_where_nothing_is_set() {
        let (pollers, grace, level) = read(
            &(ACTIVITY_POLLERS, STOP_GRACE_SECONDS, LOG_LEVEL),
            &lookup(&[("AWS_LAMBDA_LOG_LEVEL", "WARN")]),
        )
        .unwrap();
        assert_eq!((pollers, grace, level.as_str()), (1, 70, "WARN"));
    }
}
