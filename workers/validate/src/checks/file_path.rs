//! `file_path`: fields that name a file on the server: passwords, keys, targets. A team reads its own, nobody else's.

use super::EXEMPTION;
use crate::subject::Subject;
use crate::written::texts;
use crate::{fields, written};
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
        .flat_map(written::fields)
        .filter(|field| names_file(field.name) && !is_no_field(subject, field.name))
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
                    "name a file that fits {}, without `..`, {EXEMPTION}",
                    allowed.join(", ")
                )
            };
            subject.error(NAME, node.at, message).hint(hint)
        })
        .collect()
}

/// Whether no field is called so anywhere: `shape` refuses it, with what was meant.
fn is_no_field(subject: &Subject<'_>, name: &str) -> bool {
    subject.component == Component::Prometheus
        && !fields::may_have_more(subject.prometheus)
        && !fields::is_known(name)
}

/// Whether a field of that name is a file on the server: `password_file`, `files`, `private_key_path`. By its name, so that a field of
/// tomorrow's server, or of an exporter, is not read past the policy; that it fits the fields of today's, the test holds.
fn names_file(name: &str) -> bool {
    let ends_like_it = ["file", "files", "path"].iter().any(|word| {
        name.strip_suffix(word)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    });
    // That of a URL.
    ends_like_it && name != "metrics_path"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_called_like_a_file_is_known_as_one_or_not() {
        let names = &*fields::OF_JOBS;
        let alike = |name: &&str| name.contains("file") || name.contains("path");
        let (files, others): (Vec<&str>, Vec<&str>) = names
            .iter()
            .copied()
            .filter(alike)
            .partition(|name| names_file(name));
        let expect = "auth_token_file bearer_token_file ca_file cert_file client_certificate_key_file client_secret_file credentials_file \
            credentials_file_path files key_file kubeconfig_file password_file private_key_path scrape_failure_log_file secret_key_file \
            service_account_key_path username_file";
        assert_eq!(files.join(" "), expect);
        assert_eq!(
            others.join(" "),
            "file_sd_configs metrics_path path_prefix paths profile"
        );
    }
}
