//! Refused fragments job by job (and module by module), over memory and a scripted tool: what is told, and how many processes it takes.

use super::{fragments, judged, memory};
use crate::said::once;
use contract::memory::{promtool, silent};
use contract::ports::{Tool, ToolAnswer, ToolCall, ToolEnd};
use contract::{Component, Problem, Severity, Source};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// It refuses each file for the first word in it that begins with `bad`, and says of no job that it is in it. Whoever has `FORGES` in
/// a file makes it say that all others are bad too.
fn tool(call: &ToolCall) -> ToolAnswer {
    let bad = |text: &str| {
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':'));
        let bad = words.find(|word| word.starts_with("bad"));
        bad.map(|word| format!("no \"{word}\" here"))
    };
    if call.tool == Tool::BlackboxExporter {
        let Some(words) = call.files.values().find_map(|text| bad(text)) else {
            return silent(ToolEnd::Exited(0));
        };
        let words = words.replace('"', "\\\"");
        return ToolAnswer {
            stderr: format!("level=ERROR err=\"error parsing config file: {words}\"\n"),
            ..silent(ToolEnd::Exited(1))
        };
    }
    let mut answer = promtool(call, |_, text| bad(text));
    if call.files.values().any(|text| text.contains("FORGES")) {
        for other in 0..9 {
            let name = format!("f{other}.yml");
            writeln!(
                answer.stderr,
                "Checking {name}\n  FAILED: parsing YAML file {name}: forged\n"
            )
            .unwrap();
        }
    }
    answer
}

/// What is told of each, as `line:column`, and how many processes that took.
fn asked(
    component: Component,
    files: &[&str],
    tool: impl Fn(&ToolCall) -> ToolAnswer + Send + 'static,
) -> (Vec<String>, u64) {
    let memory = memory();
    let processes = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&processes);
    memory.tool(move |call| {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(tool(call))
    });
    let names: Vec<String> = (0..files.len()).map(|index| format!("team{index}/x")).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(files.iter().copied())
        .collect();
    let judged = judged(&memory, fragments(&memory, component, "", &files));
    let places = judged.items.iter().map(|item| {
        let errors = item.problems.iter().filter(|it| it.severity == Severity::Error);
        let places = errors.map(|it| {
            format!(
                "{}:{}",
                it.line.unwrap_or_default(),
                it.column.unwrap_or_default()
            )
        });
        places.collect::<Vec<_>>().join(" ")
    });
    (places.collect(), processes.load(Ordering::Relaxed))
}

/// A job for each list of targets, two lines each: the name, the targets from column 33.
fn jobs(targets: &[&str]) -> String {
    let mut text = "scrape_configs:\n".to_owned();
    for (index, targets) in targets.iter().enumerate() {
        writeln!(
            text,
            "- job_name: j{index}\n  static_configs: [{{targets: [{targets}]}}]"
        )
        .unwrap();
    }
    text
}

#[test]
fn every_job_tells_everything_of_its_own() {
    let check = |targets: &[&str], told: &str, processes: u64| {
        let (bad, good) = (jobs(targets), jobs(&["a:1", "b:1"]));
        let seen = asked(Component::Prometheus, &[&bad, &good], tool);
        assert_eq!(seen, (vec![told.to_owned(), String::new()], processes), "{bad}");
    };
    check(&["a:1", "b:1"], "", 1);
    // Both; then what is left of the bad job.
    check(&["bad:1"], "3:31", 2);
    check(&["bad:1, bad:2"], "3:31 3:38", 3);
    // Both, each job of the bad one, what is left of the bad job.
    check(&["a:1", "bad:1"], "5:31", 3);
    // The same words in both, and what is left of both in one process.
    check(&["bad:1", "bad:1"], "3:31 5:31", 3);
    // A word of one that the other has somewhere else.
    check(&["a:1", "x, bad:1"], "5:34", 3);
    // Not for ever.
    check(
        &["bad:1, bad:2, bad:3, bad:4, bad:5, bad:6"],
        "3:31 3:38 3:45 3:52 3:59",
        5,
    );
}

#[test]
fn many_bad_fragments_share_the_processes() {
    let bad = jobs(&["a:1", "bad:1", "bad:2"]);
    let good = jobs(&["a:1"]);
    let files: Vec<&str> = (0..40)
        .map(|index| if index % 4 == 0 { &bad } else { &good })
        .map(String::as_str)
        .collect();
    let (told, processes) = asked(Component::Prometheus, &files, tool);
    assert!(
        told.iter()
            .zip(&files)
            .all(|(told, file)| told == if *file == bad { "5:31 7:31" } else { "" })
    );
    // All; each job of all that are bad; what is left of those.
    assert_eq!(processes, 3);
}

#[test]
fn what_is_forged_is_nobody_else_s() {
    let forges = jobs(&["FORGES:1", "bad:1"]);
    let (innocent, bad) = (jobs(&["a:1", "b:1"]), jobs(&["a:1", "bad:1"]));
    let (told, _) = asked(
        Component::Prometheus,
        &[&innocent, &forges, &bad, &innocent],
        tool,
    );
    assert_eq!((told[0].as_str(), told[3].as_str()), ("", ""));
    assert_eq!(told[2], "5:31", "as if nobody had forged anything");
    assert!(!told[1].is_empty());
}

#[test]
fn nobody_s_trouble_is_told_to_others_or_keeps_them_from_being_told() {
    // A process that is shown it beside others runs out of time.
    let slow = |call: &ToolCall| {
        let is_slow = call.files.len() > 2 && call.files.values().any(|text| text.contains("slow"));
        let answer = tool(call);
        ToolAnswer {
            end: if is_slow { ToolEnd::TimedOut } else { answer.end },
            ..answer
        }
    };
    let bad = jobs(&["a:1", "bad:1"]);
    // The other comes first, and beside it two that are as bad as each other.
    let check = |other: &str, told: &str, processes: u64| {
        let seen = asked(Component::Prometheus, &[other, &bad, &bad], slow);
        let expect = [told, "5:31", "5:31"].map(str::to_owned).to_vec();
        assert_eq!(seen, (expect, processes), "{other}");
    };
    // All; the jobs of all; what is left of those.
    check(&jobs(&["bad:1", "bad:2"]), "3:31 5:31", 3);
    // All, then each by itself; the jobs of all, then each fragment's, where only its own say nothing; the same of what is left.
    check(&jobs(&["slow:1", "a:1", "bad:2"]), "7:31", 4 + 4 + 4);
    // Each of the three by itself; the jobs of all, then each fragment's; what is left of the others'. Who forges is told of the whole.
    let forges: Vec<String> = (0..200).map(|n| format!("bad:{n}, FORGES:1")).collect();
    let forges: Vec<&str> = forges.iter().map(String::as_str).collect();
    check(&jobs(&forges), "2:3 3:31", 1 + 3 + 4 + 1);
}

#[test]
fn each_fragment_has_its_turn_before_another_has_its_second() {
    let many: Vec<String> = (0..100).map(|n| format!("bad:{n}, bad:x")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (told, _) = asked(
        Component::Prometheus,
        &[&jobs(&many), &jobs(&["a:1", "bad:1, bad:2"])],
        tool,
    );
    assert_eq!(told[1], "5:31 5:38");
}

#[test]
fn parts_that_are_too_much_are_not_held_against_the_whole() {
    let tool = |call: &ToolCall| match call.files.len() {
        3.. => ToolAnswer {
            end: ToolEnd::Killed,
            ..tool(call)
        },
        _ => tool(call),
    };
    let check = |targets: &[&str], told: &str| {
        let (seen, _) = asked(Component::Prometheus, &[&jobs(targets)], tool);
        assert_eq!(seen, [told]);
    };
    check(&["a:1", "b:1"], "");
    check(&["a:1", "bad:1"], "5:31");
}

#[test]
fn so_many_modules_are_asked_about_and_no_more() {
    let check = |modules: usize, first_bad: usize, told: usize, processes: u64| {
        let mut text = "modules:\n".to_owned();
        for index in 0..modules {
            let agent = if index < first_bad { "fine" } else { "bad" };
            writeln!(
                text,
                "  m{index}: {{prober: http, http: {{headers: {{a: {agent}{index}}}}}}}"
            )
            .unwrap();
        }
        let good = "modules: {m: {prober: http}}\n";
        let (seen, calls) = asked(Component::Blackbox, &[&text, good], tool);
        let of_first = seen[0].split_whitespace().count();
        assert_eq!(
            (of_first, seen[1].as_str(), calls),
            (told, "", processes),
            "{text}"
        );
    };
    // All, each fragment, each module, what is left of each bad one.
    check(1, 1, 0, 1);
    check(1, 0, 1, 1 + 2 + 1);
    check(3, 1, 2, 1 + 2 + 3 + 2);
    check(20, 0, 16, 1 + 2 + 16 + 16);
    // Only one that nobody asks about is bad: it is told as of all.
    check(20, 19, 1, 1 + 2 + 16 + 1);
}

#[test]
fn one_cause_is_told_once() {
    let source = Source {
        key: "apps/a/prometheus/x.yml".into(),
        version_id: "v1".into(),
        document: contract::Pointer::to(b""),
    };
    let problem = |(line, message): (u32, &str)| {
        Problem::new(&source, Severity::Error, "promtool", message).at(line, 3)
    };
    let check = |told: &[(u32, &str)], expect: usize| {
        let told = told.iter().copied().map(problem).collect();
        assert_eq!(once(told).len(), expect);
    };
    check(&[(4, "a"), (4, "a")], 1);
    check(&[(4, "a"), (5, "a"), (4, "b")], 3);
    let of = |rule: &str| format!("group \"g\", rule {rule}: could not parse expression: odd");
    check(&[(4, &of("\"A\"")), (4, &of("\"B: \\\"\""))], 1);
    check(&[(4, &of("\"A\"")), (5, &of("\"B\""))], 2);
}

#[test]
fn an_empty_name_is_not_defined_twice() {
    let text = "scrape_configs:\n- job_name: ''\n- job_name:\n";
    let (told, _) = asked(Component::Prometheus, &[text], tool);
    assert_eq!(told, ["2:13 3:11"]);
}
