//! The usual slips in expressions (`workers/validate/tests/promql_slips.txt`), asked of the real promtool: it says what the list says it says, and
//! the author is told what the list says.

use crate::real_tool::{bench, judge_by};
use contract::Component;
use policy::Policy;
use std::collections::BTreeMap;

/// Slips in one fragment: the tool tells of each rule that it refuses, and an author is told of 50 at once.
const AT_ONCE: usize = 50;

/// Each slip a rule.
fn fragment(slips: &[Vec<&str>]) -> String {
    let mut fragment = "groups:\n- name: slips\n  rules:\n".to_owned();
    for slip in slips {
        fragment.push_str("  - alert: Slip\n    expr: |-\n      ");
        fragment.push_str(slip[0]);
        fragment.push('\n');
    }
    fragment
}

/// From 1.
fn line_of(rule: usize) -> Option<u32> {
    u32::try_from(6 + 3 * rule).ok()
}

#[test]
fn the_real_tool_says_of_each_slip_what_the_list_says() {
    let Some(bench) = bench() else { return };
    let list = include_str!("../../workers/validate/tests/promql_slips.txt");
    let slips = list.split("\n\n").skip(1).map(|slip| slip.lines().collect());
    let slips: Vec<Vec<&str>> = slips.collect();
    let files = slips.chunks(AT_ONCE).enumerate();
    let files = files.map(|(index, slips)| (format!("{index:03}"), fragment(slips).into_bytes()));
    let files: BTreeMap<String, Vec<u8>> = files.collect();
    let judged = judge_by(&bench, &Policy::open(), Component::Prometheus, None, &files, true);
    let mut differ = Vec::new();
    for (slips, judged) in slips.chunks(AT_ONCE).zip(judged.values()) {
        for (rule, slip) in slips.iter().enumerate() {
            let [_, said, told] = slip[..] else {
                panic!("three lines a slip: {slip:?}")
            };
            let problem = judged.problems.iter().find(|p| p.line == line_of(rule));
            let message = problem.map_or("", |problem| &problem.message);
            let hint = problem.and_then(|problem| problem.hint.as_deref());
            let is_said = message.ends_with(&format!("could not parse expression: {said}"));
            if !is_said || !hint.unwrap_or_default().contains(told) {
                differ.push(format!("{slip:?}: {message}: {hint:?}"));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
