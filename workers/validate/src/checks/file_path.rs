//! `file_path`: fields that name a file on the server: passwords, keys, targets. A team reads its own, nobody else's.

use super::EXEMPTION;
use crate::subject::Subject;
use crate::written::{fields, texts};
use contract::{Component, Problem};

pub(crate) const NAME: &str = "file_path";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let key = subject.source.key();
    let owner = key.owner();
    let (list, allowed) = match subject.component {
        Component::Prometheus => ("jobs", &subject.policy.jobs.files),
        Component::Blackbox => ("modules", &subject.policy.modules.files),
        Component::Cloudwatch => return Vec::new(),
    };
    let may_read = |path: &str| match subject.component {
        Component::Blackbox => subject.policy.modules.may_read(owner, path),
        Component::Prometheus | Component::Cloudwatch => subject.policy.jobs.may_read(owner, path),
    };
    let named = subject
        .shared()
        .into_iter()
        .flat_map(fields)
        .filter(|field| field.name.ends_with("_file") || field.name == "files")
        .flat_map(|field| texts(field.value).map(move |(node, path)| (field.name, node, path)));
    named
        .filter(|(_, node, path)| !node.is_null() && !path.is_empty() && !may_read(path))
        .map(|(field, node, path)| {
            let message = format!("`{field}` may not name `{path}` (`{list}.files` of the policy)");
            let hint = if allowed.is_empty() {
                format!("no file may be named; remove it, {EXEMPTION}")
            } else {
                let allowed: Vec<String> = allowed
                    .iter()
                    .map(|path| format!("`{}`", path.replace("{owner}", owner)))
                    .collect();
                format!(
                    "name a file under {}, without `..`, {EXEMPTION}",
                    allowed.join(", ")
                )
            };
            subject.error(NAME, node.at, message).hint(hint)
        })
        .collect()
}
