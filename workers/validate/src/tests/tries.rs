//! Who goes in which try: tries left, whom a server's silence may mean, who was suspected before -> files.

use crate::suspects::Silent;
use crate::tries::who_goes;
use contract::{Pointer, Problem, Severity, Source, Suspicion};
use std::collections::BTreeSet;

/// `a1 a2 b1`: two files of team *a*, one of team *b*.
fn problems(files: &str) -> Vec<Problem> {
    let problem = |file: &str| {
        let (team, number) = file.split_at(1);
        let source = Source {
            key: format!("apps/{team}/prometheus/{number}.yml"),
            version_id: "v2".into(),
            document: Pointer::to(b""),
        };
        Problem::new(&source, Severity::Error, Suspicion::CHECK, "refused")
    };
    files.split_whitespace().map(problem).collect()
}

fn files(problems: &[Problem]) -> String {
    let file = |it: &Problem| {
        let number = it.key.rsplit('/').next().unwrap_or_default();
        format!("{}{}", it.owner, number.trim_end_matches(".yml"))
    };
    problems.iter().map(file).collect::<Vec<_>>().join(" ")
}

/// Of these tiers: known, likely, uses, rules.
fn out(run: &str, tries: u32, tiers: [&str; 4], suspected: &str) -> String {
    let [known, likely, uses, rules] = tiers.map(problems);
    let silent = Silent {
        known,
        likely,
        uses,
        rules,
    };
    files(&who_goes(run, tries, silent, &problems(suspected)))
}

#[test]
fn three_tries_reach_everybody_and_the_first_two_only_whom_they_must() {
    let check = |tries: u32, tiers: [&str; 4], suspected: &str, expect: &str| {
        assert_eq!(
            out("run", tries, tiers, suspected),
            expect,
            "{tries} {tiers:?} {suspected}"
        );
    };
    // The first: of two known owners or more one half, of one everything, and nobody else.
    check(3, ["a1 b1", "c1", "c1 d1", "r1"], "", "b1");
    check(3, ["a1 a2 b1 b2", "", "", ""], "", "b1 b2");
    check(3, ["a1 a2", "c1", "a1 a2 c1 d1", "r1"], "", "a1 a2");
    // Nobody is known: the likeliest.
    check(3, ["", "c1", "c1 d1", "r1"], "", "c1");
    check(3, ["", "", "d1 d2", "r1"], "", "d1 d2");
    check(3, ["", "", "", "r1"], "", "r1");
    check(3, ["", "", "", ""], "", "");
    // The second: everybody known, with the half that went in vain, and nobody else.
    check(2, ["a1", "c1", "a1 c1 d1", "r1"], "b1", "b1 a1");
    // Proving took a round: it is the first of two.
    check(2, ["a1 b1", "c1", "", ""], "", "a1 b1");
    // All who are known went in vain: they come back, and the likeliest of the others go instead.
    check(2, ["", "c1", "c1 d1", "r1"], "a1", "c1");
    check(2, ["", "", "d1", "r1"], "c1", "d1");
    check(2, ["", "", "", "r1"], "a1", "r1");
    check(2, ["", "", "", ""], "a1", "");
    // The last: everybody of every tier, and everybody who was suspected; each once.
    check(1, ["a1 b1", "c1", "a1 b1 c1", "r1"], "b1", "b1 a1 c1 r1");
    check(1, ["", "", "", "r1"], "a1 b1", "a1 b1 r1");
    check(1, ["", "c1", "c1", "r1"], "d1", "d1 c1 r1");
    check(1, ["a1", "c1", "d1", "r1"], "", "a1 c1 d1 r1");
    check(1, ["", "", "", ""], "a1", "a1");
    // None is left: who is still in it.
    check(0, ["", "c1", "c1 d1", "r1"], "a1", "c1 d1 r1");
}

#[test]
fn who_is_known_is_parted_by_owner_anew_in_each_run() {
    let check = |known: &str, expect: &[&str]| {
        let runs = (0..200).map(|run| out(&format!("run-{run}"), 3, [known, "", "", ""], ""));
        let seen: BTreeSet<String> = runs.collect();
        assert_eq!(seen.iter().collect::<Vec<_>>(), expect, "{known}");
    };
    check("a1", &["a1"]);
    check("a1 a2 a3", &["a1 a2 a3"]);
    check("a1 a2 a3 b1", &["a1 a2 a3", "b1"]);
    check("a1 a2 b1 c1", &["a1 a2 b1", "a1 a2 c1", "b1 c1"]);
}
