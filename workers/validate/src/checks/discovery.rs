//! `discovery`: kinds of service discovery that the policy does not let a job use.

use super::EXEMPTION;
use crate::subject::Subject;
use contract::Problem;
use yaml::{Node, Value};

pub(crate) const NAME: &str = "discovery";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let allowed = &subject.policy.jobs.discovery;
    let kinds = subject.items("scrape_configs").iter().flat_map(Node::entries);
    kinds
        .filter(|(_, value)| {
            !value.is_null() && !matches!(&value.value, Value::Seq(items) if items.is_empty())
        })
        .filter_map(|(key, _)| {
            let field = key.text()?;
            let kind = field.strip_suffix("_sd_configs");
            Some((
                key.at,
                kind.or_else(|| field.strip_suffix("_configs").filter(|kind| *kind == "static"))?,
            ))
        })
        .filter(|(_, kind)| !policy::listed(allowed, kind))
        .map(|(at, kind)| {
            let message =
                format!("targets may not be discovered by `{kind}` (`jobs.discovery` of the policy)");
            let kinds: Vec<String> = allowed.iter().map(|kind| format!("`{kind}`")).collect();
            let hint = format!("use one of {}, {EXEMPTION}", kinds.join(", "));
            subject.error(NAME, at, message).hint(hint)
        })
        .collect()
}
