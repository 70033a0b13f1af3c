//! What is read, what is refused and where, what is printed, and that nothing changes on the way.

use crate::print::may_stand_plain;
use crate::{Limits, Node, Position, Scalar, Value, print, read};
use std::fmt::Write as _;

fn tree(text: &str) -> Node {
    read(text.as_bytes(), &Limits::default())
        .unwrap_or_else(|findings| panic!("{text:?}: {findings:?}"))
        .unwrap_or_else(|| panic!("{text:?} holds nothing"))
}

/// `check line:column` of every finding.
fn findings(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let found = read(bytes.as_ref(), &Limits::default()).err().unwrap_or_default();
    let place = |at: Option<Position>| at.map(|at| format!(" {at}")).unwrap_or_default();
    found
        .into_iter()
        .map(|finding| format!("{}{}", finding.check, place(finding.at)))
        .collect()
}

/// Without positions; and without the plainness of what cannot stand plain on one line of block style.
fn meaning(node: &Node) -> Node {
    let value = match &node.value {
        Value::Scalar(scalar) => {
            let stays = scalar.text.is_empty() || may_stand_plain(&scalar.text);
            Value::Scalar(Scalar {
                plain: scalar.plain && stays,
                ..scalar.clone()
            })
        }
        Value::Seq(items) => Value::Seq(items.iter().map(meaning).collect()),
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (meaning(key), meaning(value)))
                .collect(),
        ),
    };
    Node {
        at: Position::default(),
        value,
    }
}

#[test]
fn a_bad_file_says_what_and_where() {
    let check = |text: &str, expect: &[&str]| assert_eq!(findings(text), expect, "{text:?}");

    check("a: 1\nb: [x, 'y']\n", &[]);
    check("a: b: c\n", &["yaml_syntax 1:5"]);
    check("a: @x\n", &["yaml_syntax 1:4"]);
    check("a: \"\\d\"\n", &["yaml_syntax 1:4"]);
    check("a: \"x\nb: 1\n", &["yaml_syntax 1:4"]);
    check("a: 1\nb\nc: 2\n", &["yaml_syntax 2:1"]);
    check(
        "ok: 1\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n",
        &["yaml_syntax 2:1"],
    );
    check("a:\n\tb: 1\n", &["yaml_tab 2:1"]);
    check("- a: b\n\tc: d\n", &["yaml_tab 2:1"]);
    check("a:\n\u{a0} b: 1\n", &["yaml_tab 2:1"]);
    check("-\ta: 1\n  b: 2\n", &["yaml_tab 1:2"]);
    check(
        "-\ta\n- \t{b: c}\n-\t'd'\n",
        &["yaml_tab 1:2", "yaml_tab 2:3", "yaml_tab 3:2"],
    );
    check("a:\t\n  b:\tc\n", &[]);
    // An escape of YAML 1.2 that Go's reader refuses.
    check("a: \"b\\/c\"\n", &["yaml_syntax 1:4"]);
    check("a: \"b\\\\/c\"\nd: 'e\\/f'\ng: h\\/i\n", &[]);
    check("{{- if .x }}\na: 1\n{{- end }}\n", &["yaml_syntax 1:1"]);
    check("a:\n  {% for b in c %}\n", &["yaml_syntax 2:3"]);
    check("a:\n\u{a0}\u{a0}b: 1\n c: 2\n", &["yaml_tab 2:1"]);

    check("a: 1\n---\nb: 1\n", &["yaml_documents 2:1"]);
    check("a: 1\n...\nb: 1\n", &["yaml_documents 3:1"]);
    check("a: 1\n... b\n", &["yaml_documents 2:5"]);
    check("---\na: 1\n...\n# the end\n", &[]);
    check("%YAML 1.1\n---\na: 1\n", &["yaml_documents 1:1"]);

    check("a: !Ref x\n", &["yaml_tag 1:4"]);
    check("a: !my!own x\n", &["yaml_tag 1:4"]);
    check("a: !!seq x\n", &["yaml_tag 1:4"]);
    check("a: !!set {b, c}\n", &["yaml_tag 1:4"]);
    check("a: !!binary AAAA\nb: !!str 1\nc: !!map {d: 1}\n", &[]);

    // Not the same to Go's reader as to one of YAML 1.2.
    check("a: [b:]\n", &["yaml_syntax 1:5"]);
    check("a: {b:, c :, d: e}\n", &["yaml_syntax 1:5", "yaml_syntax 1:9"]);
    check("a: [?b, :c]\n", &["yaml_syntax 1:5", "yaml_syntax 1:9"]);
    check("a: [b, !!str c:, d]\n", &["yaml_syntax 1:14"]);
    check(
        "a: [b: , c:d, 'e':f, -?g, !!str h: i]\nh: ?i\nj: b:]\nk: :l\n",
        &[],
    );

    check("~: 1\n", &["yaml_key 1:1"]);
    check(": 1\n", &["yaml_key 1:1"]);
    check("a: 1\n!!int : 1\n", &["yaml_key 2:6"]);
    check("!!null x: 1\n", &["yaml_key 1:8"]);
    check("? [a]\n: 1\n", &["yaml_key 1:3"]);
    check("a: &x [b]\nc: {*x : 1}\n", &["yaml_key 1:7"]);
    check("s: {{ $labels.x }}\n", &["yaml_key 1:5"]);

    check("a: *x\n", &["yaml_alias 1:4"]);
    check("a: *.example.com\nb: *x\n", &["yaml_alias 1:4", "yaml_alias 2:4"]);
    check("a: &x [*x]\n", &["yaml_alias 1:8"]);
    check(
        "a: &x:\nb: [&é c, &x-1_A d]\n",
        &["yaml_alias 1:4", "yaml_alias 2:5"],
    );
    check(
        "a: 1\nb: 1\na: 2\nb: 2\n",
        &["yaml_duplicate_key 3:1", "yaml_duplicate_key 4:1"],
    );
    // What was read before the parser had to stop is told as well.
    check(
        "a: 1\na: 2\nb: [\n",
        &["yaml_duplicate_key 2:1", "yaml_syntax 3:4"],
    );
}

#[test]
fn a_hint_says_what_to_do() {
    let check = |text: &str, expect: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        let hint = findings[0].hint.as_deref().unwrap_or_default();
        assert!(hint.contains(expect), "{text:?}: {findings:?}");
    };
    check("a:b\nc: 1\n", "space after the `:`");
    check("a: *.example.com\n", "put it in quotes");
    check("a: \"\\d+\"\n", "single quotes");
    check("s: {{ $value }}\n", "whole value in quotes");
    check("a:\n- b: 1\n  - c\n", "indentation");
    check("a: [1\nb: 2\n", "close it");
    check("a:\n\tb: 1\n", "spaces");
    check("a: *b\n", "own file only");
    check("a: \"\\/\"\n", "write `/`");
    check("  {{- if .x }}\n", "what it renders");
}

#[test]
fn a_slip_is_told_where_it_is_and_not_where_the_parser_stops() {
    let check = |text: &str, place: &str, message: &str, hint: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        let at = findings[0].at.map(|at| at.to_string()).unwrap_or_default();
        assert_eq!((findings.len(), at.as_str()), (1, place), "{text}: {findings:#?}");
        assert!(findings[0].message.contains(message), "{text}: {findings:#?}");
        let told = findings[0].hint.as_deref().unwrap_or_default();
        assert!(told.contains(hint), "{text}: {findings:#?}");
    };
    let dash = "a `-` begins an item only if a space follows";
    check("a:\n-b: c\n  d: e\n", "2:1", dash, "`- b`");
    check("a:\n  -b: c\n   d: e\n", "2:3", dash, "`- b`");
    check("a:\n- b: c\n-b: d\n  e: f\n", "3:1", dash, "`- b`");
    check(
        "a:\n  b:\n  -10.0.0.1:1\n  -10.0.0.2:1\n",
        "3:3",
        dash,
        "`- 10.0.0.1`",
    );
    check(
        "a:\n  -\u{a0}b: c\n    d: e\n",
        "2:3",
        "U+00A0 behind the `-`",
        "plain space",
    );
    check("a:\n- b = c\n  d: e\n", "2:3", "`b =` is text", "write `b: `");
    check("a:\n- b=c\n  d: e\n", "2:3", "`b =` is text", "write `b: `");
    check(
        "a:\n- b: c\n  d = e\n  f: g\n",
        "3:3",
        "`d =` is text",
        "write `d: `",
    );
    check(
        "a:\n- b:c\n  d: e\n",
        "2:3",
        "`b:` is text here",
        "space after the `:`",
    );
    check(
        "a:\n- b: c\n  d:e\n",
        "3:3",
        "`d:` is text here",
        "space after the `:`",
    );
    check(
        "a:\n- b:c\n\n  # d\n  e: f\n",
        "2:3",
        "`b:` is text here",
        "space after the `:`",
    );
    // No slips of that kind.
    check(
        "a:\n- http://b\n  c: d\n",
        "3:4",
        "a `:` where no key can be",
        "quotes",
    );
    check(
        "a:\n  b: |\n    c = d\n   e: f\n",
        "4:4",
        "begins in column 4",
        "indentation",
    );
    check(
        "a:\n- b:\n    c == d\n    e: f\n",
        "4:5",
        "begins in column 5",
        "all of the text in quotes",
    );
}

#[test]
fn what_lacks_quotes_or_a_comma_is_told_so() {
    let check = |text: &str, place: &str, message: &str, hint: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        let at = findings[0].at.map(|at| at.to_string()).unwrap_or_default();
        assert_eq!((findings.len(), at.as_str()), (1, place), "{text}: {findings:#?}");
        assert!(findings[0].message.contains(message), "{text}: {findings:#?}");
        let told = findings[0].hint.as_deref().unwrap_or_default();
        assert!(told.contains(hint), "{text}: {findings:#?}");
    };
    let brackets = "at the beginning of a value begins";
    check("a: [a-z]+\nb: c\n", "1:4", brackets, "single quotes");
    check(
        "a:\n- b: [^a-z]+;(.*)\n  b: c\n",
        "2:6",
        brackets,
        "single quotes",
    );
    check(
        "a:\n  b: {c=\"d\", e=~\"f\"} == 0\n",
        "2:6",
        brackets,
        "single quotes",
    );
    check("a:\n- [b] c\n", "2:3", brackets, "single quotes");
    check(
        "a:\n  b: {{ $c }} is d\n  e: f\n",
        "2:7",
        "`{{` without quotes",
        "whole value in quotes",
    );

    let comma = "a `,` is missing before this";
    check("a: [\"b\" \"c\"]\n", "1:9", comma, "`,` between");
    check("a: ['b' \"c\"]\n", "1:9", comma, "`,` between");
    check("a: {b: \"c\" d: \"e\"}\n", "1:12", comma, "`,` between");
    check(
        "a: [\"b\" == c]\n",
        "1:9",
        "text after the closing quote",
        "whole value in quotes",
    );
    check(
        "a: {b: c d: e}\n",
        "1:11",
        "a `,` or the closing bracket",
        "write it",
    );
}

#[test]
fn what_is_no_yaml_is_told_what_it_is() {
    let check = |bytes: &[u8], place: &str, message: &str| {
        let findings = read(bytes, &Limits::default()).unwrap_err();
        let at = findings[0].at.map(|at| at.to_string()).unwrap_or_default();
        assert_eq!((findings.len(), at.as_str()), (1, place), "{findings:#?}");
        assert!(findings[0].message.contains(message), "{findings:#?}");
    };
    check(b"```yaml\na: b\n```\n", "1:1", "a fence of Markdown");
    check(b"a: b\n```\n", "2:1", "a fence of Markdown");
    check(
        b"<!DOCTYPE html>\n<html>\n<body>Denied: see x</body>\n",
        "1:1",
        "a page of HTML",
    );
    check(b"\n<?xml version='1.0'?>\n<a b: c>\n", "2:1", "a page of XML");
    check(b"\x1f\x8b\x08\x00", "", "this is gzip");
    check(b"PK\x03\x04\x14", "", "this is a zip archive");
    check(b"<a: b: c>\n", "1:6", "a `:` where no key can be");
}

#[test]
fn a_section_that_is_there_twice_is_to_be_joined() {
    let check = |text: &str, expect: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        let hint = findings[0].hint.as_deref().unwrap_or_default();
        assert!(hint.starts_with(expect), "{text}: {findings:#?}");
    };
    check("a: [b]\n\na: [c]\n", "put what is below it under the first `a`");
    check(
        "a: {b: c}\na: {d: e}\n",
        "put what is below it under the first `a`",
    );
    check("a: [b]\na:\n", "remove one");
    check("a: b\na: b\n", "remove one");
    check("- a: [b]\n  a: [c]\n", "remove one");
}

#[test]
fn what_is_never_closed_is_told_where_it_was_opened() {
    let check = |text: &str, place: &str, message: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        let at = findings[0].at.map(|at| at.to_string()).unwrap_or_default();
        assert_eq!(at, place, "{text}: {findings:#?}");
        assert!(findings[0].message.contains(message), "{text}: {findings:#?}");
    };
    check("a: [\n", "1:4", "`[` is never closed");
    check(
        "a: [1\nb: 2\n",
        "1:4",
        "`[` is never closed, and line 2 goes on outside",
    );
    check("a: {x: 1\n\n\nb:\n  c: 3\n", "1:4", "`{` is never closed");
    check(
        "a: {x: it''s, y: '[''', # [\n  z: \"\\\"]\"\nb: 2\n",
        "1:4",
        "`{` is never closed",
    );
    check(
        "scrape_configs: [\n- job_name: a\n  static_configs: [{targets: [a:1]}]\n",
        "1:17",
        "`[` is never closed",
    );
    check(
        "scrape_configs:\n- job_name: a\n  static_configs: [{targets: [a:1]}\n  scheme: https\n",
        "3:19",
        "`[` is never closed",
    );
    check(
        "a:\n- targets: [a:1, {b: 2\n  labels: {a: b}\n",
        "2:18",
        "`{` is never closed",
    );
    check(
        "a:\n- targets: [a:1, b:2\n- targets: [c:1]\n",
        "2:12",
        "`[` is never closed",
    );
    // One that is closed further down lacks something else.
    check("a: [\n  b: c d: e\n]\n", "2:9", "missing before this");
    check("[\n{a: 1}\n{b: 2}\n]\n", "3:1", "missing before this");
    check("a: [\n  - b\n]\n", "2:3", "`-` begins no item in brackets");
    check("a: {b: [c}\n", "1:8", "`[` is closed by `}`");

    check("a: \"x\nb: 1\n", "1:4", "a quote is never closed");
    check("a: 'x\n---\nb: y\n", "1:4", "a quote is never closed");
    let findings = read(b"a: [b #c]\nd: e\n", &Limits::default()).unwrap_err();
    let hint = findings[0].hint.as_deref().unwrap_or_default();
    assert!(
        hint.contains("what stands behind ` #` is a comment"),
        "{findings:#?}"
    );

    check(
        "a: \"x\nb: \"y\"\n",
        "1:4",
        "this quote ends only at 2:4, where text follows it",
    );
    check("a: 'it''s\nb: 'y'\n", "1:4", "this quote ends only at 2:4");
    check("a: \"\\\"x\nb: \"y\"\n", "1:4", "this quote ends only at 2:4");
    // Looked at once, however many there are: counted again for each two of them, these would take an hour.
    let quotes = format!("a: 'x\n{}' y\n", "''".repeat(300_000));
    check(&quotes, "1:4", "this quote ends only at 2:600001");
    check("a: \"x\" y\nb: 1\n", "1:8", "text after the closing quote");
}

#[test]
fn a_line_that_is_indented_differently_is_told_from_which_and_by_how_much() {
    let check = |text: &str, message: &str, hint: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        let said = findings[0].hint.as_deref().unwrap_or_default();
        assert!(findings[0].message.contains(message), "{text}: {findings:#?}");
        assert!(said.contains(hint), "{text}: {findings:#?}");
    };
    check(
        "scrape_configs:\n - job_name: a\n    static_configs: []\n",
        "`static_configs` begins in column 5, `job_name` in line 2 in column 4",
        "remove 1 space of its indentation; if it is text that goes on,",
    );
    check(
        "scrape_configs:\n  - job_name: 'a'\n     static_configs: []\n",
        "`static_configs` begins in column 6, `job_name` in line 2 in column 5",
        "remove 1 space",
    );
    check(
        "scrape_configs:\n  - job_name: a\n   static_configs: []\n",
        "`static_configs` begins in column 4, `job_name` in line 2 in column 5, `scrape_configs` in line 1 in column 1",
        "add 1 space to stand beside `job_name` in line 2, or remove 3 spaces to stand beside `scrape_configs` in line 1",
    );
    check(
        "groups:\n- name: a\n  rules:\n  - alert: x\n    expr: up\n   for: 5m\n",
        "`for` begins in column 4, `expr` in line 5 in column 5, `rules` in line 3 in column 3",
        "add 1 space",
    );
    check(
        "groups:\n- name: a\n  rules:\n  - record: x\n    expr: [a]\n     labels: {}\n",
        "`labels` begins in column 6, `expr` in line 5 in column 5",
        "remove 1 space",
    );
    check(
        "groups:\n  - name: a\n    rules:\n     - alert: x\n       expr: up\n    - alert: y\n",
        "this item begins in column 5, the item in line 4 in column 6",
        "add 1 space",
    );
    check(
        "scrape_configs:\n  - job_name: a\n   - job_name: b\n",
        "this item begins in column 4, the item in line 2 in column 3",
        "remove 1 space",
    );
    check(
        "scrape_configs:\n  - job_name: a\n - job_name: b\n",
        "this item begins in column 2, the item in line 2 in column 3",
        "add 1 space",
    );
    check(
        "scrape_configs:\n  - job_name: a\n    metrics_path: /x\n  job_name: b\n",
        "`job_name` begins in column 3,",
        "write `- ` before it",
    );
    check(
        " groups:\n   - name: a\nrules:\n",
        "`rules` begins in column 1, `groups` in line 1 in column 2",
        "add 1 space",
    );
    check(
        "groups:\n- name: a\n  rules:\n  - alert: x\n    expr: |\n      sum(x)\n     by (job)\n",
        "this line begins in column 6, the text in line 6 in column 7",
        "add 1 space",
    );
    check(
        "a:\n  - b: |\n      x: y\n     c: d\n",
        "`c` begins in column 6, `b` in line 2 in column 5",
        "remove 1 space",
    );
    check(
        "a:\n  - b: x >\n        1\n     c: d\n",
        "`c` begins in column 6, `b` in line 2 in column 5",
        "remove 1 space",
    );
    // What is no matter of the indentation is told as what it is.
    check(
        "a: b: c\n",
        "a `:` where no key can be",
        "put a value that holds `: ` in quotes",
    );
    check(
        "a:\n  b: c\n  d: e: f\n",
        "a `:` where no key can be",
        "in quotes",
    );
    check("a:b\n  c: 1\n", "`a:` is text here", "space after the `:`");
    check(
        "a:\n- b: 1\n  - c\n",
        "a list item where a key should be",
        "begin in the same column",
    );
    check(
        "a:\n  b: 1\n  c\n  d: 2\n",
        "this line is no `key: value`",
        "add the `:`",
    );
}

#[test]
fn an_item_that_is_indented_differently_belongs_to_items_that_begin_as_it_does() {
    let check = |text: &str, expect: &str| {
        let findings = read(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(findings[0].hint.as_deref(), Some(expect), "{text}: {findings:#?}");
    };
    let rules = "groups:\n- name: a\n  rules:\n  - alert: x\n    expr: up\n";
    check(
        &format!("{rules} - alert: y\n"),
        "add 1 space to stand beside the item in line 4",
    );
    check(
        &format!("{rules} - name: b\n"),
        "remove 1 space to stand beside the item in line 2",
    );
    check(
        &format!("{rules} - record: y\n"),
        "correct its indentation: add 1 space to stand beside the item in line 4, or remove 1 space to stand beside the item in line 2",
    );
    check(
        "groups:\n- name: a\n  queries:\n    - x\n   - y\n",
        "add 1 space to stand beside the item in line 4",
    );
}

#[test]
fn a_key_is_there_once_by_text_and_by_value() {
    let twice = |keys: &[&str], expect: bool| {
        let text = keys.iter().fold(String::new(), |text, key| text + key + ": 1\n");
        assert_eq!(!findings(&text).is_empty(), expect, "{keys:?}");
    };
    twice(&["a", "a"], true);
    twice(&["a", "'a'"], true);
    twice(&["1", "\"1\""], true);
    twice(&["yes", "true"], true);
    twice(&["yes", "'true'"], false);
    twice(&["10", "0xA"], true);
    twice(&["8", "010"], true);
    twice(&["-0x10", "-16"], true);
    twice(&["1_000", "1000"], true);
    twice(&["1.0", "1.00"], true);
    twice(&["1.0", "1"], false);
    twice(&["08", "8"], true);
    twice(&["a", "A"], false);
    twice(&["<<", "'<<'"], true);

    // What is read as text is.
    let check = |text: &str, expect: &[&str]| assert_eq!(findings(text), expect, "{text:?}");
    check("labels: {y: 1, yes: 2, 10: 3, 0xA: 4}\n", &[]);
    check("params: {yes: [a], true: [b]}\n", &[]);
    check("labels: {yes: 1, 'yes': 2}\n", &["yaml_duplicate_key 1:18"]);
    check("fields: {y: 1, yes: 2}\n", &["yaml_duplicate_key 1:16"]);
}

#[test]
fn a_merge_key_does_what_it_seems_to() {
    let check = |text: &str, expect: &[&str]| assert_eq!(findings(text), expect, "{text:?}");
    check("a: &a {k: 1}\nb: {<<: *a, k: 2}\n", &[]);
    check("a: &a {k: 1}\nb: {k: 2, <<: *a}\n", &["yaml_merge_key 2:11"]);
    check("a: &a {k: 1}\nb: {<<: [*a, {k: 3}]}\n", &[]);
    check(
        "a: &a {k: 1}\nlabels: {<<: *a, k: 2}\n",
        &["yaml_duplicate_key 2:18"],
    );
    check(
        "a: &a {k: 1}\nlabels: {<<: [*a, {k: 3}]}\n",
        &["yaml_duplicate_key 2:10"],
    );
    check(
        "a: &a {k: 1}\nb: &b {<<: *a, k: 2}\nlabels: *b\n",
        &["yaml_duplicate_key 2:16"],
    );
    check("groups: [{l: &a {k: 1}, labels: {<<: *a, k: 2}}]\n", &[]);
    check("a: {<<: 3}\n", &["yaml_merge_key 1:5"]);
    check("a: {<<: *x}\n", &["yaml_alias 1:9"]);
    check("a: {<<: []}\n", &["yaml_merge_key 1:5"]);
    check("a: {'<<': 3}\n", &[]);

    let node = tree("a: &a {k: 1, l: 2}\nb: {<<: *a, k: 3}\nc: {'<<': {k: 1}}\n");
    let text = |map: &str, key: &str| node.get(map)?.get(key)?.text().map(str::to_owned);
    assert_eq!(text("b", "k").as_deref(), Some("3"));
    assert_eq!(text("b", "l").as_deref(), Some("2"));
    assert_eq!(text("c", "k"), None);
}

#[test]
fn a_map_has_what_its_merge_keys_bring_and_it_does_not_set_itself() {
    let check = |map: &str, expect: &str| {
        let node = tree(map);
        let entries = node.entries().into_iter();
        let shown = entries.map(|(key, value)| format!("{}{}", key.text().unwrap(), value.text().unwrap()));
        assert_eq!(shown.collect::<Vec<_>>().join(" "), expect, "{map}");
        for (key, value) in node.entries() {
            assert_eq!(node.get(key.text().unwrap()), Some(value), "{map}");
        }
    };
    check("{b: 1, a: 2}", "b1 a2");
    check("{<<: {a: 1, b: 2}, b: 3, c: 4}", "b3 c4 a1");
    check("{<<: [{a: 1}, {a: 2, b: 3}]}", "a1 b3");
    check("{<<: {<<: {a: 1, b: 2}, b: 3}, c: 4}", "c4 b3 a1");
    check("{'<<': 1}", "<<1");
    check("[{a: 1}]", "");
    check("text", "");
}

#[test]
fn what_a_map_has_through_a_merge_key_is_said_where_the_map_is() {
    let check = |map: &str, expect: Option<&str>| {
        let at = tree(map).get("m").unwrap().said_at("k");
        assert_eq!(at.map(|at| at.to_string()).as_deref(), expect, "{map}");
    };
    check("m: {j: 1, k: 2}\n", Some("1:14"));
    check("a: &a {k: 1}\nm: {<<: *a}\n", Some("2:4"));
    check("a: &a {k: 1}\nm: {<<: *a, k: 2}\n", Some("2:16"));
    check("m: {j: 1}\n", None);
}

#[test]
fn text_is_text() {
    let check = |bytes: &[u8], expect: &[&str]| assert_eq!(findings(bytes), expect, "{bytes:?}");
    check(b"a: caf\xe9\n", &["yaml_encoding 1:7"]);
    check("a: 1\nb: \u{e9}\u{e9}".as_bytes(), &[]);
    check(b"\xff\xfea\0:\0", &["yaml_encoding"]);
    check(b"a\0:\0 \0", &["yaml_encoding"]);
    check(b"a: 1\r\nb: x\0\r\n", &["yaml_character 2:5"]);
    check(b"a: \x01\x7f\n", &["yaml_character 1:4", "yaml_character 1:5"]);
    check(
        "a: x\u{85}y\u{2028}z\u{feff}\u{ffff}\n".as_bytes(),
        &[
            "yaml_character 1:5",
            "yaml_character 1:7",
            "yaml_character 1:9",
            "yaml_character 1:10",
        ],
    );
    check("\u{feff}a: 1\n".as_bytes(), &[]);
    check("\u{feff}\u{feff}a: 1\n".as_bytes(), &["yaml_character 1:1"]);
    check("# fine: \u{1f600} \u{202f}\n".as_bytes(), &[]);
    assert_eq!(findings("\u{1}".repeat(30)).len(), 10);
}

#[test]
fn nothing_is_nothing() {
    for text in ["", "\n", "# only a comment\n", "---\n", "~", "null\n", "\u{feff}"] {
        assert_eq!(read(text.as_bytes(), &Limits::default()), Ok(None), "{text:?}");
    }
}

#[test]
fn a_hostile_file_ends_soon() {
    let check = |text: &str, expect: &str| {
        let found = findings(text);
        assert!(
            found.iter().any(|finding| finding.starts_with(expect)),
            "{expect}: {found:?}"
        );
    };
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    check(&bomb, "yaml_nodes");
    let empty_bomb = bomb.replace("x, x, x, x, x, x, x, x, x", "");
    check(&empty_bomb, "yaml_nodes");
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(1000));
    check(&long, "yaml_nodes");
    check(&"[".repeat(65_536), "yaml_depth 1:101");
    check(&"{a: ".repeat(65_536), "yaml_depth 1:401");
    check(&"- ".repeat(65_536), "yaml_depth 1:201");
    check(
        &(0..1000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n"),
        "yaml_depth 101:",
    );
    check(&"- x\n".repeat(200_001), "yaml_nodes");
    check(&"x".repeat(1024 * 1024 + 1), "yaml_size");
    check(&"? [a]\n".repeat(100_000), "yaml_more");
    check(&"a: 1\n".repeat(60_000), "yaml_more");
    check(&"- {<<: *a}\n".repeat(60_000), "yaml_more");
    let deep_copy = format!("a: &a {}1{}\nb: {0}*a{1}\n", "[".repeat(60), "]".repeat(60));
    check(&deep_copy, "yaml_depth 2:");

    let deep = tree(&format!("{}1{}", "[".repeat(100), "]".repeat(100)));
    let json = serde_json::to_string(&vec![vec![vec![vec![&deep]]]]).unwrap();
    let back: Vec<Vec<Vec<Vec<Node>>>> = serde_json::from_str(&json).unwrap();
    assert_eq!(back[0][0][0][0], deep);
    assert_eq!(meaning(&tree(&print(&deep).text)), meaning(&deep));
}

#[test]
fn what_is_printed_is_what_was_written() {
    let check = |text: &str, expect: &str| assert_eq!(print(&tree(text)).text, expect, "{text:?}");

    // Plain scalars stay, whatever another reader would take them for.
    check(
        "[1.10, 007, yes, 0x1F, 1e3, ~, null, 1:30, 010, 2001-01-01, y]",
        "- 1.10\n- 007\n- yes\n- 0x1F\n- 1e3\n- ~\n- null\n- 1:30\n- 010\n- 2001-01-01\n- y\n",
    );
    check("a: 'true'\nb: \"1.10\"\n", "a: \"true\"\nb: \"1.10\"\n");
    check("a:\nb: ''\nc: []\nd: {}\n", "a:\nb: \"\"\nc: []\nd: {}\n");
    // Over several lines: folded onto one, or quoted where a line break remains.
    check("a: x\n  y\nb: x\n\n  y\n", "a: x y\nb: \"x\\ny\"\n");
    check(
        "a: |\n  x\n   y\nb: >-\n  x\n  y\n",
        "a: \"x\\n y\\n\"\nb: \"x y\"\n",
    );
    // As Go's reader: no line feed where the file ends without one.
    check("a: |\n  x", "a: \"x\"\n");
    check("a: x # comment\n", "a: x\n");
    check(
        "a: {b: [c, {d: e, f: []}]}\n",
        "a:\n  b:\n    - c\n    - d: e\n      f: []\n",
    );
    check("- - a\n  - b\n- - - c\n-\n", "- - a\n  - b\n- - - c\n-\n");
    check(
        "a: &a {x: 1}\nb: *a\nc: {<<: *a}\n",
        "a:\n  x: 1\nb:\n  x: 1\nc:\n  <<:\n    x: 1\n",
    );
    check(
        "a: !!binary |\n  AAA\n  BBB\nb: !!str\nc: !!int 3\nd: !!null\n",
        "a: !!binary \"AAA\\nBBB\\n\"\nb: \"\"\nc: 3\nd: !!null\n",
    );
    // A tag that says only what the text says by itself is not needed.
    check(
        "a: !!int \"10\"\nb: !!int 010\nc: !!bool 'true'\nd: !!bool yes\ne: !!str 1.10\nf: !!float 1\n",
        "a: 10\nb: !!int 010\nc: true\nd: !!bool yes\ne: \"1.10\"\nf: !!float 1\n",
    );
    // What is text is told as text; what is none stays.
    check(
        "!!binary a2V5: !!binary L2V0Yy9z\nb: !!binary |\n  L2V\n  0Yw==\nc: !!binary L2V0Y8KjLw==\nd: !!binary ''\n",
        "\"key\": \"/etc/s\"\nb: \"/etc\"\nc: \"/etc£/\"\nd: \"\"\n",
    );
    check(
        "a: !!binary AAAACATSFi8=\nb: !!binary L2V=0Yw=\nc: !!binary L2V0Y\nd: !!binary \"L2V0 Yw==\"\n",
        "a: !!binary AAAACATSFi8=\nb: !!binary L2V=0Yw=\nc: !!binary L2V0Y\nd: !!binary \"L2V0 Yw==\"\n",
    );
    check("? |\n  a key\n: 1\n'a: b': 2\n", "\"a key\\n\": 1\n\"a: b\": 2\n");
    check(
        &format!("? {}\n: 1\n", "k".repeat(2000)),
        &format!("? {}\n: 1\n", "k".repeat(2000)),
    );
    check("{---: 1, a: ---}", "\"---\": 1\na: \"---\"\n");
    check(
        "a: \"\\0\\x7f\\x85\\u2028\\ufeff\\t\\\"\\\\\\r\\U0001f600é\u{202a}\"\n",
        "a: \"\\x00\\x7f\\x85\\u2028\\ufeff\\t\\\"\\\\\\r\u{1f600}é\\u202a\"\n",
    );
    check("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n");
}

/// A step that replaces part of a plain scalar may make one that cannot stand plain.
#[test]
fn a_plain_scalar_that_would_be_read_as_something_else_is_quoted() {
    for text in [
        "a: b", "a #b", "a:", " a", "a ", "- a", "-", "? a", "*a", "&a", "!a", "#a", "[a", "{a", "'a", "%a",
        "@a",
    ] {
        assert_eq!(print(&Node::plain(text)).text, format!("\"{text}\"\n"));
    }
    for text in ["a:b", "a#b", "-a", "?a", "a'b", "a b", "http://a:1/b?c=d&e#f"] {
        assert_eq!(print(&Node::plain(text)).text, format!("{text}\n"));
    }
}

#[test]
fn each_printed_line_knows_the_authors_line() {
    let mut base = tree("# a\na: {b: [1, 2]}\n\n\nc: x\n");
    let Value::Map(entries) = &mut base.value else {
        panic!("a map")
    };
    entries.push((Node::plain("generated"), Node::string("x")));
    let printed = print(&base);
    assert_eq!(
        printed.text,
        "a:\n  b:\n    - 1\n    - 2\nc: x\ngenerated: \"x\"\n"
    );
    let places: Vec<String> = printed.lines.iter().map(ToString::to_string).collect();
    assert_eq!(places, ["2:1", "2:5", "2:9", "2:12", "5:4", "0:0"]);
}

#[test]
fn a_tree_as_json_is_one_flat_array_a_node() {
    let node = tree("a: [1, 'x', !!float 2]\n");
    let json = serde_json::to_string(&node).unwrap();
    assert_eq!(
        json,
        r#"[1,1,3,[1,1,1,"a"],[1,4,2,[1,5,1,"1"],[1,8,0,"x"],[1,21,1,"2","!!float"]]]"#
    );
    assert_eq!(serde_json::from_str::<Node>(&json).unwrap(), node);
    for bad in [
        "[]",
        "[1,1]",
        "[1,1,9]",
        "[1,1,3,[1,1,1,\"a\"]]",
        "{}",
        "[1,1,1,2]",
    ] {
        serde_json::from_str::<Node>(bad).unwrap_err();
    }
}

/// A small random source, so that a failure can be had again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn string(&mut self) -> String {
        const AWKWARD: &[char] = &[
            ' ',
            ' ',
            'a',
            'b',
            '0',
            '1',
            '.',
            ':',
            '-',
            '#',
            '?',
            '!',
            '&',
            '*',
            '|',
            '>',
            '%',
            '@',
            '`',
            '"',
            '\'',
            '\\',
            '/',
            '{',
            '}',
            '[',
            ']',
            ',',
            '\n',
            '\t',
            '\r',
            '\0',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{2028}',
            '\u{2029}',
            '\u{feff}',
            '\u{202e}',
            '\u{fffd}',
            '\u{ffff}',
            'é',
            '\u{1f600}',
            '=',
            '<',
            '~',
        ];
        (0..self.below(8)).map(|_| *self.pick(AWKWARD)).collect()
    }

    fn scalar(&mut self) -> Node {
        const PLAIN: &[&str] = &[
            "",
            "~",
            "null",
            "yes",
            "No",
            "on",
            "y",
            "1.10",
            "007",
            "0x1F",
            "1e3",
            "1_000",
            ".inf",
            "1:30",
            "-1",
            "a b",
            "-a",
            "?a",
            ":a",
            "a:b",
            "a#b",
            "<<x",
            "=",
            "2001-01-01",
            "é",
            "x y  z",
            "a'b\"c",
            "/a\\d+$",
        ];
        let mut node = match self.below(3) {
            0 => Node::string(self.string()),
            1 => Node::string(*self.pick(PLAIN)),
            _ => Node::plain(*self.pick(PLAIN)),
        };
        if let Value::Scalar(scalar) = &mut node.value
            && self.below(10) == 0
            && !scalar.text.is_empty()
        {
            scalar.tag = Some((*self.pick(&["!!float", "!!binary", "!!timestamp"])).to_owned());
        }
        node
    }

    fn tree(&mut self, depth: usize) -> Node {
        match self.below(if depth == 0 { 1 } else { 4 }) {
            0 | 1 => self.scalar(),
            2 => Node::seq((0..self.below(4)).map(|_| self.tree(depth - 1)).collect()),
            _ => {
                let entry = |index, random: &mut Random| {
                    (
                        Node::string(format!("{}{index}", random.string())),
                        random.tree(depth - 1),
                    )
                };
                Node::map((0..self.below(4)).map(|index| entry(index, self)).collect())
            }
        }
    }
}

#[test]
fn any_tree_survives_printing_and_reading() {
    for seed in 1..4000_u64 {
        let node = Random(0x9e37_79b9_7f4a_7c15 ^ seed).tree(5);
        let text = print(&node).text;
        let back = read(text.as_bytes(), &Limits::default());
        let back = back.unwrap_or_else(|findings| panic!("seed {seed}: {findings:?}\n{text}"));
        assert_eq!(
            back.as_ref().map(meaning),
            Some(meaning(&node)).filter(|node| !node.is_null()),
            "{seed}\n{text}"
        );
        let printed = print(&node);
        assert_eq!(printed.text.lines().count(), printed.lines.len());
    }
}

/// Texts that are nearly right find what a generator of trees does not: odd styles that the parser takes.
#[test]
fn any_text_that_is_read_survives_printing_and_reading() {
    const SEEDS: &[&str] = &[
        "a: &x [1, 'b', \"c\\n\"]\n? k\n: |2\n   l\n  m\nd: {e: f, ? g : h, i, <<: *x}\n# c\n",
        "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: [x,\n   'y' ]\n    labels: {a: 1}\n",
        "groups:\n- name: >-\n    g\n\n    h\n  rules:\n  - expr: a\n      b\n\n      c\n    s: !!str 1\n",
        "---\n- - a\n  - ? b\n- \"a\n\n  b\\\n  c\"\n- 'it''s'\n- *y\n- &y x\n- *y\n...\n",
    ];
    const PIECES: &[&str] = &[
        " ", "  ", "\n", "\n  ", "\t", "- ", ": ", ":", "? ", "|\n", ">\n", "{", "}", "[", "]", ",", "#",
        " #", "'", "\"", "&x ", "*x", "!!str ", "!", "%", "~", "---", "...", "-", "\r\n", "\r", "é", "<<: ",
        "\\", "a", "0",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut read_well = 0;
    for _ in 0..20_000 {
        let mut text: Vec<char> = random.pick(SEEDS).chars().collect();
        for _ in 0..=random.below(3) {
            let start = random.below(text.len() + 1);
            let end = (start + random.below(4)).min(text.len());
            let piece: Vec<char> = random.pick(PIECES).chars().collect();
            text.splice(start..end, piece);
        }
        let text = String::from_iter(text);
        let Ok(Some(node)) = read(text.as_bytes(), &Limits::default()) else {
            continue;
        };
        let printed = print(&node).text;
        match read(printed.as_bytes(), &Limits::default()) {
            Ok(back) => assert_eq!(
                back.as_ref().map(meaning),
                Some(meaning(&node)),
                "{text:?}\n{printed}"
            ),
            Err(findings) => panic!("{text:?}\n{printed}\n{findings:?}"),
        }
        read_well += 1;
    }
    assert!(
        read_well > 2000,
        "only {read_well} were read: the test tests little"
    );
}
