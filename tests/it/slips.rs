//! The usual slips in expressions (`workers/validate/tests/promql_slips.txt`), asked of the real promtool of each version that is judged for: it says
//! what the list says it says, and the author is told what the list says.

use crate::real_tool::judge_by;
use crate::versions::{SERVERS, bench};
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

/// What promtool of that version says of it; nothing where it accepts it.
fn said<'a>(slip: &[&'a str], version: &str) -> &'a str {
    let own = slip[3..].iter().find_map(|line| {
        let (minor, said) = line.split_once(':')?;
        let is_it = version.strip_prefix(minor)?.starts_with('.');
        is_it.then(|| said.trim_start())
    });
    own.unwrap_or(slip[1])
}

#[test]
fn the_real_tool_says_of_each_slip_what_the_list_says() {
    let list = include_str!("../../workers/validate/tests/promql_slips.txt");
    let slips = list.split("\n\n").skip(1).map(|slip| slip.lines().collect());
    let slips: Vec<Vec<&str>> = slips.collect();
    let mut differ = Vec::new();
    for (version, promtool) in SERVERS {
        let Some(bench) = bench(version, promtool) else {
            continue;
        };
        let files = slips.chunks(AT_ONCE).enumerate();
        let files = files.map(|(index, slips)| (format!("{index:03}"), fragment(slips).into_bytes()));
        let files: BTreeMap<String, Vec<u8>> = files.collect();
        let judged = judge_by(&bench, &Policy::open(), Component::Prometheus, None, &files, true);
        for (slips, judged) in slips.chunks(AT_ONCE).zip(judged.values()) {
            for (rule, slip) in slips.iter().enumerate() {
                let (said, told) = (said(slip, version), slip[2]);
                let problem = judged.problems.iter().find(|p| p.line == line_of(rule));
                let message = problem.map_or("", |problem| &problem.message);
                let hint = problem.and_then(|problem| problem.hint.as_deref());
                let is_as_listed = match said {
                    "" => problem.is_none(),
                    said => {
                        message.ends_with(&format!("could not parse expression: {said}"))
                            && hint.unwrap_or_default().contains(told)
                    }
                };
                if !is_as_listed {
                    differ.push(format!("{version}: {slip:?}: {message}: {hint:?}"));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
