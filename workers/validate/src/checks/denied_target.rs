//! `denied_target`: what nobody may scrape, as far as a fragment says it: targets, discovery, URLs, parameters, and what
//! relabelling puts in their place. What a name resolves to, or discovery answers, is for the server's network to hold.

use super::EXEMPTION;
use crate::relabel;
use crate::subject::Subject;
use crate::written::{Field, entries, fields, texts};
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

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for item in subject.shared() {
        for (at, target) in targets(item) {
            problems.extend(denied(subject, at, target));
            problems.extend(credentials(subject, at, target));
        }
        if subject.component == Component::Prometheus {
            let relabelled = relabel::entries(item, "relabel_configs").into_iter();
            let literal = relabelled
                .filter(|entry| entry.may_set(ADDRESS) || entry.may_set(&format!("__param_{PROBED}")))
                .filter_map(|entry| Some((entry.at, entry.sets_to()?)));
            problems.extend(literal.filter_map(|(at, target)| denied(subject, at, target)));
        }
    }
    problems
}

/// Everything in a job or a module that says where to go.
fn targets(item: &Node) -> Vec<(Position, &str)> {
    let mut found = Vec::new();
    for Field { name, value, .. } in fields(item) {
        match name {
            "labels" => found.extend(entries(value).into_iter().filter_map(|(label, value)| {
                let label = label.text()?;
                let goes = label == ADDRESS || label.strip_prefix("__param_") == Some(PROBED);
                goes.then_some((value.at, value.text()?))
            })),
            "params" => {
                for (parameter, value) in entries(value) {
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
