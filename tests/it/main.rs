//! The one test binary of the house: each module is a ring of rules.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on ends there, with what it saw"
)]
#![expect(clippy::print_stdout, reason = "a skipped test says so, and why")]

mod agreement;
mod asked;
mod broken_off;
mod cloudwatch;
mod conflicts;
mod failures;
mod hostile;
mod import;
mod last_good;
mod outcomes;
mod poison;
mod pushgateway_gc;
mod real_reload;
mod real_tool;
mod refusal;
mod repeat;
mod scenarios;
mod servers;
mod slips;
mod stage;
mod tidy;
mod tools;
mod verdicts;
mod versions;
mod workers_table;
