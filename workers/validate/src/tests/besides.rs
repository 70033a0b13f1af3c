//! Names that a refused fragment would lose besides: what serves, what is refused -> who is told of which.

use crate::together::{self, Claimant};
use contract::{Component, Pointer, Problem, Severity, Source};
use yaml::{Limits, Node};

fn source(key: &str, version: &str) -> Source {
    Source {
        key: format!("apps/{key}.yml"),
        version_id: version.into(),
        document: Pointer::to(b""),
    }
}

/// `a b`: a fragment with these jobs.
fn jobs(names: &str) -> Node {
    let jobs: Vec<String> = names
        .split_whitespace()
        .map(|name| format!("{{job_name: {name}}}"))
        .collect();
    let text = format!("scrape_configs: [{}]", jobs.join(", "));
    yaml::read(text.as_bytes(), &Limits::default())
        .expect("a tree")
        .expect("one document")
}

#[test]
fn whoever_is_refused_is_told_of_names_that_others_would_keep() {
    // Key -> jobs; of what serves also the jobs that served before.
    type Serving<'a> = &'a [(&'a str, Option<&'a str>, &'a str)];
    let check = |serving: Serving<'_>, refused: &[(&str, &str)], expect: &[&str]| {
        let serving: Vec<(Source, Option<Node>, Node)> = serving
            .iter()
            .map(|(key, live, names)| (source(key, "v1"), live.map(jobs), jobs(names)))
            .collect();
        let refused: Vec<(Source, Node)> = refused
            .iter()
            .map(|(key, names)| (source(key, "v2"), jobs(names)))
            .collect();
        let serves = serving.iter().map(|(source, live, tree)| Claimant {
            source,
            tree,
            live: live.as_ref(),
        });
        let is_out = refused.iter().map(|(source, tree)| Claimant {
            source,
            tree,
            live: None,
        });
        let mut claimants: Vec<Claimant<'_>> = serves.chain(is_out).collect();
        claimants.sort_by_key(|claimant| &claimant.source.key);
        let lost = together::lost_besides(Component::Prometheus, &claimants, |source| {
            source.version_id == "v2"
        });
        let told = |it: &Problem| {
            assert_eq!((it.severity, &*it.check), (Severity::Error, "job_clash"));
            let key = it.key.trim_start_matches("apps/").trim_end_matches(".yml");
            format!("{key}: {}", it.message.split('`').nth(1).unwrap_or_default())
        };
        assert_eq!(lost.iter().map(told).collect::<Vec<_>>(), expect, "{refused:?}");
    };
    let live = ("b", Some("j k"), "j k");
    check(&[live], &[("c", "m")], &[]);
    check(&[live], &[("c", "j m k")], &["c: j", "c: k"]);
    // What serves keeps its names, whatever the key; what is new, only from those that follow.
    check(&[live], &[("a", "j")], &["a: j"]);
    check(&[("b", None, "j")], &[("a", "j")], &[]);
    check(&[("b", None, "j")], &[("c", "j")], &["c: j"]);
    check(&[("b", Some("i"), "j")], &[("a", "j")], &[]);
    // The version that serves in its place holds its own names.
    check(&[live], &[("b", "j")], &[]);
    // Who is refused holds none.
    check(&[], &[("a", "j"), ("b", "j")], &[]);
    check(&[("c", None, "j")], &[("a", "j"), ("b", "j")], &[]);
}
