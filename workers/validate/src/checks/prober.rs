//! `prober`: probers that the policy does not let a module use, and what a module says to another prober than its own, which nothing reads.
//! That it is one at all is `shape`'s.

use super::EXEMPTION;
use super::shape::PROBERS;
use crate::subject::Subject;
use contract::{Component, Problem};
use yaml::Node;

pub(crate) const NAME: &str = "prober";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Blackbox {
        return Vec::new();
    }
    let modules = subject.shared();
    let of_others = modules.iter().flat_map(|module| of_others(subject, module));
    let denied = modules.iter().filter_map(|module| denied(subject, module));
    of_others.chain(denied).collect()
}

fn denied(subject: &Subject<'_>, module: &Node) -> Option<Problem> {
    let prober = module.get("prober")?;
    let allowed = &subject.policy.modules.probers;
    let name = prober
        .text()
        .filter(|name| PROBERS.contains(name) && !policy::listed(allowed, name))?;
    let message = format!("modules may not use `{name}` (`modules.probers` of the policy)");
    let allowed: Vec<String> = allowed.iter().map(|prober| format!("`{prober}`")).collect();
    let hint = format!("use one of {}, {EXEMPTION}", allowed.join(", "));
    Some(subject.error(NAME, prober.at, message).hint(hint))
}

fn of_others(subject: &Subject<'_>, module: &Node) -> Vec<Problem> {
    let own = module.get("prober").and_then(Node::text).unwrap_or_default();
    let sections = module.entries().into_iter();
    let of_others = sections.filter_map(|(key, value)| {
        let section = key.text().filter(|section| PROBERS.contains(section))?;
        let is_ignored = PROBERS.contains(&own) && section != own && !value.is_null();
        is_ignored.then(|| {
            let message = format!("with `prober: {own}` nothing reads `{section}`");
            let hint = format!("remove it, or write `prober: {section}`");
            subject.warning(NAME, key.at, message).hint(hint)
        })
    });
    of_others.collect()
}
