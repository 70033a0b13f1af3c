//! Bytes -> policy. In: the file. Out: the policy, or all that is wrong with it and where. Never: a part of a policy.

use crate::Policy;
use crate::schema::{finding, misfits, scalar, schema};
use crate::target::is_entry;
use contract::ports::ReadObject;
use contract::{Class, Failure, Key, Source};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeSet;
use yaml::{Finding, Limits, Node, Position};

/// Reads `base/policy.yml`; an empty file is the default.
///
/// # Errors
/// Everything that is wrong with it: what is no YAML; else what is no field and what no field can be.
pub fn read(bytes: &[u8]) -> Result<Policy, Vec<Finding>> {
    let (tree, policy) = typed::<Policy>(bytes, &schema(), ("the policy", "docs/policy.md"), |tree| {
        let owners = tree.get("owners").map(Node::entries).unwrap_or_default();
        let of_owners = owners
            .iter()
            .flat_map(|(owner, exemption)| wrong_exemption(owner, exemption));
        wrong(tree).into_iter().chain(of_owners).collect()
    })?;
    let Some(tree) = tree else {
        return Ok(policy);
    };
    let unfit: Vec<Finding> = policy
        .owners
        .iter()
        .filter_map(|(owner, exemption)| {
            let error = policy.exempted(exemption).err()?;
            let at = tree.get("owners")?.get(owner)?.get("policy")?.at;
            let hint = "write it as the same field of the policy";
            Some(finding(at, format!("`owners.{owner}.policy`: {error}"), hint))
        })
        .collect();
    if unfit.is_empty() { Ok(policy) } else { Err(unfit) }
}

/// Reads a file of ours by its type's schema: what it holds, with the tree for places in it; an empty one is the default.
/// `called` is what it is called in a sentence, and the page that describes it; `wrong` is what its schema cannot say of a tree, and is
/// told where the schema has nothing against the same place.
///
/// # Errors
/// Everything that is no YAML; else everything that is no field, no value of its field, or `wrong`.
pub fn typed<T: DeserializeOwned + Default>(
    bytes: &[u8],
    schema: &Value,
    called: (&str, &str),
    wrong: impl FnOnce(&Node) -> Vec<Finding>,
) -> Result<(Option<Node>, T), Vec<Finding>> {
    let (name, page) = called;
    let Some(tree) = yaml::read(bytes, &Limits::default())? else {
        return Ok((None, T::default()));
    };
    let mut found = misfits(&tree, schema, name);
    let misfitting: BTreeSet<Option<Position>> = found.iter().map(|finding| finding.at).collect();
    found.extend(
        wrong(&tree)
            .into_iter()
            .filter(|finding| !misfitting.contains(&finding.at)),
    );
    found.sort_by_key(|finding| finding.at);
    if !found.is_empty() {
        return Err(found);
    }
    let value = serde_yaml::from_slice(bytes).map_err(|error| {
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let at = error.location().map(|at| Position {
            line: number(at.line()),
            column: number(at.column()),
        });
        let message = error.without_snippet().to_string();
        // The place is told beside the message.
        let message = message.split(" at line ").next().unwrap_or_default();
        let hint = format!("{page} says what each field holds");
        vec![finding(at.unwrap_or(tree.at), message.to_owned(), hint)]
    })?;
    Ok((Some(tree), value))
}

fn wrong_exemption(owner: &Node, exemption: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let owner = owner.text().unwrap_or_default();
    if !matches!(
        Key::parse(&format!("apps/{owner}/prometheus/a.yml")),
        Key::Fragment { .. }
    ) {
        let message = format!("`{owner}` can be no owner: apps/{owner}/ holds no fragments");
        found.push(finding(
            exemption.at,
            message,
            "write the team's name as it is in its keys",
        ));
    }
    if let Some(reason) = exemption.get("reason")
        && reason.text().is_some_and(|reason| reason.trim().is_empty())
    {
        found.push(finding(
            reason.at,
            format!("why is `{owner}` exempt?"),
            "say it in `reason`, for the next reader",
        ));
    }
    found.extend(exemption.get("policy").into_iter().flat_map(wrong));
    found
}

/// What no field can be, and its schema does not say.
fn wrong(policy: &Node) -> Vec<Finding> {
    let place = |section: &str, field: &str| policy.get(section)?.get(field);
    let mut found = Vec::new();
    let labels = [policy.get("owner_label")].into_iter().flatten();
    let reserved = policy.get("reserved_labels").map_or(&[][..], Node::items);
    for label in labels.chain(reserved) {
        let text = label.text().unwrap_or_default();
        let is_owner = policy.get("owner_label").is_some_and(|node| node.at == label.at);
        if !(is_label(text) || is_owner && text.is_empty()) {
            let hint = "letters, digits and `_`, not beginning with a digit or `__`";
            found.push(finding(label.at, format!("`{text}` is no label"), hint));
        } else if is_owner && matches!(text, "job" | "instance" | "alertname" | "le" | "quantile") {
            let message = format!("`{text}` says something else of a series than whose it is");
            found.push(finding(
                label.at,
                message,
                "use a label of its own, `owner` or `team`",
            ));
        }
    }
    for entry in place("jobs", "denied_targets").map_or(&[][..], Node::items) {
        let text = entry.text().unwrap_or_default();
        if !is_entry(text) {
            let hint =
                "write `10.0.0.0/8`, `fe80::/10`, an address, or a host name in which `*` is any characters";
            found.push(finding(
                entry.at,
                format!("`{text}` is no network and no name"),
                hint,
            ));
        }
    }
    if let Some(node) = place("shrink", "percent")
        && let Some(percent) = scalar::<u64>(node).filter(|percent| *percent > 100)
    {
        let message = format!("{percent} % of what there is cannot go");
        found.push(finding(node.at, message, "write 0 to 100"));
    }
    if let Some(node) = place("metrics", "budget_dollars_per_month")
        && let Some(budget) = scalar::<f64>(node).filter(|budget| *budget < 0.0 || budget.is_nan())
    {
        found.push(finding(
            node.at,
            format!("{budget} is no budget"),
            "write 0 or more dollars a month",
        ));
    }
    found
}

fn is_label(text: &str) -> bool {
    let letters = |c: char| c == '_' || c.is_ascii_alphanumeric();
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && !text.starts_with("__")
        && text.chars().all(letters)
}

/// The policy that Fetch settled on; none: the default. `Rejected` if it cannot be read: Fetch could.
pub async fn settled(ports: &impl ReadObject, source: Option<&Source>) -> Result<Policy, Failure> {
    let Some(source) = source else {
        return Ok(Policy::default());
    };
    read(&ports.read_object(&source.document).await?).map_err(|findings| {
        let doing = format!("reading `{}`, version `{}`", source.key, source.version_id);
        let first = findings.first().map_or("", |finding| finding.message.as_str());
        Failure::new(Class::Rejected, doing).because(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let shown = |finding: Finding| {
            let at = finding.at.map(|at| at.to_string()).unwrap_or_default();
            format!("{at} {} - {}", finding.message, finding.hint.unwrap_or_default())
        };
        let findings = read(text.as_bytes()).err().unwrap_or_default();
        findings.into_iter().map(shown).collect()
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let check = |text: &str, expect: &[&str]| assert_eq!(told(text), expect, "{text}");
        check("", &[]);
        check("# nothing\n", &[]);
        check("{}", &[]);
        check("owner_label: team\nreserved_labels: [cluster]\n", &[]);
        check("owner_label: ''\n", &[]);
        check(
            "jobs: {minimum_interval: 1m, honor_labels: no, sample_limit: 0}\n",
            &[],
        );
        check(
            "- a\n",
            &[
                "1:1 the policy has to be a map - write its fields below it, indented; leave it out for the default",
            ],
        );
        check(
            "jobs: [\n",
            &["1:7 `[` is never closed - close it; if it is text, put the whole value in quotes"],
        );
        check(
            "jobs: {}\njobs: {}\n",
            &[
                "2:1 `jobs` is in this map twice, first at 1:1 - put what is below it under the first `jobs`, and remove this line",
            ],
        );
        check(
            "job: {}\njobs:\n  sample_limits: 1\n  denied: []\nowner: {}\n",
            &[
                "1:1 `job` is no field here - did you mean `jobs`?",
                "3:3 `sample_limits` is no field here - did you mean `sample_limit`?",
                "4:3 `denied` is no field here - use one of denied_targets, discovery, files, forbidden_fields, honor_labels, label_limit, minimum_interval, per_owner, sample_limit, target_limit",
                "5:1 `owner` is no field here - did you mean `owners`?",
            ],
        );
        check(
            "jobs:\nrules: {per_owner: \"1\", reserved_names: up}\nmodules: {probers: [[a]]}\nowner_label: [a]\n",
            &[
                "1:5 `jobs` has to be a map - write its fields below it, indented; leave it out for the default",
                "2:20 `per_owner` has to be a number - write it without quotes",
                "2:41 `reserved_names` has to be a list - begin each entry with `- `; `[]` is none",
                "3:21 an entry of `probers` has to be text - write it on one line; `\"\"` is none",
                "4:14 `owner_label` has to be text - write it on one line; `\"\"` is none",
            ],
        );
        check(
            "jobs: {sample_limit: -1}\n",
            &["1:22 `sample_limit` has to be a whole number, 0 or more, not `-1` - write its digits alone"],
        );
        check(
            "# ours\njobs:\n  target_limit: 7\n  sample_limit: lots\n",
            &["4:17 `sample_limit` has to be a whole number, 0 or more, not `lots` - write its digits alone"],
        );
        check(
            "metrics: {budget_dollars_per_month: lots}\n",
            &[
                "1:37 `budget_dollars_per_month` has to be a number, not `lots` - write its digits alone, with a point where it is no whole one",
            ],
        );
        check(
            "jobs: {honor_labels: perhaps}\n",
            &["1:22 `honor_labels` has to be true or false, not `perhaps` - write one of these two"],
        );
        check(
            "jobs: {minimum_interval: 5 minutes}\n",
            &[
                "1:26 `minimum_interval` has to be a duration, not `5 minutes` - write a number and a unit: `30s`, `5m`, `1h`",
            ],
        );
        check(
            "owner_label: 1a\nreserved_labels: ['', a-b, __x]\njobs: {denied_targets: [10.0.0/8, a, '::1/129']}\n\
             shrink: {percent: 101}\nmetrics: {budget_dollars_per_month: -1}\n",
            &[
                "1:14 `1a` is no label - letters, digits and `_`, not beginning with a digit or `__`",
                "2:19 `` is no label - letters, digits and `_`, not beginning with a digit or `__`",
                "2:23 `a-b` is no label - letters, digits and `_`, not beginning with a digit or `__`",
                "2:28 `__x` is no label - letters, digits and `_`, not beginning with a digit or `__`",
                "3:25 `10.0.0/8` is no network and no name - write `10.0.0.0/8`, `fe80::/10`, an address, or a host name in which `*` is any characters",
                "3:38 `::1/129` is no network and no name - write `10.0.0.0/8`, `fe80::/10`, an address, or a host name in which `*` is any characters",
                "4:19 101 % of what there is cannot go - write 0 to 100",
                "5:37 -1 is no budget - write 0 or more dollars a month",
            ],
        );
        check(
            "owner_label: instance\n",
            &[
                "1:14 `instance` says something else of a series than whose it is - use a label of its own, `owner` or `team`",
            ],
        );
    }

    #[test]
    fn mistakes_of_all_kinds_are_told_at_once() {
        let check = |text: &str, expect: &[&str]| assert_eq!(told(text), expect, "{text}");
        check(
            "job: {}\nowner_label: 1a\nreserved_labels: [[a], b-c]\njobs: {sample_limit: lots, honor_labels: perhaps, minimum_interval: 5}\n\
             rules: {per_owner: [1]}\nshrink: {percent: 300}\npushgateway: {ttl_seconds: 0, jobs: {a: b}}\nowners: {pay: {reason: '', policy: {jobs: {target_limit: x}, rule: {}}}}\n",
            &[
                "1:1 `job` is no field here - did you mean `jobs`?",
                "2:14 `1a` is no label - letters, digits and `_`, not beginning with a digit or `__`",
                "3:19 an entry of `reserved_labels` has to be text - write it on one line; `\"\"` is none",
                "3:24 `b-c` is no label - letters, digits and `_`, not beginning with a digit or `__`",
                "4:22 `sample_limit` has to be a whole number, 0 or more, not `lots` - write its digits alone",
                "4:42 `honor_labels` has to be true or false, not `perhaps` - write one of these two",
                "4:69 `minimum_interval` has to be a duration, not `5` - write a number and a unit: `30s`, `5m`, `1h`",
                "5:20 `per_owner` has to be a number - write it without quotes",
                "6:19 300 % of what there is cannot go - write 0 to 100",
                "7:28 `ttl_seconds` has to be a whole number, 1 or more, not `0` - write its digits alone",
                "7:41 `a` has to be a whole number, 1 or more, not `b` - write its digits alone",
                "8:24 why is `pay` exempt? - say it in `reason`, for the next reader",
                "8:58 `target_limit` has to be a whole number, 0 or more, not `x` - write its digits alone",
                "8:62 `rule` is no field here - did you mean `rules`?",
            ],
        );
    }

    #[test]
    fn everything_wrong_with_an_exemption_is_told_with_its_place() {
        let check = |text: &str, expect: &[&str]| assert_eq!(told(text), expect, "{text}");
        check(
            "owners:\n  shop: {reason: big, policy: {jobs: {per_owner: 9}}}\n  a/b: {reason: x, policy: {}}\n  \
             bank: {reason: ' ', policy: {jobs: {denied_targets: [1/2]}}}\n  pay: {reason: x, policy: {shrink: {}}}\n",
            &[
                "3:8 `a/b` can be no owner: apps/a/b/ holds no fragments - write the team's name as it is in its keys",
                "4:18 why is `bank` exempt? - say it in `reason`, for the next reader",
                "4:56 `1/2` is no network and no name - write `10.0.0.0/8`, `fe80::/10`, an address, or a host name in which `*` is any characters",
                "5:29 `shrink` is no field here - use one of fragments, jobs, metrics, modules, owner_label, reserved_labels, rules",
            ],
        );
        check(
            "owners:\n  shop: {reason: big, policy: {jobs: {per_owner: 9}}}\n  a/b: {reason: x, policy: {}}\n  \
             bank: {reason: ' ', policy: {jobs: {denied_targets: [1/2]}}}\n  \
             pay: {reason: x, policy: {jobs: {minimum_interval: 5}}}\n",
            &[
                "3:8 `a/b` can be no owner: apps/a/b/ holds no fragments - write the team's name as it is in its keys",
                "4:18 why is `bank` exempt? - say it in `reason`, for the next reader",
                "4:56 `1/2` is no network and no name - write `10.0.0.0/8`, `fe80::/10`, an address, or a host name in which `*` is any characters",
                "5:54 `minimum_interval` has to be a duration, not `5` - write a number and a unit: `30s`, `5m`, `1h`",
            ],
        );
        check(
            "owners:\n  pay: {reason: x, policy: {jobs: {sample_limit: lots}}}\n",
            &["2:50 `sample_limit` has to be a whole number, 0 or more, not `lots` - write its digits alone"],
        );
        // What its field takes as text is a number to the policy that it changes.
        check(
            "owners:\n  pay: {reason: x, policy: {jobs: {minimum_interval: 0}}}\n",
            &[
                "2:28 `owners.pay.policy`: invalid type: integer `0`, expected a string - write it as the same field of the policy",
            ],
        );
        check(
            "owners: {shop: {policy: {}}, bank: {reason: x}}\n",
            &[
                "1:16 `shop` needs `reason` - add `reason`: Why; for the next reader.",
                "1:36 `bank` needs `policy` - add `policy`: The fields of the policy that are different for it (all but `owners`, `shrink` and `pushgateway`).",
            ],
        );
    }

    #[test]
    fn an_exemption_is_its_owner_s_alone() {
        let policy = read(
            b"jobs: {per_owner: 1, sample_limit: 2}\n\
              owners: {shop: {reason: big, policy: {jobs: {per_owner: 9}, owner_label: ''}}}\n",
        )
        .unwrap();
        let check = |owner: &str, expect: (usize, u64, &str)| {
            let policy = policy.of(owner);
            let found = (
                policy.jobs.per_owner,
                policy.jobs.sample_limit,
                policy.owner_label.as_str(),
            );
            assert_eq!(found, expect, "{owner}");
        };
        check("shop", (9, 2, ""));
        check("bank", (1, 2, "owner"));
    }

    #[test]
    fn an_open_policy_can_be_written_down() {
        let text = serde_json::to_string(&Policy::open()).unwrap();
        assert_eq!(read(text.as_bytes()).unwrap(), Policy::open());
    }

    #[test]
    fn the_printed_default_is_the_default() {
        let text = crate::document();
        assert_eq!(read(text.as_bytes()).unwrap(), Policy::default());
    }
}
