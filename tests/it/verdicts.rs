//! `make verdicts`: what bad input is expected to get and what it gets, as a table.
//!
//! In: `tests/nasty`, and `../shared/fixtures/nasty` (or the folder that `NASTY` names, with an `INDEX.tsv` of the same columns), each case a
//! push of its own through the whole definition, a pair `.a`/`.b` as two teams; `../shared/corpus`, each file a fragment, by a policy that forbids
//! nothing and by the default one, beside what the real tool says of the same file now.
//! Out: a line for each case; a failure if one differs from what is expected and [`EXPLAINED`] does not say why, or says why and it does not.
//! Never: an expectation that is taken from what we do.

use crate::real_tool::{Bench, bench, judge_by, shared};
use crate::stage::{Stage, pushed, root};
use crate::tools::Tools;
use contract::ports::{RunTool as _, Tool, ToolAnswer, ToolCall, ToolEnd};
use contract::{Author, Component, JudgedItem, Problem, Severity, Step, Verdict, Verdicts, read_document};
use policy::Policy;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};

/// Where we differ from what is expected, or tell another reason than the real tool, on purpose.
const EXPLAINED: [(&str, &str); 6] = [
    (
        "blackbox/config/testdata/invalid-prober.yml",
        "the exporter loads a prober that there is not, and then answers 400 to each probe",
    ),
    (
        "cloudwatch/examples/NATGateway.yml",
        "the exporter loads the statistic `Max`, which there is not, and its scrape ends there",
    ),
    (
        "prom-config/empty_metric_relabel_config.bad.yml",
        "the same in other words: nothing where a relabelling rule belongs",
    ),
    (
        "prom-config/empty_scrape_config.bad.yml",
        "the same in other words: nothing where a job belongs",
    ),
    (
        "prom-config/empty_target_relabel_config.bad.yml",
        "the same in other words: nothing where a relabelling rule belongs",
    ),
    (
        "prom-config/regex.bad.yml",
        "its rule lacks `target_label` too, which is told first; the tool is not asked about the rest of that rule",
    ),
];

/// The platform team's files of every nasty case.
const BASES: [(Component, &str); 3] = [
    (
        Component::Prometheus,
        "global: {scrape_interval: 15s}\nrule_files: [rules/*.yml]\nscrape_configs:\n- job_name: base\n",
    ),
    (Component::Blackbox, "modules: {base: {prober: tcp}}\n"),
    (Component::Cloudwatch, "region: eu-west-1\nmetrics: []\n"),
];

/// What the column `expected pipeline verdict` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Accepted,
    /// Its first words allow both.
    AcceptedOrRejected,
    Rejected,
    /// By the policy, so that its owner knows whom to ask.
    RejectedByPolicy,
    /// Not both of the pair serve.
    NotBoth,
}

impl Expected {
    fn of(text: &str) -> Expected {
        let policy = text.contains("policy");
        let by_policy = text.starts_with("REJECT (policy");
        match text.split([' ', ',']).next() {
            Some("ACCEPT") if policy || text.contains("or REJECT") => Expected::AcceptedOrRejected,
            Some("ACCEPT") => Expected::Accepted,
            Some("REJECT") if by_policy => Expected::RejectedByPolicy,
            Some("REJECT") => Expected::Rejected,
            Some("CONFLICT") => Expected::NotBoth,
            _ => panic!("no verdict begins like this: {text}"),
        }
    }

    /// Why what we found is not that; nothing if it is.
    fn difference(self, found: &[Found]) -> Option<&'static str> {
        let accepted = |found: &Found| found.verdict == Verdict::Accepted;
        let by_policy = |found: &Found| found.errors().any(names_policy);
        match self {
            Expected::Accepted if !found.iter().all(accepted) => Some("is refused"),
            Expected::Rejected | Expected::RejectedByPolicy if found.iter().any(accepted) => {
                Some("is accepted")
            }
            Expected::RejectedByPolicy if !found.iter().all(by_policy) => {
                Some("is refused, but not as policy")
            }
            Expected::NotBoth if found.iter().all(accepted) => Some("both serve"),
            _ => found.iter().flat_map(Found::errors).find_map(cannot_be_acted_on),
        }
    }
}

/// One fragment and what was said of it.
struct Found {
    verdict: Verdict,
    problems: Vec<Problem>,
}

impl Found {
    fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    fn shown(&self) -> String {
        let first = self.errors().chain(&self.problems).next();
        let first = first.map(|problem| {
            let at = |n: Option<u32>| n.map_or("-".to_owned(), |n| n.to_string());
            let (line, column) = (at(problem.line), at(problem.column));
            let more = self.problems.len() - 1;
            let more = if more > 0 {
                format!(" (+{more})")
            } else {
                String::new()
            };
            format!(" {line}:{column} {}: {}{more}", problem.check, problem.message)
        });
        format!("{}{}", self.verdict.name(), first.unwrap_or_default())
    }
}

/// A refusal that the platform team can lift says so.
fn names_policy(problem: &Problem) -> bool {
    problem.check == "section"
        || [
            &problem.message,
            problem.hint.as_ref().unwrap_or(&problem.message),
        ]
        .iter()
        .any(|text| text.contains("of the policy"))
}

/// A message is for a person: where, what, what to do. The size and the encoding of a file have no place.
fn cannot_be_acted_on(problem: &Problem) -> Option<&'static str> {
    let whole_file = problem.check.starts_with("yaml_");
    match problem {
        Problem { line: None, .. } if !whole_file => Some("a problem does not say where"),
        Problem { hint: None, .. } => Some("a problem does not say what to do"),
        _ => None,
    }
}

/// The table as it is printed, and what is to be explained.
#[derive(Default)]
struct Table {
    differences: BTreeMap<String, String>,
    rows: usize,
}

impl Table {
    fn row(&mut self, name: &str, expected: &str, got: &str, difference: Option<&str>) {
        let explained = EXPLAINED.iter().find(|(case, _)| *case == name);
        let mark = match (difference, explained) {
            (None, _) => "agree",
            (Some(_), Some(_)) => "expl.",
            (Some(_), None) => "DIFFER",
        };
        println!("{mark:6} | {name} | {} | {}", one_line(expected), one_line(got));
        if let (Some(difference), None) = (difference, explained) {
            println!("       | {difference}");
        }
        if let Some((_, why)) = explained.filter(|_| difference.is_some()) {
            println!("       | because: {why}");
        }
        self.rows += 1;
        if let Some(difference) = difference {
            self.differences
                .insert(name.into(), format!("{difference}: {got}"));
        }
    }

    /// Prints the sums; panics with what nobody explained.
    fn close(self, title: &str, of_this_table: impl Fn(&str) -> bool) {
        let differ = self.differences.len();
        println!("{title}: {} agree, {differ} differ", self.rows - differ);
        let explained = |name: &str| EXPLAINED.iter().any(|(case, _)| *case == name);
        let unexplained = self.differences.iter().filter(|(name, _)| !explained(name));
        let unexplained: Vec<String> = unexplained.map(|(name, what)| format!("{name} {what}")).collect();
        assert!(
            unexplained.is_empty(),
            "not explained:\n{}",
            unexplained.join("\n")
        );
        let stale = EXPLAINED.iter().map(|(case, _)| *case);
        let stale: Vec<&str> = stale
            .filter(|case| of_this_table(case) && !self.differences.contains_key(*case))
            .collect();
        assert!(stale.is_empty(), "explained, and does not differ: {stale:?}");
    }
}

fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(150) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Pushes these files beside the bases, in one run of the whole definition.
fn run(tools: Tools, files: &BTreeMap<String, Vec<u8>>) -> Vec<Found> {
    let stage = Stage::new().with_tools(tools);
    let has_files = |component: &Component| {
        let of_files = files.keys().map(|key| contract::Key::parse(key).component());
        of_files.into_iter().any(|of_file| of_file == Some(*component))
    };
    for (component, text) in BASES.iter().filter(|(component, _)| has_files(component)) {
        stage.memory.put(&component.base_key(), *text);
    }
    for (key, bytes) in files {
        stage.memory.put(key, bytes.clone());
    }
    let ended = stage.run("verdicts", pushed());
    let world = stage.memory.world().clone();
    let told = world
        .records
        .values()
        .find(|record| record.step == Author::Step(Step::Notify));
    let told = told.unwrap_or_else(|| panic!("the run came to its end: {:?}", ended.outcome));
    let result: notify::RunResult = serde_json::from_value(told.request["result"].clone()).unwrap();
    let mut found: BTreeMap<&String, Found> = BTreeMap::new();
    for lane in &result.lanes {
        let Some(verdicts) = &lane.verdicts else { continue };
        let verdicts: Verdicts = block_on(read_document(&stage.memory, verdicts, "verdicts")).unwrap();
        for fragment in verdicts.fragments {
            if let Some((key, _)) = files.get_key_value(&fragment.source.key) {
                let verdict = fragment.verdict;
                let problems = fragment.problems;
                found.insert(key, Found { verdict, problems });
            }
        }
        let went_live = matches!(
            lane.outcome,
            notify::Outcome::Deployed | notify::Outcome::Unchanged
        );
        assert!(went_live, "nobody's file stops a lane: {files:?} {lane:?}");
    }
    assert_eq!(found.len(), files.len(), "each has a verdict: {result:?}");
    found.into_values().collect()
}

#[test]
fn nasty_fragments_get_their_verdict() {
    let (Some(judge), Some(folder)) = (Judge::or_skip(), nasty()) else {
        return;
    };
    hold(&judge, "nasty", &folder);
}

/// Ours: what each says is held to its place and words too, and what the real tool says of the file alone.
#[test]
fn our_own_nasty_fragments_get_their_verdict() {
    let Some(judge) = Judge::or_skip() else { return };
    hold(&judge, "our own nasty", &root().join("tests/nasty"));
}

/// The whole definition, and the real tools alone.
struct Judge {
    tools: Tools,
    bench: Bench,
}

impl Judge {
    fn or_skip() -> Option<Judge> {
        Some(Judge {
            tools: Tools::or_skip("nasty fragments")?,
            bench: bench()?,
        })
    }
}

/// A row of an `INDEX.tsv`.
struct Row<'a> {
    kind: &'a str,
    expected: &'a str,
    /// `OK` or `FAIL` of the real tool; empty: nobody was asked.
    tool: &'a str,
    /// Our own: what one of the errors says, `line:column` first if that is held to.
    told: &'a str,
}

impl Row<'_> {
    fn component(&self) -> Component {
        match self.kind {
            "blackbox" => Component::Blackbox,
            "cloudwatch" => Component::Cloudwatch,
            "prom" | "rules" | "mixed" => Component::Prometheus,
            kind => panic!("no kind of fragment: {kind}"),
        }
    }

    /// Whether an error is what the row says, somewhere in it.
    fn is_told(&self, found: &[Found]) -> bool {
        let errors = || found.iter().flat_map(Found::errors);
        self.told.is_empty()
            || errors().any(|problem| {
                let place = format!("{}:{}", problem.line.unwrap_or(0), problem.column.unwrap_or(0));
                let hint = problem.hint.as_deref().unwrap_or_default();
                let all = format!("{place} {} {hint}", problem.message);
                self.told.split(' ').all(|word| all.contains(word))
            })
    }
}

/// By name, the row and the files that are pushed together.
type Cases<'a> = BTreeMap<&'a str, (Row<'a>, BTreeMap<String, Vec<u8>>)>;

/// What each case gets; on all processors, for a case is a world of its own and there are hundreds.
fn run_each<'a>(judge: &Judge, cases: &Cases<'a>) -> BTreeMap<&'a str, Vec<Found>> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let share = |first| {
            scope.spawn(move || -> Vec<_> {
                let cases = cases.iter().skip(first).step_by(processors);
                let found = cases.map(|(case, (_, files))| (*case, run(judge.tools.clone(), files)));
                found.collect()
            })
        };
        let shares: Vec<_> = (0..processors).map(share).collect();
        let found = shares
            .into_iter()
            .flat_map(|share| share.join().expect("it said why"));
        found.collect()
    })
}

fn hold(judge: &Judge, title: &str, folder: &Path) {
    let index = std::fs::read_to_string(folder.join("INDEX.tsv")).unwrap();
    let is_ours = index
        .lines()
        .next()
        .is_some_and(|line| line.split('\t').nth(4) == Some("told"));
    let rows: Vec<(&str, Row<'_>, Vec<u8>)> = index
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let row = Row {
                kind: fields[1],
                expected: fields[2],
                tool: if is_ours { fields[3] } else { "" },
                told: if is_ours { fields[4] } else { "" },
            };
            (fields[0], row, std::fs::read(folder.join(fields[0])).unwrap())
        })
        .collect();
    the_tool_says_so(&judge.bench, &rows);
    let mut cases: Cases<'_> = BTreeMap::new();
    for (file, row, bytes) in rows {
        let stem = file.strip_suffix(".yml").expect("a file of YAML");
        let (case, team) = stem.split_once('.').unwrap_or((stem, "a"));
        let key = format!("apps/team-{team}/{}/{case}.yml", row.component());
        cases
            .entry(case)
            .or_insert((row, BTreeMap::new()))
            .1
            .insert(key, bytes);
    }
    let mut table = Table::default();
    for (case, found) in run_each(judge, &cases) {
        let (row, _) = &cases[case];
        let shown: Vec<String> = found.iter().map(Found::shown).collect();
        let unlike = (!row.is_told(&found)).then_some("says something else");
        let difference = Expected::of(row.expected).difference(&found).or(unlike);
        let expected = format!("{} {}", row.expected, row.told);
        table.row(case, &expected, &shown.join("; "), difference);
    }
    table.close(title, |case| !case.contains('/'));
}

/// What rows have of the real tool is what it says now of each file alone.
fn the_tool_says_so(bench: &Bench, rows: &[(&str, Row<'_>, Vec<u8>)]) {
    for kind in ["prom", "rules", "blackbox"] {
        let asked = rows.iter().filter(|(_, row, _)| !row.tool.is_empty());
        let asked: Vec<_> = asked.filter(|(_, row, _)| row.kind == kind).collect();
        let files: Vec<Vec<u8>> = asked.iter().map(|(.., bytes)| bytes.clone()).collect();
        let said = match kind {
            "prom" => said_by_promtool(bench, &["config", "--syntax-only"], &files),
            "rules" => said_by_promtool(bench, &["rules", "--lint=none"], &files),
            _ => files.iter().map(|bytes| said_by_exporter(bench, bytes)).collect(),
        };
        for ((file, row, _), said) in asked.iter().zip(said) {
            let now = if said.is_none() { "OK" } else { "FAIL" };
            assert_eq!(row.tool, now, "the real tool on {file}: {said:?}");
        }
    }
}

fn nasty() -> Option<PathBuf> {
    match std::env::var_os("NASTY") {
        Some(folder) => Some(folder.into()),
        None => shared("fixtures/nasty"),
    }
}

/// A file of others, and what the real tool says of it now.
struct OfOthers {
    path: String,
    component: Component,
    bytes: Vec<u8>,
    /// What the tool says against it; none: nothing. Nobody is asked about CloudWatch.
    refused: Option<String>,
}

/// Every file of the corpus.
fn corpus(bench: &Bench) -> Option<Vec<OfOthers>> {
    let folder = shared("corpus")?;
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).expect("the corpus's manifest");
    let mut files = Vec::new();
    for kind in ["prom-config", "prom-rules", "blackbox", "cloudwatch"] {
        let paths = manifest.lines().skip(1).filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            (fields[1] == kind).then(|| fields[0].to_owned())
        });
        let paths: Vec<String> = paths.collect();
        let read = |path: &String| std::fs::read(folder.join(path)).expect("a file of the manifest");
        let bytes: Vec<Vec<u8>> = paths.iter().map(read).collect();
        let (component, against) = match kind {
            "prom-config" => (
                Component::Prometheus,
                said_by_promtool(bench, &["config", "--syntax-only"], &bytes),
            ),
            "prom-rules" => (
                Component::Prometheus,
                said_by_promtool(bench, &["rules", "--lint=none"], &bytes),
            ),
            "blackbox" => (
                Component::Blackbox,
                bytes.iter().map(|bytes| said_by_exporter(bench, bytes)).collect(),
            ),
            _ => (Component::Cloudwatch, vec![None; paths.len()]),
        };
        for ((path, bytes), refused) in paths.into_iter().zip(bytes).zip(against) {
            files.push(OfOthers {
                path,
                component,
                bytes,
                refused,
            });
        }
    }
    assert_eq!(
        files.len(),
        manifest.lines().count() - 1,
        "every file of the manifest"
    );
    Some(files)
}

fn ask(bench: &Bench, tool: Tool, arguments: Vec<String>, files: BTreeMap<String, String>) -> ToolAnswer {
    let answer = block_on(bench.run_tool(ToolCall {
        tool,
        version: None,
        arguments,
        files,
        timeout_seconds: 60,
        memory_bytes: 1024 * 1024 * 1024,
        file_bytes: 16 * 1024 * 1024,
    }));
    answer.expect("the tool runs")
}

/// A tool that reads text refuses what is none, whatever stands in its place.
fn as_text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| "\u{1}".into())
}

/// What promtool says against each of these files, which nobody wrote to deceive it: one process for all.
fn said_by_promtool(bench: &Bench, check: &[&str], files: &[Vec<u8>]) -> Vec<Option<String>> {
    // It would read standard input.
    if files.is_empty() {
        return Vec::new();
    }
    let name = |index: usize| format!("f{index}.yml");
    let words = ["check"].iter().chain(check).map(ToString::to_string);
    let texts = files.iter().enumerate();
    let answer = ask(
        bench,
        Tool::Promtool,
        words.chain((0..files.len()).map(name)).collect(),
        texts
            .map(|(index, bytes)| (name(index), as_text(bytes)))
            .collect(),
    );
    let mut words = answer.stderr.split("  FAILED:").skip(1).map(|words| {
        let words = format!("FAILED:{words}");
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    });
    let checked = answer.stdout.split("Checking ").skip(1);
    let said: Vec<Option<String>> = checked
        .map(|file| (!file.contains("SUCCESS: ")).then(|| words.next().expect("it says why")))
        .collect();
    assert_eq!(
        (said.len(), words.next()),
        (files.len(), None),
        "{}",
        answer.stdout
    );
    said
}

fn said_by_exporter(bench: &Bench, bytes: &[u8]) -> Option<String> {
    let arguments = ["--config.check", "--config.file=f.yml"]
        .map(str::to_owned)
        .to_vec();
    let files = BTreeMap::from([("f.yml".to_owned(), as_text(bytes))]);
    let answer = ask(bench, Tool::BlackboxExporter, arguments, files);
    let why = answer
        .stderr
        .split_once(" err=")
        .map_or(&*answer.stderr, |(_, why)| why);
    (answer.end != ToolEnd::Exited(0)).then(|| why.trim().to_owned())
}

/// The first thing that a tool says; a line that ends in a colon goes on in the next.
fn first_said(tool: &str) -> String {
    let mut lines = tool.split('\n').flat_map(|line| line.split("\\n"));
    let mut first = lines.next().unwrap_or_default().trim().to_owned();
    while first.ends_with(':')
        && let Some(line) = lines.next()
    {
        first.push(' ');
        first.push_str(line.trim());
    }
    first
}

/// Whether two messages are about the same: the tool's own message, one line, or a thing of three letters and more that ours names
/// and the tool in what it says first, word for word.
fn same_reason(tool: &str, problem: &Problem) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let line = |text: &str| -> Option<u32> { text.split_once("line ")?.1.split(':').next()?.parse().ok() };
    let first = first_said(tool);
    let said = words(&first);
    let mut named = problem.message.split('`').skip(1).step_by(2).map(words);
    matches!(problem.check.as_str(), "promtool" | "blackbox_exporter")
        || (problem.line.is_some() && problem.line == line(&first))
        || named.any(|name| {
            name.iter().any(|word| word.chars().count() > 2)
                && said.windows(name.len()).any(|part| part == name.as_slice())
        })
}

#[test]
fn reasons_are_the_same_by_line_or_by_a_name() {
    let check = |tool: &str, message: &str, line: u32, expect: bool| {
        let source = contract::Source {
            key: "apps/a/prometheus/a.yml".into(),
            version_id: "v1".into(),
            document: contract::Pointer::to(b""),
        };
        let problem = Problem::new(&source, Severity::Error, "shape", message).at(line, 1);
        assert_eq!(same_reason(tool, &problem), expect, "{tool}: {message}");
    };
    let unmarshal = "FAILED: parsing YAML file f.yml: yaml: unmarshal errors:\nline 5: field regexp not found\nline 9: field other";
    check(unmarshal, "anything", 5, true);
    check(unmarshal, "`regexp` is no field", 1, true);
    check(unmarshal, "`other` is no field", 9, false);
    check(unmarshal, "`reg` is no field", 1, false);
    check(unmarshal, "`a` is twice", 1, false);
    check(
        "FAILED: found multiple scrape configs with job name \"a b\"",
        "`job_name` is twice",
        1,
        true,
    );
    check("FAILED: invalid metrics path", "`th` is twice", 1, false);
}

/// What we say of each file of a component: of the whole of it, or of what in it a team may push.
fn judged(bench: &Bench, policy: &Policy, files: &[OfOthers], whole: bool) -> BTreeMap<String, JudgedItem> {
    let of_component = |component| {
        let files = files.iter().filter(|file| file.component == component);
        let files: BTreeMap<String, Vec<u8>> = files
            .map(|file| (file.path.clone(), file.bytes.clone()))
            .collect();
        judge_by(bench, policy, component, None, &files, whole)
    };
    Component::ALL.into_iter().flat_map(of_component).collect()
}

fn found(item: &JudgedItem) -> Found {
    Found {
        verdict: if item.accepted {
            Verdict::Accepted
        } else {
            Verdict::Rejected
        },
        problems: item.problems.clone(),
    }
}

/// All that the real tool accepts is accepted, but for sections that no team owns; what it refuses is refused, for the same reason.
#[test]
fn files_of_others_get_the_verdict_of_the_real_tool_where_nothing_is_forbidden() {
    let Some(bench) = bench() else { return };
    let Some(files) = corpus(&bench) else { return };
    let open = Policy::open();
    let (whole, parts) = (
        judged(&bench, &open, &files, true),
        judged(&bench, &open, &files, false),
    );
    let mut table = Table::default();
    for file in &files {
        let (whole, part) = (found(&whole[&file.path]), found(&parts[&file.path]));
        let of_sections = |found: &Found| found.errors().all(|problem| problem.check == "section");
        let difference = match &file.refused {
            None if part.errors().next().is_some() => Some("is accepted by the real tool"),
            None if !of_sections(&whole) => Some("is accepted by the real tool, the whole of it"),
            None => None,
            Some(_) if whole.errors().next().is_none() => Some("is refused by the real tool"),
            // What is wrong is in a section that no team may push; or where we tell it too.
            Some(_) if part.errors().next().is_none() && of_sections(&whole) => None,
            Some(tool)
                if whole
                    .errors()
                    .chain(part.errors())
                    .any(|problem| same_reason(tool, problem)) =>
            {
                None
            }
            Some(_) => Some("is refused for another reason"),
        };
        let difference =
            difference.or_else(|| part.errors().chain(whole.errors()).find_map(cannot_be_acted_on));
        if file.refused.is_none() && difference.is_none() {
            table.rows += 1;
            continue;
        }
        let shown = if part.errors().next().is_some() {
            part.shown()
        } else {
            whole.shown()
        };
        table.row(
            &file.path,
            file.refused.as_deref().unwrap_or("accepted"),
            &shown,
            difference,
        );
    }
    table.close("corpus, nothing forbidden", |case| {
        case.contains('/') && !case.ends_with(DEFAULT)
    });
}

/// An explanation for the default policy alone ends so.
const DEFAULT: &str = " (default policy)";

/// What the default policy alone refuses names it.
#[test]
fn files_of_others_are_refused_by_the_default_policy_in_its_name() {
    let Some(bench) = bench() else { return };
    let Some(files) = corpus(&bench) else { return };
    let (open, default) = (Policy::open(), Policy::default());
    let (open, default) = (
        judged(&bench, &open, &files, false),
        judged(&bench, &default, &files, false),
    );
    let mut table = Table::default();
    for file in &files {
        let (open, default) = (found(&open[&file.path]), found(&default[&file.path]));
        if open.verdict != Verdict::Accepted || default.verdict == Verdict::Accepted {
            table.rows += 1;
            continue;
        }
        let unnamed = default.errors().any(|problem| !names_policy(problem));
        table.row(
            &format!("{}{DEFAULT}", file.path),
            "accepted, but for the policy",
            &default.shown(),
            unnamed.then_some("is refused, and the policy is not named"),
        );
    }
    table.close("corpus, default policy", |case| case.ends_with(DEFAULT));
}
