//! The edge. In: a report, a failure. Out: standard output and standard error, with colours on a terminal
//! only. Never: fails because nobody reads on.

use crate::cli::Format;
use crate::report::{self, Report};
use contract::Failure;
use std::io::Write as _;

/// A line or document of the answer; where there is nothing to say, none.
pub(crate) fn document(text: &str) {
    if text.is_empty() {
        return;
    }
    // Who closed the pipe has read enough.
    drop(writeln!(anstream::stdout(), "{text}"));
}

/// What is beside the answer.
pub(crate) fn note(text: &str) {
    drop(writeln!(anstream::stderr(), "{text}"));
}

pub(crate) fn report(report: &Report, format: Format) {
    match format {
        Format::Json => document(&report.json()),
        Format::Text => document(report.text().trim_end()),
    }
    if let Some(why) = &report.failure {
        note(&why.text());
    }
}

pub(crate) fn failure(failure: &Failure, format: Format) {
    if format == Format::Json {
        document(&report::failure_json(failure));
    }
    note(&report::Why::from(failure).text());
}
