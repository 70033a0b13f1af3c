//! What is said of words that are no command, and of the program itself. In: words, the commit that the program was built of. Out: a command
//! line, or what to print. Never: does anything.

use crate::cli::Cli;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Error, FromArgMatches as _};
use std::ffi::OsString;

/// The command line; or help, the version, or what is missing and an example of it.
pub(crate) fn typed(words: impl Iterator<Item = OsString>, commit: Option<&str>) -> Result<Cli, Error> {
    let words: Vec<OsString> = words.collect();
    // Once in a program's life, and clap wants it to last as long.
    let version: &'static str = version(commit).leak();
    let mut known = Cli::command().version(version);
    let told = known.try_get_matches_from_mut(&words);
    told.and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| with_example(error, &known, &words))
}

/// What a report of a bug has to say first.
fn version(commit: Option<&str>) -> String {
    let commit = match commit {
        Some(commit) if !commit.is_empty() => format!("commit {commit}"),
        _ => "of an unknown commit".to_owned(),
    };
    format!(
        "{} ({commit})\nchecks for Prometheus {} unless --prometheus-version or $PROMETHEUS_VERSION says another",
        env!("CARGO_PKG_VERSION"),
        validate::Settings::default().prometheus
    )
}

/// Whoever left something out is shown a line that has it.
fn with_example(mut error: Error, known: &clap::Command, words: &[OsString]) -> Error {
    let is_missing = [ErrorKind::MissingRequiredArgument, ErrorKind::MissingSubcommand];
    if is_missing.contains(&error.kind()) {
        let commands = || known.get_subcommands();
        let said = words
            .iter()
            .find_map(|word| commands().find(|command| *command.get_name() == **word));
        let mut of = said.into_iter().chain(commands());
        if let Some(example) = of.find_map(example) {
            let tip = StyledStr::from(format!("for example: {example}"));
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
        }
    }
    error
}

/// The first example in a command's help.
fn example(command: &clap::Command) -> Option<String> {
    let help = command.get_after_help()?.to_string();
    let line = help
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("promloom "))?;
    Some(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str], commit: Option<&str>) -> (i32, String) {
        let words = [&["promloom"], words].concat();
        match typed(words.iter().map(OsString::from), commit) {
            Ok(cli) => panic!("{words:?}: {cli:?}"),
            Err(told) => (told.exit_code(), told.to_string()),
        }
    }

    #[test]
    fn whoever_leaves_something_out_is_told_what_and_shown_an_example_that_can_be_typed() {
        let check = |words: &[&str], missing: &str, example: &str| {
            let (code, text) = said(words, None);
            assert_eq!(code, 2, "{text}");
            assert!(text.contains(missing), "{text}");
            let shown = text
                .lines()
                .find_map(|line| line.trim().strip_prefix("tip: for example: "));
            let shown = shown.unwrap_or_else(|| panic!("no example: {text}"));
            assert!(shown.starts_with(example), "{text}");
            let typed = typed(shown.split(' ').map(OsString::from), None);
            assert!(typed.is_ok(), "{typed:?}");
        };
        check(&[], "check", "promloom run ");
        check(&["-v"], "check", "promloom run ");
        check(&["run"], "<DIR>", "promloom run ");
        check(&["watch"], "<DIR>", "promloom watch ");
        check(&["check"], "<FILE>", "promloom check ");
        check(&["check", "--base", "."], "<FILE>", "promloom check ");
        check(&["-v", "check"], "<FILE>", "promloom check ");
        check(&["import"], "<OLD>", "promloom import ");
        check(
            &["pushgateway-gc", "http://localhost:9091"],
            "--ttl",
            "promloom pushgateway-gc ",
        );
    }

    #[test]
    fn who_asks_for_help_gets_it_and_who_errs_otherwise_no_example() {
        let check = |words: &[&str], expect: (i32, &str)| {
            let (code, text) = said(words, None);
            assert_eq!(code, expect.0, "{text}");
            assert!(
                text.contains(expect.1) && !text.contains("tip: for example"),
                "{text}"
            );
        };
        check(&["--help"], (0, "Usage: promloom"));
        check(&["check", "--help"], (0, "Usage: promloom check"));
        check(&["shelve"], (2, "unrecognized subcommand 'shelve'"));
        check(&["run", ".", "--format", "xml"], (2, "invalid value 'xml'"));
    }

    #[test]
    fn the_version_says_of_which_commit_and_for_which_prometheus() {
        let check = |commit: Option<&str>, expect: &str| {
            let (code, text) = said(&["--version"], commit);
            assert_eq!(code, 0, "{text}");
            let version = validate::Settings::default().prometheus;
            let expect = format!(
                "promloom {} ({expect})\nchecks for Prometheus {version} ",
                env!("CARGO_PKG_VERSION")
            );
            assert!(text.starts_with(&expect), "{text}");
        };
        check(Some("3011599abcde"), "commit 3011599abcde");
        check(Some(""), "of an unknown commit");
        check(None, "of an unknown commit");
    }
}
