//! `prober`: probers that the policy does not let a module use. That it is one at all is `shape`'s.

use super::EXEMPTION;
use super::shape::PROBERS;
use crate::subject::Subject;
use contract::{Component, Problem};

pub(crate) const NAME: &str = "prober";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Blackbox {
        return Vec::new();
    }
    let allowed = &subject.policy.modules.probers;
    let probers = subject
        .shared()
        .into_iter()
        .filter_map(|module| module.get("prober"));
    probers
        .filter_map(|prober| Some((prober.at, prober.text()?)))
        .filter(|(_, prober)| PROBERS.contains(prober) && !policy::listed(allowed, prober))
        .map(|(at, prober)| {
            let message = format!("modules may not use `{prober}` (`modules.probers` of the policy)");
            let probers: Vec<String> = allowed.iter().map(|prober| format!("`{prober}`")).collect();
            let hint = format!("use one of {}, {EXEMPTION}", probers.join(", "));
            subject.error(NAME, at, message).hint(hint)
        })
        .collect()
}
