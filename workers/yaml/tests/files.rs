//! Real files and nasty ones, written by others, as they lie beside a checkout. Skipped, saying so, where
//! they do not.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, outside any `#[test]` function"
)]

use std::path::{Path, PathBuf};
use yaml::{Limits, Node, Value, print, read};

fn beside(path: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(path);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

fn without_positions(node: &mut Node) {
    node.at = yaml::Position::default();
    match &mut node.value {
        Value::Scalar(scalar) => scalar.plain &= !scalar.text.contains('\n'),
        Value::Seq(items) => items.iter_mut().for_each(without_positions),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            without_positions(key);
            without_positions(value);
        }),
    }
}

/// Reads the file, and again what is printed of it.
fn survives(file: &Path) {
    let bytes = std::fs::read(file).unwrap();
    let Some(mut once) = read(&bytes, &Limits::default())
        .unwrap_or_else(|findings| panic!("{}: {findings:?}", file.display()))
    else {
        return;
    };
    let mut twice = read(print(&once).text.as_bytes(), &Limits::default())
        .unwrap()
        .unwrap();
    without_positions(&mut once);
    without_positions(&mut twice);
    assert_eq!(once, twice, "{}", file.display());
}

#[test]
fn what_the_real_tools_accept_is_read_and_survives() {
    let Some(corpus) = beside("corpus") else { return };
    let manifest = std::fs::read_to_string(corpus.join("MANIFEST.tsv")).unwrap();
    let mut files = 0;
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        // No tool judges the cloudwatch examples; all of them are good YAML.
        if columns[3] == "ok" || columns[1] == "cloudwatch" {
            survives(&corpus.join(columns[0]));
            files += 1;
        }
    }
    assert!(files > 300, "{files}");
}

#[test]
fn nasty_files_are_read_or_refused_as_their_index_says() {
    const REFUSED: [&str; 7] = ["07-", "09-", "11-", "15-", "17-", "25-", "29-"];
    let Some(nasty) = beside("fixtures/nasty") else {
        return;
    };
    let index = std::fs::read_to_string(nasty.join("INDEX.tsv")).unwrap();
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let file = nasty.join(columns[0]);
        if REFUSED.iter().any(|number| columns[0].starts_with(number)) {
            assert!(columns[2].starts_with("REJECT"), "{line}");
            let bytes = std::fs::read(&file).unwrap();
            assert!(
                read(&bytes, &Limits::default()).is_err(),
                "{} must be refused",
                columns[0]
            );
        } else {
            // Accepted, or refused by what knows more than YAML.
            survives(&file);
        }
    }
}
