//! `denied_target`: what nobody may scrape, as far as a fragment says it: targets, discovery, URLs, parameters, and what
//! relabelling puts in their place. What a name resolves to, or discovery answers, is for the server's network to hold.

use super::EXEMPTION;
use crate::relabel;
use crate::relabelled::{self, Effort, Relabelled, Value};
use crate::subject::Subject;
use crate::written::{Field, fields, texts};
use contract::{Component, Problem};
use policy::Denial;
use yaml::{Node, Position};

pub(crate) const NAME: &str = "denied_target";

/// Fields whose values are hosts, without a scheme too.
const HOSTS: [&str; 10] = [
    "targets",
    "names",
    "server",
    "servers",
    "host",
    "hosts",
    "endpoint",
    "api_server",
    "url",
    "address",
];
/// Labels and parameters that say where a scrape, or a probe, goes.
const ADDRESS: &str = "__address__";
const PROBED: &str = "target";
const PROBED_LABEL: &str = "__param_target";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut effort = Effort::default();
    for item in subject.shared() {
        for (at, target) in targets(item) {
            problems.extend(denied(subject, at, target));
            problems.extend(credentials(subject, at, target));
        }
        if subject.component == Component::Prometheus && !subject.policy.jobs.denied_targets.is_empty() {
            problems.extend(relabelled(subject, item, &mut effort));
        }
    }
    problems
}

/// What relabelling writes over an address: each rule's own words, and what all rules make of each target.
fn relabelled(subject: &Subject<'_>, job: &Node, effort: &mut Effort) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in relabel::entries(job, "relabel_configs") {
        if entry.may_set(ADDRESS) || entry.may_set(PROBED_LABEL) {
            let written = entry.written();
            problems.extend(
                written
                    .iter()
                    .find_map(|target| denied(subject, entry.at, target)),
            );
        }
    }
    let made = relabelled::of_targets(job, &[ADDRESS, PROBED_LABEL], effort);
    for Relabelled {
        at,
        label,
        value,
        is_whole,
    } in made
    {
        problems.extend(match value {
            // Discovery has the host of it.
            Value::Known(target) if !is_whole && policy::is_own_host(&target) => None,
            Value::Known(target) => denied(subject, at, &target),
            Value::Unclear | Value::Beyond => {
                let message = format!(
                    "what this makes of `{label}` cannot be told, so that it may be any host (`jobs.denied_targets` of the policy)"
                );
                let hint = format!(
                    "set it by `replace` from plain ASCII, with a regex without `\\p`, `\\Q` and the like, in fewer rules, {EXEMPTION}"
                );
                Some(subject.error(NAME, at, message).hint(hint))
            }
        });
    }
    problems
}

/// Everything in a job or a module that says where to go.
fn targets(item: &Node) -> Vec<(Position, &str)> {
    let mut found = Vec::new();
    for Field { name, value, .. } in fields(item) {
        match name {
            "labels" => found.extend(value.entries().into_iter().filter_map(|(label, value)| {
                let label = label.text()?;
                let target = value.text()?;
                let is_url = label.starts_with("__param_") && target.contains("://");
                let goes = label == ADDRESS || label == PROBED_LABEL || is_url;
                goes.then_some((value.at, target))
            })),
            "params" => {
                for (parameter, value) in value.entries() {
                    let probed = parameter.text() == Some(PROBED);
                    let values = texts(value).filter(|(_, text)| probed || text.contains("://"));
                    found.extend(values.map(|(node, text)| (node.at, text)));
                }
            }
            "relabel_configs" | "metric_relabel_configs" | "replacement" | "regex" => (),
            _ => {
                let is_host = HOSTS.contains(&name);
                let values = texts(value).filter(|(_, text)| is_host || text.contains("://"));
                found.extend(values.map(|(node, text)| (node.at, text)));
            }
        }
    }
    found
}

fn denied(subject: &Subject<'_>, at: Position, target: &str) -> Option<Problem> {
    let message = match subject.policy.jobs.denial(target)? {
        Denial::Unclear => format!(
            "`{target}` is not plain ASCII, so that it may be any host (`jobs.denied_targets` of the policy)"
        ),
        Denial::Listed { entry, means } => {
            let means = means
                .map(|address| format!(" is {address}, which"))
                .unwrap_or_default();
            format!("`{target}`{means} may not be scraped (`{entry}` in `jobs.denied_targets` of the policy)")
        }
    };
    let hint = format!("name the address under which the service is reached from other hosts, {EXEMPTION}");
    Some(subject.error(NAME, at, message).hint(hint))
}

/// A word for a password in the clear, which everybody sees on the server's pages.
fn credentials(subject: &Subject<'_>, at: Position, target: &str) -> Option<Problem> {
    let (_, rest) = target.split_once("://")?;
    let (user, _) = rest.split(['/', '?', '#']).next()?.rsplit_once('@')?;
    user.contains(':').then(|| {
        subject
            .warning(
                NAME,
                at,
                "a password in a URL is shown to everybody who sees the server's pages",
            )
            .hint("use `basic_auth` with `password_file`")
    })
}
