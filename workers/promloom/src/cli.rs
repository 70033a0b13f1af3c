//! The command line. In: arguments. Out: a command and its settings. Never: does anything.

use clap::{Args, Parser, Subcommand, ValueEnum};
use contract::{Class, Component, Digest, Failure, Version};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use yaml::{Finding, Limits, Node, Position, Value};

/// Self-service monitoring configuration at your desk: the same steps and the same state machine as on AWS,
/// with folders instead of buckets.
#[derive(Debug, Parser)]
#[command(
    name = "promloom",
    disable_help_subcommand = true,
    arg_required_else_help = false,
    after_help = "\
Exit code: 0 nothing is wrong, 1 a fragment, a configuration or a group has problems, 2 there is no answer."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say on standard error how each step ended
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Turn all fragments in a folder into running configurations
    #[command(after_help = "\
Examples:
  promloom run demo
      deploys to demo/.promloom/volume; no process is reloaded
  promloom run demo --volume /srv/volume --prometheus http://localhost:9090 --placeholders urls.yml
      deploys where a Prometheus reads, reloads it and waits for the proof
  promloom run demo --snapshot 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      does an earlier run again, with exactly its versions")]
    Run {
        #[command(flatten)]
        desk: DeskArgs,
        /// Work on the snapshot of an earlier run, named by its digest
        #[arg(long, value_name = "DIGEST", value_parser = digest)]
        snapshot: Option<Digest>,
        /// How to print the result
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Run, and run again after every change under base/ and apps/, until Ctrl-C
    #[command(after_help = "\
Example:
  promloom watch demo --prometheus http://localhost:9090
      edit a file under demo/apps/ in another window and see what becomes of it")]
    Watch {
        #[command(flatten)]
        desk: DeskArgs,
        /// How to print each result
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Say what a push of these files would say, and change nothing
    #[command(after_help = "\
Examples:
  promloom check apps/shop/prometheus/api.yml --base .
      owner and component are in the path; the other fragments are those in this folder
  promloom check apps/shop --base .
      everything of one team
  promloom check rules.yml
      by itself, in an empty base, of nobody in particular; --owner says whose it is
  git worktree add ../main main
  git diff --name-only --diff-filter=d main -- 'apps/*.yml' | xargs -r promloom check --base ../main --format github
      in a pull request, beside what is there without it: also shows what would become live, as a diff
  promloom check base/policy.yml --base .
      would every team's fragments survive this policy?
  promloom check --deleted apps/shop/prometheus/api.yml --base ../main
      what goes with it; the folder still has it
  promloom check --target-version 3.5 --target-promtool ~/prometheus-3.5.3/promtool --base .
      would every live fragment survive that version of Prometheus? says what changes, and nothing else")]
    Check(CheckArgs),
    /// Take over the bucket of another system, and say what would become of each object and of what runs
    #[command(after_help = "\
Examples:
  aws s3 sync s3://old-monitoring-config old && promloom import old --propose > mapping.yml
      a first mapping, guessed from keys and contents; read it, and correct what it could not tell
  promloom import old --mapping mapping.yml --placeholders urls.yml
      what would become of each object; writes nothing
  promloom import old --mapping mapping.yml --placeholders urls.yml --running efs/prometheus.yml \\
      --running-rules efs/rules --running blackbox=efs/blackbox.yml --to new
      also how what Promloom would deploy differs from what runs; writes the new bucket's files to new/

Exit code: 0 every object has its place, every fragment is accepted, and nothing differs but what the mapping expects;
1 something needs a look; 2 there is no answer. docs/migration.md tells the whole day.")]
    Import(ImportArgs),
    /// Delete the groups of a Pushgateway that nobody has pushed for longer than their TTL
    #[command(after_help = "\
Examples:
  promloom pushgateway-gc http://localhost:9091 --ttl 1d --dry-run
      says what would go, and deletes nothing
  promloom pushgateway-gc http://localhost:9091 --ttl 1d --job backup=8d --never-delete billing
      a weekly job may be silent for eight days; another is kept for ever
  promloom pushgateway-gc http://monitoring.example.org:9091/pushgateway --job nightly=36h --format json
      groups of that one job only")]
    PushgatewayGc(PushgatewayGcArgs),
    /// Print the default policy with what each field is, or check a policy file
    #[command(after_help = "\
Examples:
  promloom policy > base/policy.yml
      to begin with; what is left out stays the default
  promloom policy base/policy.yml
      is it a policy, and if not, which lines are wrong?
  promloom policy --schema > policy.schema.json
      for editors")]
    Policy(PolicyArgs),
    /// Print the state machine as SVG
    #[command(after_help = "\
Example:
  promloom graph > docs/statemachine.svg")]
    Graph,
}

/// Where a run reads and writes.
#[derive(Debug, Args)]
pub(crate) struct DeskArgs {
    /// The folder laid out like the bucket: base/ and apps/
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Where configurations are deployed [default: DIR/.promloom/volume]
    #[arg(long, value_name = "DIR")]
    pub(crate) volume: Option<PathBuf>,
    /// Where documents, records and notices are kept [default: DIR/.promloom/state]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) placeholders: PlaceholderArgs,
    /// Reload this Prometheus after a deploy and wait for the proof
    #[arg(long, value_name = "URL")]
    pub(crate) prometheus: Option<String>,
    /// Reload this Blackbox exporter after a deploy
    #[arg(long, value_name = "URL")]
    pub(crate) blackbox: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "Reload this CloudWatch exporter after a deploy"
    )]
    pub(crate) cloudwatch: Option<String>,
    #[command(flatten)]
    pub(crate) tools: ToolArgs,
}

impl DeskArgs {
    /// What to call after a deploy.
    #[must_use]
    pub(crate) fn urls(&self) -> BTreeMap<Component, String> {
        let url = |component| match component {
            Component::Prometheus => &self.prometheus,
            Component::Blackbox => &self.blackbox,
            Component::Cloudwatch => &self.cloudwatch,
        };
        Component::ALL
            .into_iter()
            .filter_map(|component| Some((component, url(component).clone()?)))
            .collect()
    }
}

/// What to check, and against what.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Fragments, files of base/, or folders of them; apps/<owner>/<component>/<name>.yml at the end of a path says whose each is
    #[arg(value_name = "FILE", required_unless_present_any = ["deleted", "target_version"])]
    pub(crate) files: Vec<PathBuf>,
    /// A key that the push deletes: apps/<owner>/<component>/<name>.yml; may be given often
    #[arg(long, value_name = "KEY", requires = "base")]
    pub(crate) deleted: Vec<String>,
    /// The folder that holds base/ and the other fragments [default: an empty base and no others]
    #[arg(long, value_name = "DIR")]
    pub(crate) base: Option<PathBuf>,
    /// Would all fragments, with these files, survive that version of Prometheus? Tells what changes. Such as 3.5, or 2.53.3
    #[arg(long, value_name = "VERSION", value_parser = version, requires = "base")]
    pub(crate) target_version: Option<Version>,
    #[arg(
        long,
        value_name = "PATH",
        requires = "target_version",
        help = "promtool of the target version [default: $PROMTOOL_<MAJOR>_<MINOR>, such as $PROMTOOL_2_53, or from PATH]"
    )]
    target_promtool: Option<PathBuf>,
    /// What the files are for, if their paths do not say; not of a folder [default: what their sections are for]
    #[arg(long, value_parser = component)]
    pub(crate) component: Option<Component>,
    /// The team, if the paths do not say; not of a folder [default: one that no policy knows]
    #[arg(long)]
    pub(crate) owner: Option<String>,
    #[command(flatten)]
    pub(crate) placeholders: PlaceholderArgs,
    #[command(flatten)]
    pub(crate) tools: ToolArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
}

impl CheckArgs {
    /// The tools of that version, and what their path is set by.
    #[must_use]
    pub(crate) fn target_tools(&self, version: Version) -> (os::Tools, String) {
        let (major, minor) = version.minor();
        let name = format!("PROMTOOL_{major}_{minor}");
        let path = self
            .target_promtool
            .clone()
            .or_else(|| set(&name).map(PathBuf::from));
        (os::Tools::new(path.or_else(|| in_path("promtool")), None), name)
    }
}

/// What to take over, and how.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A copy of the old bucket; it is only read
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// Where each object belongs, and how placeholders and owners are called; docs/migration.md describes it
    #[arg(long, value_name = "FILE", required_unless_present = "propose")]
    pub(crate) mapping: Option<PathBuf>,
    /// Print a first mapping, guessed from what is there
    #[arg(long, conflicts_with_all = ["mapping", "to", "running", "running_rules"])]
    pub(crate) propose: bool,
    /// Write the new bucket's files there, into a folder that is empty or new [default: write nothing]
    #[arg(long, value_name = "NEW")]
    pub(crate) to: Option<PathBuf>,
    /// The merged configuration that runs now, or what /api/v1/status/config says; once for each component
    #[arg(long, value_name = "[COMPONENT=]FILE", value_parser = running)]
    pub(crate) running: Vec<(Component, PathBuf)>,
    /// The folder of the rule files that run now
    #[arg(long, value_name = "DIR")]
    pub(crate) running_rules: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) placeholders: PlaceholderArgs,
    #[command(flatten)]
    pub(crate) tools: ToolArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Which groups go.
#[derive(Debug, Args)]
pub(crate) struct PushgatewayGcArgs {
    /// The Pushgateway, with its path prefix; each address behind the name is taken for one of its own
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// How long after its last push a group is kept, such as 1d, 36h or 90m [default: only --job has one]
    #[arg(long, value_name = "DURATION", value_parser = seconds, required_unless_present = "jobs")]
    ttl: Option<NonZeroU64>,
    /// The TTL of one job; wins over --ttl; may be given often
    #[arg(long = "job", id = "jobs", value_name = "JOB=DURATION", value_parser = job)]
    jobs: Vec<(String, NonZeroU64)>,
    /// A job whose groups stay; wins over its TTL; may be given often
    #[arg(long, value_name = "JOB")]
    never_delete: Vec<String>,
    /// The most groups to delete, oldest first
    #[arg(long, value_name = "COUNT", default_value_t = policy::Pushgateway::default().deletions_at_most)]
    at_most: u64,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the audit is kept [default: .promloom/state; a dry run keeps none]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl PushgatewayGcArgs {
    /// Where the audit is kept, if anywhere.
    #[must_use]
    pub(crate) fn state(&self) -> Option<PathBuf> {
        let default = (!self.dry_run).then(|| PathBuf::from(".promloom/state"));
        self.state.clone().or(default)
    }

    /// What the policy would say.
    #[must_use]
    pub(crate) fn policy(&self) -> policy::Pushgateway {
        policy::Pushgateway {
            ttl_seconds: self.ttl,
            jobs: self.jobs.iter().cloned().collect(),
            never_delete: self.never_delete.iter().cloned().collect(),
            dry_run: self.dry_run,
            deletions_at_most: self.at_most,
        }
    }
}

/// What of the policy is wanted.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// A policy to check
    #[arg(value_name = "FILE", conflicts_with = "schema")]
    pub(crate) file: Option<PathBuf>,
    /// Print its JSON schema
    #[arg(long)]
    pub(crate) schema: bool,
}

/// What placeholders are replaced by.
#[derive(Debug, Args)]
pub(crate) struct PlaceholderArgs {
    /// A YAML file of `NAME: value` lines
    #[arg(long = "placeholders", value_name = "FILE")]
    file: Option<PathBuf>,
    /// One placeholder; wins over the file; may be given often
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

impl PlaceholderArgs {
    /// All of them.
    ///
    /// # Errors
    /// If the file cannot be read or is something else.
    pub(crate) fn read(&self) -> Result<BTreeMap<String, String>, Failure> {
        let mut all = match &self.file {
            None => BTreeMap::new(),
            Some(file) => {
                let doing = || format!("reading the placeholders in `{}`", file.display());
                let bytes = std::fs::read(file)
                    .map_err(|error| Failure::new(Class::NotFound, doing()).because(error))?;
                placeholders(&bytes)
                    .map_err(|why| Failure::new(Class::InvalidRequest, doing()).because(why))?
            }
        };
        all.extend(self.set.iter().cloned());
        Ok(all)
    }
}

/// A YAML map of names to text.
fn placeholders(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let place = |at: Position| format!("line {}, column {}", at.line, at.column);
    let tree = yaml::read(bytes, &Limits::default()).map_err(|findings| {
        let finding = |finding: &Finding| match finding.at {
            Some(at) => format!("{}: {}", place(at), finding.message),
            None => finding.message.clone(),
        };
        findings.iter().map(finding).collect::<Vec<_>>().join("; ")
    })?;
    let Some(tree) = tree else {
        return Ok(BTreeMap::new());
    };
    let Value::Map(entries) = &tree.value else {
        return Err(format!("{}: write `NAME: value` lines", place(tree.at)));
    };
    let entry = |(name, value): &(Node, Node)| match (name.text(), value.text()) {
        (Some(name), Some(value)) => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("{}: write `NAME: value`", place(name.at))),
    };
    entries.iter().map(entry).collect()
}

/// Where the real tools are, and for which server.
#[derive(Debug, Args)]
pub(crate) struct ToolArgs {
    #[arg(
        long,
        value_name = "VERSION",
        value_parser = version,
        help = "The server's version, such as 3.13.5 or 3.13 [default: $PROMETHEUS_VERSION, or 3.13.5]"
    )]
    prometheus_version: Option<Version>,
    /// promtool, of the server's version [default: $PROMTOOL, or from PATH]
    #[arg(long, value_name = "PATH")]
    promtool: Option<PathBuf>,
    #[arg(
        long,
        value_name = "PATH",
        help = "blackbox_exporter [default: $BLACKBOX_EXPORTER, or from PATH]"
    )]
    blackbox_exporter: Option<PathBuf>,
}

impl ToolArgs {
    /// The tools as far as there are any; a step that needs a missing one says so.
    #[must_use]
    pub(crate) fn find(&self) -> os::Tools {
        let find = |given: &Option<PathBuf>, name: &str| {
            given
                .clone()
                .or_else(|| set(&name.to_ascii_uppercase()).map(PathBuf::from))
                .or_else(|| in_path(name))
        };
        os::Tools::new(
            find(&self.promtool, "promtool"),
            find(&self.blackbox_exporter, "blackbox_exporter"),
        )
    }

    /// The version of the server.
    ///
    /// # Errors
    /// If the variable says something else than a version.
    pub(crate) fn prometheus(&self) -> Result<Version, Failure> {
        let default = || match set("PROMETHEUS_VERSION") {
            None => Ok(validate::Settings::default().prometheus),
            Some(text) => version(&text.to_string_lossy()).map_err(|why| {
                Failure::new(Class::InvalidRequest, "reading `PROMETHEUS_VERSION`").because(why)
            }),
        };
        self.prometheus_version.map_or_else(default, Ok)
    }
}

/// A variable, if it is set to something.
fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| Path::is_file(program))
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON document; docs/check.schema.json describes it
    Json,
}

/// How the result of a check is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Text,
    /// One JSON document, as docs/check.schema.json describes it
    Json,
    /// Annotations for the lines of a pull request on GitHub
    Github,
}

impl CheckFormat {
    /// How a failure to answer is printed.
    pub(crate) fn of_failure(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Text | Self::Github => Format::Text,
        }
    }
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(text).ok_or_else(|| "a snapshot's digest has 64 digits 0-9 a-f".into())
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text)
        .ok_or_else(|| "write a version such as 3.13.5, or 3.13 for any of its patches".into())
}

fn component(text: &str) -> Result<Component, String> {
    Component::from_name(text).ok_or_else(|| "use prometheus, blackbox or cloudwatch".into())
}

/// A file, of Prometheus unless it says of what.
fn running(text: &str) -> Result<(Component, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if Component::from_name(name).is_some() => Ok((component(name)?, file.into())),
        _ => Ok((Component::Prometheus, text.into())),
    }
}

fn seconds(text: &str) -> Result<NonZeroU64, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|duration| duration.subsec_nanos() == 0)
        .and_then(|duration| NonZeroU64::new(duration.as_secs()))
        .ok_or_else(|| "write whole seconds from 1 on, such as 1d, 36h, 1h 30m or 90s".into())
}

fn job(text: &str) -> Result<(String, NonZeroU64), String> {
    // A job's name may hold `=`, a duration may not.
    match text.rsplit_once('=') {
        Some((name, duration)) if !name.is_empty() => Ok((name.to_owned(), seconds(duration)?)),
        _ => Err("write JOB=DURATION".into()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_says_the_default_version() {
        let version = validate::Settings::default().prometheus;
        let mut cli = Cli::command();
        let check = cli.find_subcommand_mut("check").unwrap();
        let help = check.render_help().to_string();
        assert!(
            help.contains(&format!("$PROMETHEUS_VERSION, or {version}]")),
            "{help}"
        );
    }

    #[test]
    fn a_version_is_asked_for_beside_a_base_and_without_files() {
        let check = |args: &[&str], expect: &str| {
            let given = ["promloom", "check"].iter().chain(args);
            let said = match Cli::try_parse_from(given).map(|cli| cli.command) {
                Ok(Command::Check(args)) => args.target_version.map_or_else(String::new, |it| it.to_string()),
                Ok(other) => format!("{other:?}"),
                Err(error) => error.to_string(),
            };
            assert!(said.contains(expect), "{args:?}: {said}");
        };
        check(&["--target-version", "2.53", "--base", "."], "2.53");
        check(&["--target-version", "v3.5.3", "--base", ".", "a.yml"], "3.5.3");
        check(&["--target-version", "2.53"], "--base <DIR>");
        check(
            &["--target-version", "next", "--base", "."],
            "write a version such as",
        );
        check(&["--target-promtool", "p", "a.yml"], "--target-version <VERSION>");
        check(&[], "<FILE>");
    }

    #[test]
    fn a_ttl_is_a_duration() {
        let check = |args: &[&str], expect: &str| {
            let given = ["promloom", "pushgateway-gc", "http://localhost:9091"]
                .iter()
                .chain(args);
            let said = match Cli::try_parse_from(given).map(|cli| cli.command) {
                Ok(Command::PushgatewayGc(args)) => {
                    let policy = args.policy();
                    let ttl = ["backup", "a=b"].map(|job| policy.ttl_seconds(job));
                    format!("{ttl:?} {}", policy.deletions_at_most)
                }
                Ok(other) => format!("{other:?}"),
                Err(error) => error.to_string(),
            };
            assert!(said.contains(expect), "{args:?}: {said}");
        };
        check(&["--ttl", "1d"], "[Some(86400), Some(86400)] 1000");
        check(
            &["--ttl", "1h 30m", "--at-most", "5"],
            "[Some(5400), Some(5400)] 5",
        );
        check(&["--ttl", "1d", "--job", "a=b=90s"], "[Some(86400), Some(90)]");
        check(&["--job", "backup=8d"], "[Some(691200), None]");
        check(
            &["--ttl", "1d", "--never-delete", "backup"],
            "[None, Some(86400)]",
        );
        check(&[], "--ttl <DURATION>");
        check(&["--ttl", "0s"], "write whole seconds from 1 on");
        check(&["--ttl", "1500ms"], "write whole seconds from 1 on");
        check(&["--ttl", "3600"], "write whole seconds from 1 on");
        check(&["--job", "backup"], "write JOB=DURATION");
    }

    #[test]
    fn what_runs_is_a_file_of_a_component() {
        let check = |text: &str, component: Component, file: &str| {
            assert_eq!(running(text), Ok((component, PathBuf::from(file))), "{text}");
        };
        check("efs/prometheus.yml", Component::Prometheus, "efs/prometheus.yml");
        check("blackbox=efs/b.yml", Component::Blackbox, "efs/b.yml");
        check("cloudwatch=a=b.yml", Component::Cloudwatch, "a=b.yml");
        check("a=b.yml", Component::Prometheus, "a=b.yml");
    }

    #[test]
    fn placeholders_are_names_and_text() {
        let check = |text: &str, expect: &str| {
            let said = match placeholders(text.as_bytes()) {
                Ok(all) => all
                    .iter()
                    .flat_map(|(name, value)| [name, "=", value, ";"])
                    .collect(),
                Err(why) => why,
            };
            assert!(said.starts_with(expect), "{text:?}: {said}");
        };
        check(
            "A_URL: a:1\nB_URL: \"b\"\nPORT: 0900\n",
            "A_URL=a:1;B_URL=b;PORT=0900;",
        );
        check("# none\n", "");
        check("A_URL: [a]\n", "line 1, column 1: write `NAME: value`");
        check("- A_URL\n", "line 1, column 1: write `NAME: value` lines");
        check("A_URL: a\nA_URL: b\n", "line 2, column 1: ");
    }
}
