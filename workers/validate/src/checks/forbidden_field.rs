//! `forbidden_field`: fields that the policy does not let a job or a module have, at any depth.

use super::EXEMPTION;
use crate::subject::Subject;
use crate::written::fields;
use contract::{Component, Problem};
use yaml::{Node, Value};

pub(crate) const NAME: &str = "forbidden_field";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let (list, forbidden) = match subject.component {
        Component::Prometheus => ("jobs", &subject.policy.jobs.forbidden_fields),
        Component::Blackbox => ("modules", &subject.policy.modules.forbidden_fields),
        Component::Cloudwatch => return Vec::new(),
    };
    let mut problems = Vec::new();
    for item in subject.shared() {
        let found = fields(item).into_iter();
        problems.extend(
            found
                .filter(|field| policy::listed(forbidden, field.name))
                .map(|field| {
                    let name = field.name;
                    let message =
                        format!("`{name}` is not for teams to set (`{list}.forbidden_fields` of the policy)");
                    subject
                        .error(NAME, field.key.at, message)
                        .hint(format!("remove it, {EXEMPTION}"))
                }),
        );
        let honors = item.get("honor_labels").filter(|honors| !is_false(honors));
        if let Some(honors) = honors.filter(|_| !subject.policy.jobs.honor_labels) {
            let message =
                "a target's labels may not win over the server's (`jobs.honor_labels` of the policy)";
            let hint = format!("remove `honor_labels`, {EXEMPTION}");
            problems.push(subject.error(NAME, honors.at, message).hint(hint));
        }
    }
    problems
}

/// What the server reads as false.
fn is_false(node: &Node) -> bool {
    let words = ["n", "no", "off", "false"];
    let is_word = |text: &str| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    node.is_null() || matches!(&node.value, Value::Scalar(scalar) if scalar.plain && is_word(&scalar.text))
}
