//! `per_owner`: how many jobs, rules, modules or metrics one owner has, over all its fragments.
//!
//! What serves stays, also when the policy allows less than before, and is told; what is new or larger is taken in key order as
//! far as it fits, and refused beyond that.

use super::Claimant;
use super::share::{Beyond, beyond};
use crate::subject::place;
use contract::{Component, PLATFORM, Problem, Severity};
use policy::Policy;
use std::collections::BTreeMap;
use yaml::{Node, Position};

const NAME: &str = "per_owner";

/// Something that is counted.
struct Counted {
    what: &'static str,
    limit: fn(&Policy) -> usize,
    section: &'static str,
    of: fn(&Node) -> usize,
}

fn counted(component: Component) -> &'static [Counted] {
    const JOBS: Counted = Counted {
        what: "jobs",
        limit: |policy| policy.jobs.per_owner,
        section: "scrape_configs",
        of: |section| section.items().len(),
    };
    const RULES: Counted = Counted {
        what: "rules",
        limit: |policy| policy.rules.per_owner,
        section: "groups",
        of: |section| {
            let rules = section.items().iter().filter_map(|group| group.get("rules"));
            rules.map(|rules| rules.items().len()).sum()
        },
    };
    const MODULES: Counted = Counted {
        what: "modules",
        limit: |policy| policy.modules.per_owner,
        section: "modules",
        of: |section| section.entries().len(),
    };
    const METRICS: Counted = Counted {
        what: "metrics",
        limit: |policy| policy.metrics.per_owner,
        section: "metrics",
        of: |section| section.items().len(),
    };
    match component {
        Component::Prometheus => &[JOBS, RULES],
        Component::Blackbox => &[MODULES],
        Component::Cloudwatch => &[METRICS],
    }
}

impl Counted {
    fn count(&self, tree: &Node) -> usize {
        tree.get(self.section).map_or(0, self.of)
    }

    fn place(&self, tree: &Node) -> Position {
        let key = tree
            .written()
            .iter()
            .find(|(key, _)| key.text() == Some(self.section));
        key.map(|(key, _)| key.at).unwrap_or_default()
    }
}

/// Each fragment with which its owner has too much.
pub(super) fn over(policy: &Policy, component: Component, claimants: &[Claimant<'_>]) -> Vec<Problem> {
    let mut of_owners: BTreeMap<String, Vec<&Claimant<'_>>> = BTreeMap::new();
    for claimant in claimants {
        let key = claimant.source.key();
        if key.owner() != PLATFORM {
            of_owners
                .entry(key.owner().to_owned())
                .or_default()
                .push(claimant);
        }
    }
    let mut problems = Vec::new();
    for (owner, claimants) in of_owners {
        let policy = policy.of(&owner);
        for counted in counted(component) {
            problems.extend(over_limit(&owner, counted, (counted.limit)(&policy), &claimants));
        }
    }
    problems
}

fn over_limit(owner: &str, counted: &Counted, limit: usize, claimants: &[&Claimant<'_>]) -> Vec<Problem> {
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let beyond = beyond(claimants, count(limit), |tree| count(counted.count(tree)));
    let told = |Beyond {
                    claimant,
                    with,
                    stays,
                }: Beyond<'_, '_>| {
        let what = counted.what;
        let (severity, has) = if stays {
            (Severity::Warning, "has")
        } else {
            (Severity::Error, "would have")
        };
        let message = format!(
            "`{owner}` {has} {with} {what} with this, {limit} are allowed (`{what}.per_owner` of the policy)"
        );
        let hint = "remove some, here or in other fragments, or ask the platform team for an exemption \
                    (`owners` of the policy)";
        let problem = Problem::new(claimant.source, severity, NAME, message).hint(hint);
        place(problem, counted.place(claimant.tree))
    };
    beyond.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Pointer, Source};
    use std::fmt::Write as _;
    use yaml::Limits;

    fn tree(text: &str) -> Node {
        yaml::read(text.as_bytes(), &Limits::default()).unwrap().unwrap()
    }

    fn jobs(count: usize) -> Node {
        let jobs = (0..count).fold(String::new(), |mut text, n| {
            write!(text, "\n- job_name: j{n}").unwrap();
            text
        });
        tree(&format!(
            "groups:\nscrape_configs: {}{jobs}\n",
            if count == 0 { "[]" } else { "" }
        ))
    }

    fn told(component: Component, fragments: &[(&str, Option<Node>, Node)]) -> Vec<String> {
        let mut policy = Policy::open();
        policy.jobs.per_owner = 10;
        policy.rules.per_owner = 2;
        policy.modules.per_owner = 2;
        policy.metrics.per_owner = 2;
        let sources: Vec<Source> = fragments
            .iter()
            .map(|(key, ..)| Source {
                key: (*key).into(),
                version_id: "v1".into(),
                document: Pointer::to(b""),
            })
            .collect();
        let claimants: Vec<Claimant<'_>> = sources
            .iter()
            .zip(fragments)
            .map(|(source, (_, live, tree))| Claimant {
                source,
                tree,
                live: live.as_ref(),
            })
            .collect();
        let problems = over(&policy, component, &claimants);
        let line = |problem: &Problem| format!("{}: {}", problem.place(), problem.message);
        problems.iter().map(line).collect()
    }

    #[test]
    fn what_serves_stays_and_the_rest_fits_in_key_order() {
        // Fragment, how many jobs of it serve, how many it has; who is over.
        let check = |fragments: &[(&str, usize, usize)], expect: &[&str]| {
            let fragments: Vec<_> = fragments
                .iter()
                .map(|(name, live, now)| {
                    let key = format!("apps/{name}.yml");
                    (key, (*live > 0).then(|| jobs(*live)), jobs(*now))
                })
                .collect();
            let fragments: Vec<_> = fragments
                .iter()
                .map(|(key, live, now)| (key.as_str(), live.clone(), now.clone()))
                .collect();
            let told = told(Component::Prometheus, &fragments);
            let over: Vec<&str> = told
                .iter()
                .filter(|line| line.contains(" would have "))
                .filter_map(|line| line.strip_prefix("apps/")?.split(".yml").next())
                .collect();
            assert_eq!(over, expect, "{told:?}");
        };
        check(&[("shop/prometheus/a", 0, 10)], &[]);
        check(&[("shop/prometheus/a", 0, 11)], &["shop/prometheus/a"]);
        check(
            &[
                ("shop/prometheus/a", 0, 6),
                ("shop/prometheus/b", 0, 6),
                ("shop/prometheus/c", 0, 4),
            ],
            &["shop/prometheus/b"],
        );
        check(&[("bank/prometheus/a", 0, 6), ("shop/prometheus/a", 0, 6)], &[]);
        check(
            &[("shop/prometheus/a", 0, 6), ("shop/prometheus/b", 6, 6)],
            &["shop/prometheus/a"],
        );
        check(&[("shop/prometheus/a", 20, 20)], &[]);
        check(&[("shop/prometheus/a", 20, 19)], &[]);
        check(&[("shop/prometheus/a", 20, 21)], &["shop/prometheus/a"]);
        check(&[("shop/prometheus/a", 5, 9), ("shop/prometheus/b", 5, 1)], &[]);
    }

    #[test]
    fn what_serves_beyond_the_limit_is_told() {
        let told = told(
            Component::Prometheus,
            &[("apps/shop/prometheus/a.yml", Some(jobs(20)), jobs(20))],
        );
        assert_eq!(
            told,
            [
                "apps/shop/prometheus/a.yml:2:1: `shop` has 20 jobs with this, 10 are allowed (`jobs.per_owner` of the policy)"
            ]
        );
    }

    #[test]
    fn each_component_has_its_counts() {
        let check = |component, key: &str, text: &str, expect: &[&str]| {
            let told = told(component, &[(key, None, tree(text))]);
            assert_eq!(told, expect, "{text}");
        };
        check(
            Component::Prometheus,
            "apps/shop/prometheus/a.yml",
            "groups:\n- rules: [a, b]\n- rules: [c]\n",
            &[
                "apps/shop/prometheus/a.yml:1:1: `shop` would have 3 rules with this, 2 are allowed \
               (`rules.per_owner` of the policy)",
            ],
        );
        check(
            Component::Blackbox,
            "apps/shop/blackbox/a.yml",
            "modules: {a: x, b: x, c: x}",
            &[
                "apps/shop/blackbox/a.yml:1:1: `shop` would have 3 modules with this, 2 are allowed \
               (`modules.per_owner` of the policy)",
            ],
        );
        check(
            Component::Cloudwatch,
            "apps/shop/cloudwatch/a.yml",
            "metrics: [a, b, c]",
            &[
                "apps/shop/cloudwatch/a.yml:1:1: `shop` would have 3 metrics with this, 2 are allowed \
               (`metrics.per_owner` of the policy)",
            ],
        );
        check(
            Component::Blackbox,
            "base/blackbox.yml",
            "modules: {a: x, b: x, c: x}",
            &[],
        );
        check(
            Component::Cloudwatch,
            "apps/shop/cloudwatch/a.yml",
            "metrics: [a, b]",
            &[],
        );
    }
}
