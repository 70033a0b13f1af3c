//! A tool's message -> problems of one file. In: what it printed about that file, how we wrote the
//! file, the author's tree and text. Out: every line of it as a problem, at the author's own line and column
//! where they can be found.
//! Never: a verdict (`ask.rs` has that).

use crate::ask::Question;
use crate::subject::place;
use crate::{advice, fields, find};
use contract::{Key, Problem, Severity, Source};
use regex_lite::Regex;
use std::collections::BTreeSet;
use yaml::{Node, Position, Value};

/// The file that a tool spoke about.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Whose it is.
    pub source: &'a Source,
    /// What it says.
    pub tree: &'a Node,
    /// For each line we wrote, where it came from; empty where that is not known.
    pub lines: &'a [Position],
    /// As its author wrote it.
    pub text: &'a str,
}

/// More than that is noise; the first ones say what to do.
const MOST: usize = 50;
/// The longest message, in characters.
const MESSAGE_CHARACTERS: usize = 600;

/// Everything the tool says, once each; at least one problem.
pub(crate) fn problems(shown: Shown<'_>, question: Question, output: &str) -> Vec<Problem> {
    let mut complaints: Vec<Complaint> = Vec::new();
    for complaint in complaints_of(question, output) {
        if !complaints.contains(&complaint) {
            complaints.push(complaint);
        }
    }
    if complaints.is_empty() {
        let message = format!("`{}` refuses it and does not say why", question.reporter());
        complaints.push(Complaint { line: None, message });
    }
    complaints
        .iter()
        .take(MOST)
        .map(|complaint| complaint.problem(shown, question))
        .collect()
}

/// One cause once: a rule that several get by a merge key is at fault in all of them, a job that is asked about twice as well.
pub(crate) fn once(problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let is_new = |problem: &Problem| {
        problem.line.is_none()
            || seen.insert((
                problem.line,
                problem.column,
                without_rule(&problem.message)
                    .unwrap_or(&problem.message)
                    .to_owned(),
            ))
    };
    problems.into_iter().filter(is_new).collect()
}

/// What is said of a rule: what follows `group "g", rule "name": `.
fn without_rule(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("group ")?;
    let rest = rest[go_unquoted(rest)?.1..].strip_prefix(", rule ")?;
    rest[go_unquoted(rest)?.1..].strip_prefix(": ")
}

/// One thing that a tool says.
#[derive(Debug, PartialEq, Eq)]
struct Complaint {
    /// The line of the file as we wrote it.
    line: Option<usize>,
    message: String,
}

fn complaints_of(question: Question, output: &str) -> Vec<Complaint> {
    if question == Question::Tests {
        return complaints_of_tests(output);
    }
    let unquoted;
    let mut complaints: Vec<Complaint> = Vec::new();
    let mut begun = false;
    let lines = match question {
        Question::Config | Question::Rules | Question::Tests => output,
        Question::Modules => {
            // `… level=ERROR … err="error parsing config file: …"`
            let error = output
                .lines()
                .rev()
                .find_map(|line| line.split_once(" err="))
                .map(|(_, error)| error);
            unquoted = error.map_or_else(
                || output.to_owned(),
                |error| go_unquoted(error).map_or(error.into(), |(t, _)| t),
            );
            begun = true;
            &unquoted
        }
    };
    for line in lines.lines() {
        let (line, named) = if let Some(rest) = line.strip_prefix("  FAILED:") {
            begun = true;
            (rest.trim().trim_start_matches("parsing YAML file "), true)
        } else if !begun || line.starts_with("Checking ") {
            continue;
        } else {
            (
                line.trim().trim_start_matches("error parsing config file: "),
                false,
            )
        };
        let (line, named) = match without_file(line) {
            Some(rest) => (rest, true),
            None => (line, named),
        };
        let line = line.strip_prefix("yaml: ").unwrap_or(line);
        if line.is_empty() || line == "unmarshal errors:" {
            continue;
        }
        if let Some((number, message)) = line.strip_prefix("line ").and_then(|rest| rest.split_once(": "))
            && let Ok(number) = number.parse()
        {
            complaints.push(Complaint {
                line: Some(number),
                message: message.into(),
            });
        } else if let Some(last) = complaints.last_mut().filter(|_| !named) {
            last.message.push(' ');
            last.message.push_str(line);
        } else {
            let (line, message) = placed(line);
            complaints.push(Complaint {
                line,
                message: message.into(),
            });
        }
    }
    complaints
}

/// One for each paragraph after `FAILED:`, on one line; one for each line that tells a line of the file.
fn complaints_of_tests(output: &str) -> Vec<Complaint> {
    let Some((_, output)) = output.split_once("  FAILED:") else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for paragraph in output.split("\n\n") {
        let mut words: Vec<&str> = Vec::new();
        for line in paragraph
            .lines()
            .map(|line| line.trim().trim_start_matches("yaml: "))
        {
            if let Some((number, message)) = line.strip_prefix("line ").and_then(|rest| rest.split_once(": "))
                && let Ok(number) = number.parse()
            {
                complaints.push(Complaint {
                    line: Some(number),
                    message: message.into(),
                });
            } else if line != "unmarshal errors:" {
                words.extend(line.split_whitespace());
            }
        }
        if !words.is_empty() {
            complaints.push(Complaint {
                line: None,
                message: words.join(" "),
            });
        }
    }
    complaints
}

/// What follows the name that we gave the file, `f17.yml: `.
fn without_file(line: &str) -> Option<&str> {
    let (name, rest) = line.split_once(": ")?;
    let number = name.strip_prefix('f')?.strip_suffix(".yml")?;
    number.bytes().all(|digit| digit.is_ascii_digit()).then_some(rest)
}

/// `9:13: 7:5: group …` -> line 9 and `group …`; `0:0` is no place.
fn placed(mut message: &str) -> (Option<usize>, &str) {
    let mut line = None;
    while let Some((first, rest)) = message.split_once(": ")
        && let Some((number, column)) = first.split_once(':')
        && let (Ok(number), Ok(_)) = (number.parse::<usize>(), column.parse::<usize>())
    {
        line = line.or(Some(number).filter(|number| *number > 0));
        message = rest;
    }
    (line, message)
}

impl Complaint {
    fn problem(&self, shown: Shown<'_>, question: Question) -> Problem {
        let (at, message) = self.locate(shown, question);
        // It counts the rules that the tool was shown; where the rest of a fragment was asked about, these are not the author's.
        let message = at.and_then(|_| without_number(&message)).unwrap_or(message);
        let message: String = message
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MESSAGE_CHARACTERS)
            .collect();
        let line = at
            .and_then(|at| shown.text.lines().nth((at.line as usize).checked_sub(1)?))
            .unwrap_or_default();
        let holder = at
            .filter(|_| question == Question::Config)
            .and_then(|at| fields::holder(shown.tree, at));
        let hint = advice::hint(question, &message, line, holder);
        let problem = Problem::new(shown.source, Severity::Error, question.reporter(), message);
        place(problem, at.unwrap_or_default()).hint(hint)
    }

    /// Where the author is to look, and the message without what that has made superfluous.
    fn locate(&self, shown: Shown<'_>, question: Question) -> (Option<Position>, String) {
        let line = self
            .line
            .and_then(|line| shown.lines.get(line.checked_sub(1)?))
            .copied();
        let line = line.filter(|at| *at != Position::default());
        let section = match question {
            Question::Config => shown.tree.get("scrape_configs"),
            Question::Rules => shown.tree.get("groups"),
            Question::Modules => shown.tree.get("modules"),
            Question::Tests => shown.tree.get("tests"),
        };
        let section = section.unwrap_or(shown.tree);
        // Of one module: its own name may be that of a field.
        let (section, section_at) = match section.entries()[..] {
            [(name, module)] if question == Question::Modules => (module, name.at),
            _ => (section, section.at),
        };
        if question == Question::Tests
            && let Some(at) = in_test(section, &self.message)
        {
            return (Some(at), self.message.clone());
        }
        if let Some((field, _)) = advice::unknown_field(&self.message) {
            // A base has more than that section.
            let scope = line.map_or(section, |_| shown.tree);
            return (find::key(scope, field, line).or(line), self.message.clone());
        }
        if let (Some(line), Some(rest)) = (line, self.message.strip_prefix("cannot unmarshal ")) {
            let collection = match rest.split(' ').next() {
                Some("!!seq") => find::collection(section, true, line),
                Some("!!map") => find::collection(section, false, line),
                _ => None,
            };
            return (collection.or(Some(line)), self.message.clone());
        }
        let rule = rule_of(section, &self.message);
        if let Some((rule, rest)) = &rule
            && let Some(expression) = rule.get("expr")
            && let Some(place) = parse_error(rest)
        {
            let exact = expression
                .text()
                .and_then(|text| find::offset(text, place.0, place.1))
                .and_then(|offset| find::character(shown.text, expression, offset));
            let message = match exact {
                // The place in the expression is the place in the file now.
                Some(_) => self
                    .message
                    .replacen(&format!("{}:{}: parse error: ", place.0, place.1), "", 1),
                None => self.message.clone(),
            };
            return (exact.or(Some(expression.at)), message);
        }
        let (scope, at, rest) = rule.map_or((section, section_at, self.message.as_str()), |(rule, rest)| {
            (rule, rule.at, rest)
        });
        let found = in_annotation(scope, rest)
            .or_else(|| word(&without_words(question, scope), rest))
            .or_else(|| word(scope, rest));
        // A base has more than that section, and its beginning is no place of what may stand anywhere.
        let is_base = matches!(shown.source.key(), Key::Base(_));
        let elsewhere = if is_base {
            word(shown.tree, rest)
        } else {
            only(scope).or(Some(at))
        };
        (found.or(line).or(elsewhere), self.message.clone())
    }
}

/// The rule of `group "g", rule 3, "name": …`, and what follows.
fn rule_of<'a, 'm>(groups: &'a Node, message: &'m str) -> Option<(&'a Node, &'m str)> {
    let rest = message.strip_prefix("group ")?;
    let (name, length) = go_unquoted(rest)?;
    let rest = rest[length..].strip_prefix(", rule ")?;
    let (number, rest) = rest.split_once(", ")?;
    let number: usize = number.parse().ok()?;
    let (_, length) = go_unquoted(rest)?;
    let rest = rest[length..].strip_prefix(": ")?;
    let group = groups
        .items()
        .iter()
        .find(|group| group.get("name").and_then(Node::text) == Some(&name))?;
    Some((group.get("rules")?.items().get(number.checked_sub(1)?)?, rest))
}

/// The same without the number of its rule: `group "g", rule "name": …`.
fn without_number(message: &str) -> Option<String> {
    let rest = message.strip_prefix("group ")?;
    let (_, length) = go_unquoted(rest)?;
    let (group, rest) = rest.split_at(length);
    let (number, rest) = rest.strip_prefix(", rule ")?.split_once(", ")?;
    number.parse::<usize>().ok()?;
    Some(format!("group {group}, rule {rest}"))
}

/// Line and column of `could not parse expression: 1:5: parse error: …`.
fn parse_error(message: &str) -> Option<(usize, usize)> {
    let rest = message.strip_prefix("could not parse expression: ")?;
    let (place, _) = rest.split_once(": parse error: ")?;
    let (line, column) = place.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

/// The assertion of `alertname: Down, time: 3m, exp:…` or `expr: "up", time: 3m, …`.
fn in_test(tests: &Node, message: &str) -> Option<Position> {
    let (list, field, word, rest) = if let Some((_, rest)) = message.split_once("alertname: ") {
        let (word, rest) = rest.split_once(", time: ")?;
        ("alert_rule_test", "alertname", word.to_owned(), rest)
    } else {
        let rest = message.strip_prefix("expr: ")?;
        let (word, length) = go_unquoted(rest)?;
        (
            "promql_expr_test",
            "expr",
            word,
            rest[length..].strip_prefix(", time: ")?,
        )
    };
    let (time, _) = rest.split_once(',')?;
    let assertions = tests
        .items()
        .iter()
        .flat_map(|test| test.get(list).map_or(&[][..], Node::items));
    let said = |assertion: &Node, field: &str, word: &str| {
        assertion.get(field).and_then(Node::text).map(str::trim) == Some(word.trim())
    };
    let named: Vec<&Node> = assertions
        .filter(|assertion| said(assertion, field, &word))
        .collect();
    // `90s` is told as `1m30s`.
    let exact = named.iter().find(|assertion| said(assertion, "eval_time", time));
    let assertion = exact.or(named.first())?;
    Some(assertion.get(field)?.at)
}

/// Jobs without what their authors call and say as they like: a label may have the name and the value of a wrong field.
fn without_words(question: Question, node: &Node) -> Node {
    let is_kept =
        |key: &Node| question != Question::Config || !matches!(key.text(), Some("labels" | "params"));
    let value = match &node.value {
        Value::Scalar(_) => node.value.clone(),
        Value::Seq(items) => Value::Seq(items.iter().map(|it| without_words(question, it)).collect()),
        Value::Map(entries) => {
            let kept = entries.iter().filter(|(key, _)| is_kept(key));
            Value::Map(
                kept.map(|(key, value)| (key.clone(), without_words(question, value)))
                    .collect(),
            )
        }
    };
    Node { at: node.at, value }
}

/// The value of `annotation "summary": template: …` or `label "severity": …`.
fn in_annotation(rule: &Node, message: &str) -> Option<Position> {
    let (field, rest) = message
        .strip_prefix("annotation ")
        .map(|rest| ("annotations", rest))
        .or_else(|| message.strip_prefix("label ").map(|rest| ("labels", rest)))?;
    let (name, _) = go_unquoted(rest)?;
    Some(rule.get(field)?.get(&name)?.at)
}

/// Of messages that quote nothing of the author's: words of theirs, and the keys that they are about.
const KEYS: [(&str, &[&str]); 5] = [
    ("query name must be set", &["dns"]),
    ("could not determine AWS region", &["ec2_sd_configs"]),
    ("port is required in DNS-SD", &["dns_sd_configs"]),
    ("a client certificate is configured", &["cert_file", "cert"]),
    ("a client key is configured", &["key_file", "key"]),
];

/// The place of the words that the message quotes, or of the fields that it names.
fn word(scope: &Node, message: &str) -> Option<Position> {
    if message.contains("scrape timeout greater than") {
        let job = job_of(scope, message)?;
        let fields = ["scrape_timeout", "scrape_interval", "job_name"];
        return fields
            .iter()
            .find_map(|field| job.get(field))
            .map(|value| value.at);
    }
    if message.contains("no address") {
        return find::under(scope, "targets", |target| {
            target.is_null() || target.text() == Some("")
        });
    }
    if message.contains("URL scheme must be") {
        let has_none = |url: &Node| url.text().is_some_and(|url| !url.starts_with("http"));
        return find::under(scope, "url", has_none);
    }
    if message.contains("host is missing in URL") {
        let has_none = |url: &Node| {
            let rest = url.text().and_then(|url| url.split_once("://"));
            rest.is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(['/', ':', '?', '#']))
        };
        return find::under(scope, "url", has_none);
    }
    let of_key = KEYS.iter().find(|(words, _)| message.contains(words));
    if let Some((_, keys)) = of_key {
        return keys.iter().find_map(|name| find::key(scope, name, None));
    }
    if let Some(job) = job_of(scope, message) {
        // The job is found; now for what in it.
        let rest = message.split_once("job name ").map_or(message, |(rest, _)| rest);
        return quoted_or_named(job, rest).or_else(|| job.get("job_name").map(|name| name.at));
    }
    quoted_or_named(scope, message)
}

fn quoted_or_named(scope: &Node, message: &str) -> Option<Position> {
    let likely = |key: &str| {
        let kinds: &[&str] = if message.contains("duration") {
            &[
                "interval",
                "timeout",
                "for",
                "keep_firing_for",
                "offset",
                "backoff",
                "_age",
                "duration",
            ]
        } else if message.contains("regex") || message.contains("regular expression") {
            &["regex"]
        } else if message.contains("hostname") || message.contains("address") {
            &["targets", "address"]
        } else {
            &[]
        };
        kinds
            .iter()
            .any(|kind| key == *kind || (kind.len() > 3 && key.contains(kind)))
    };
    if message.contains("missing argument to repetition operator") {
        // It quotes the operator alone, which stands well in other patterns.
        return find::likely(scope, likely, repeats_nothing);
    }
    let quoted = quoted(message);
    let value = quoted.iter().find_map(|word| find::value(scope, word, likely));
    value
        .or_else(|| {
            // "missing closing ]: `[a-z)$`": from where it went wrong to the end that Prometheus gives it.
            let ends = quoted.iter().filter_map(|word| word.strip_suffix(")$"));
            let mut ends = ends.filter(|end| !end.is_empty());
            ends.find_map(|end| find::likely(scope, likely, |value| value.ends_with(end)))
        })
        .or_else(|| quoted.iter().find_map(|word| find::key(scope, word, None)))
        .or_else(|| {
            // `unknown TLS version: TLS14`: a value as the author wrote it, and no word of the language.
            let words = message.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | ':'));
            let mut values = words.filter(|word| word.len() > 3 && !word.chars().all(char::is_alphabetic));
            values.find_map(|word| find::exactly(scope, word))
        })
        .or_else(|| {
            // `at most one of basic_auth, oauth2 & authorization must be configured`
            let words = message
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .filter(|word| word.len() > 3);
            words.filter_map(|word| find::key(scope, word, None)).max()
        })
}

/// Whether an operator of repetition stands in a pattern with nothing before it: `*x`, `(a|*)`.
fn repeats_nothing(pattern: &str) -> bool {
    let refused = Regex::new(pattern).err();
    refused.is_some_and(|error| error.to_string().contains("must be applied to a sub-expression"))
}

/// The name of `… job name "a"`.
pub(crate) fn job_name(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("job name ")?;
    go_unquoted(rest).map(|(name, _)| name)
}

/// The last job with the name of `… job name "a"`.
fn job_of<'a>(jobs: &'a Node, message: &str) -> Option<&'a Node> {
    let name = job_name(message)?;
    jobs.items()
        .iter()
        .rev()
        .find(|job| job.get("job_name").and_then(Node::text) == Some(&name))
}

/// The words in quotes of any kind, and regular expressions without what Prometheus puts around them.
fn quoted(message: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = message;
    while let Some(start) = rest.find(['"', '`', '\'']) {
        rest = &rest[start..];
        let (word, length) = match rest.chars().next() {
            Some('"') => match go_unquoted(rest) {
                Some(unquoted) => unquoted,
                None => break,
            },
            Some(quote) => match rest[1..].find(quote) {
                Some(end) => (rest[1..=end].to_owned(), end + 2),
                None => break,
            },
            None => break,
        };
        for (prefix, suffix) in [("^(?s:", ")$"), ("^(?:", ")$")] {
            if let Some(inner) = word
                .strip_prefix(prefix)
                .and_then(|word| word.strip_suffix(suffix))
            {
                words.push(inner.to_owned());
            }
        }
        words.push(word);
        rest = &rest[length..];
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The place of the only item, if there is one only.
fn only(scope: &Node) -> Option<Position> {
    match scope.items() {
        [item] => Some(item.at),
        _ => None,
    }
}

/// A string as Go's `%q` writes it, at the beginning of a text: what it is and how long it was.
fn go_unquoted(text: &str) -> Option<(String, usize)> {
    let mut chars = text.char_indices();
    if chars.next()?.1 != '"' {
        return None;
    }
    let mut unquoted = String::new();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Some((unquoted, index + 1)),
            '\\' => match chars.next()?.1 {
                'n' => unquoted.push('\n'),
                't' => unquoted.push('\t'),
                'r' => unquoted.push('\r'),
                digits @ ('x' | 'u' | 'U') => {
                    let count = match digits {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let hex: String = chars.by_ref().take(count).map(|(_, c)| c).collect();
                    unquoted.push(u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)?);
                }
                c => unquoted.push(c),
            },
            c => unquoted.push(c),
        }
    }
    None
}
