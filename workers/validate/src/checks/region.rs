//! `region`: `region` and `role_arn` are what they have to be for the exporter to start. That all agree on them is
//! `region_clash`'s.

use crate::subject::Subject;
use contract::{Component, Key, Problem};
use yaml::Node;

pub(crate) const NAME: &str = "region";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    let text = |name: &str| {
        let node: &Node = subject.tree.get(name)?;
        Some((node.at, cloudwatch::text(node)?))
    };
    // The platform team may have an AWS of its own, on its own machine.
    let is_fragment = matches!(subject.source.key(), Key::Fragment { .. });
    let fits: fn(&str) -> bool = if is_fragment { is_region } else { is_host_label };
    let region = text("region")
        .filter(|(_, region)| !fits(region))
        .map(|(at, region)| {
            let message = format!("`{region}` is no region of AWS");
            subject
                .error(NAME, at, message)
                .hint("write it as in `eu-west-1`")
        });
    let role = text("role_arn")
        .filter(|(_, role)| !is_role(role))
        .map(|(at, role)| {
            let message = format!("`{role}` is no role of AWS");
            subject
                .error(NAME, at, message)
                .hint("write its ARN: `arn:aws:iam::123456789012:role/name`")
        });
    region.into_iter().chain(role).collect()
}

/// `eu-west-1`, `us-gov-east-1`, `us-isob-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    words.len() >= 2 && words.iter().all(is_word) && is_number
}

/// What may be part of an endpoint's name.
fn is_host_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// `arn:aws:iam::123456789012:role/name`, in any partition.
fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, role] = parts[..] else {
        return false;
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "+=,.@-_/".contains(c);
    (arn, service, region) == ("arn", "iam", "")
        && partition.starts_with("aws")
        && !account.is_empty()
        && account.bytes().all(|b| b.is_ascii_digit())
        && role
            .strip_prefix("role/")
            .is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}
