//! The desk: the real state machine and the real steps in this process, with folders instead of buckets.
//!
//! In: a command line, or a definition and ports. Out: a deployed folder, reports, exit codes. Never: AWS (no
//! SDK is built for this); a step of its own; a decision that the definition or a step makes on AWS.
//!
//! | file | what |
//! |---|---|
//! | `engine.rs` | [`engine`]: runs a definition with anything that answers tasks |
//! | `steps.rs` | [`steps`]: the seven steps over any ports, as that |
//! | `desk.rs` | [`desk`]: the ports over folders |
//! | `cli.rs`, `usage.rs` | what can be typed, and what is said where that is something else |
//! | `run.rs`, `check.rs`, `policy.rs`, `pushgateway_gc.rs` | what it does: `run` and `watch`, `check`, `policy`, `pushgateway-gc` |
//! | `address.rs` | which key a file has that is checked, and what it is called |
//! | `before.rs`, `diff.rs` | what a check compares with, and how it differs |
//! | `upgrade.rs` | what `check --target-version` says |
//! | `import.rs` | [`import`]: another system's bucket taken over, and what that changes |
//! | `changes.rs` | what `watch` hears |
//! | `progress.rs`, `report.rs`, `print.rs` | what is said while it runs, afterwards, and where |
//! | `graph.rs` | [`graph`]: the definition as SVG |

mod address;
mod before;
mod changes;
mod check;
mod cli;

pub mod desk;
mod diff;
pub mod engine;
pub mod graph;
pub mod import;
mod policy;
mod print;
mod progress;
mod pushgateway_gc;
pub mod report;
mod run;
pub mod steps;
mod upgrade;
mod usage;

use cli::{Command, Format};
use contract::{Class, Failure, Step};
use engine::{Definition, Unknown};
use report::Ended;
use std::process::ExitCode;

/// The definition that runs in production, as it lies in `statemachine/`.
pub const CONFIG_RELOADER: &str = include_str!("../../../statemachine/config_reloader.asl.json");

/// That definition, with each `${<step>_arn}` as the step of that name.
///
/// # Errors
/// Names the first thing in it that the engine does not know.
pub fn config_reloader() -> Result<Definition, Unknown> {
    let resource = |step: Step| (format!("${{{step}_arn}}"), step.name().to_owned());
    Definition::parse(CONFIG_RELOADER, &Step::ALL.into_iter().map(resource).collect())
}

/// The whole program, built of that commit if it is known. Wrong usage ends it with 2 before anything begins.
#[must_use]
pub fn main(commit: Option<&str>) -> ExitCode {
    let cli = usage::typed(std::env::args_os(), commit).unwrap_or_else(|told| told.exit());
    let format = match &cli.command {
        Command::Run { format, .. } | Command::Watch { format, .. } => *format,
        Command::Check(args) => args.format.of_failure(),
        Command::Import(args) => args.format,
        Command::PushgatewayGc(args) => args.format,
        Command::Policy(_) | Command::Graph => Format::Text,
    };
    // One thread beside this one, for what is asked while steps have this one.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let ended = runtime
        .map_err(|error| Failure::new(Class::Unavailable, "starting the runtime").because(error))
        .and_then(|runtime| runtime.block_on(perform(&cli)));
    match ended {
        Ok(ended) => ExitCode::from(ended.code()),
        Err(failure) => {
            print::failure(&failure, format);
            ExitCode::from(Ended::WithoutAnswer.code())
        }
    }
}

async fn perform(cli: &cli::Cli) -> Result<Ended, Failure> {
    match &cli.command {
        Command::Run {
            desk,
            snapshot,
            format,
        } => run::run(desk, snapshot.as_ref(), *format, cli.verbose).await,
        Command::Watch { desk, format } => run::watch(desk, *format, cli.verbose).await,
        Command::Check(args) => check::check(args, cli.verbose).await,
        Command::Import(args) => import::import(args, cli.verbose).await,
        Command::PushgatewayGc(args) => pushgateway_gc::pushgateway_gc(args).await,
        Command::Policy(args) => policy::policy(args),
        Command::Graph => {
            let definition = config_reloader()
                .map_err(|unknown| Failure::new(Class::Bug, "loading the definition").because(unknown))?;
            print::document(graph::svg(&definition).trim_end());
            Ok(Ended::Well)
        }
    }
}
