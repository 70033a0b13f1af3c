//! `promloom check`: what a push of these files would say. In: files, the folder that they would be pushed
//! beside. Out: a report about them, about fragments of others that they would hurt, and what would become live beside
//! what is, as a diff. Never: deploys,
//! reloads, sends (what `--target-version` says is `upgrade.rs`); what a run writes goes into a folder that is removed.

use crate::cli::{CheckArgs, CheckFormat};
use crate::desk::{Bucket, Desk, State};
use crate::report::{Ended, Fragment, Report};
use crate::run::{Tell, name, reported};
use crate::steps::Settings;
use crate::{diff, print, upgrade};
use contract::ports::Volume as _;
use contract::{Class, Component, Configuration, Failure, Key, Verdict, read_document};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Checks.
pub(crate) async fn check(args: &CheckArgs, verbose: bool) -> Result<Ended, Failure> {
    let mut pushed = BTreeMap::new();
    for file in &args.files {
        let key = key(file, args.owner.as_deref(), args.component)?;
        let bytes = std::fs::read(file).map_err(|error| {
            Failure::new(Class::NotFound, format!("reading `{}`", file.display())).because(error)
        })?;
        if pushed.insert(key.clone(), bytes).is_some() {
            let doing = format!(
                "checking `{}`: another of the files is `{key}` already",
                file.display()
            );
            return Err(Failure::new(Class::InvalidRequest, doing));
        }
    }
    let mut without = match &args.base {
        Some(base) => Bucket::open(base)?.objects()?,
        None => minimal(pushed.keys()),
    };
    let mut with = without.clone();
    with.extend(pushed.clone());
    with.retain(|key, _| !args.deleted.contains(key));
    // What lies in the folder under a pushed key may be just the pushed file; what is live of it, the state knows.
    without.retain(|key, _| !pushed.contains_key(key));

    let scratch = tempfile::tempdir().map_err(|error| {
        Failure::new(Class::Unavailable, "making a folder for what the check leaves").because(error)
    })?;
    let look = Look {
        state: args.base.as_ref().map(|base| base.join(".promloom/state")),
        tools: args.tools.find(),
        settings: Settings::of_desk(
            args.tools.prometheus()?,
            args.placeholders.read()?,
            BTreeMap::new(),
        ),
        scratch: scratch.path().to_owned(),
        tell: if verbose { Tell::Steps } else { Tell::Little },
    };
    if let Some(target) = args.target_version {
        let report = upgrade::report(look, with, target, args.target_tools(target)).await?;
        return Ok(told(&report, args.format));
    }
    // First without, so that the second run finds live what these files would change, and its guards hold.
    let before = match &args.base {
        Some(_) if has_base(&without) => Some(look.at(without).await?),
        _ => None,
    };
    let after = look.at(with).await?;

    let asked = |key: &str| pushed.contains_key(key) || args.deleted.iter().any(|deleted| deleted == key);
    let is_hurt = |fragment: &Fragment| {
        let unchanged = |one: &Fragment| one.key == fragment.key && one.verdict == fragment.verdict;
        let was_so = before
            .as_ref()
            .is_some_and(|before| before.report.fragments.iter().any(unchanged));
        fragment.verdict != Verdict::Accepted && !was_so
    };
    let shown: BTreeSet<String> = after
        .report
        .fragments
        .iter()
        .filter(|fragment| asked(&fragment.key) || is_hurt(fragment))
        .map(|fragment| fragment.key.clone())
        .collect();
    let keys = shown.iter().chain(pushed.keys()).chain(&args.deleted);
    let components: BTreeSet<Component> = keys
        .flat_map(|key| match Key::parse(key) {
            Key::Policy => Component::ALL.to_vec(),
            key => key.component().into_iter().collect(),
        })
        .collect();
    let mut report = after
        .report
        .of_check(|fragment| shown.contains(&fragment.key), &components);
    if let Some(before) = &before {
        report.diffs = diff::between(&before.live, &after.live);
    }
    Ok(told(&report, args.format))
}

fn told(report: &Report, format: CheckFormat) -> Ended {
    match format {
        CheckFormat::Github => print::document(report.github().trim_end()),
        CheckFormat::Text | CheckFormat::Json => print::report(report, format.of_failure()),
    }
    report.ended()
}

/// A bucket as it could be, looked at.
pub(crate) struct Looked {
    pub(crate) report: Report,
    live: BTreeMap<Component, Configuration>,
}

/// Runs of the definition that leave nothing but what the next one of the same look finds.
pub(crate) struct Look {
    /// What is known of what is live, if anything.
    pub(crate) state: Option<PathBuf>,
    pub(crate) tools: os::Tools,
    pub(crate) settings: Settings,
    /// What is left.
    pub(crate) scratch: PathBuf,
    pub(crate) tell: Tell,
}

impl Look {
    pub(crate) async fn at(&self, objects: BTreeMap<String, Vec<u8>>) -> Result<Looked, Failure> {
        let state = self.state.clone().filter(|state| state.is_dir());
        let desk = Desk {
            bucket: Bucket::Held(objects),
            state: State::over(self.scratch.join("state"), state),
            volume: os::Folder::new(&self.scratch),
            tools: self.tools.clone(),
            http: os::Http,
            clock: os::SystemClock,
        };
        let named = (&*name(&desk.clock, "check"), json!({}));
        let report = reported(&desk, &self.settings, named, self.tell).await?;
        let mut live = BTreeMap::new();
        for component in Component::ALL {
            if let Some(generation) = desk.volume.live(component).await? {
                let configuration =
                    read_document(&desk, &generation.configuration, "a configuration").await?;
                live.insert(component, configuration);
            }
        }
        Ok(Looked { report, live })
    }
}

fn has_base(objects: &BTreeMap<String, Vec<u8>>) -> bool {
    objects.keys().any(|key| matches!(Key::parse(key), Key::Base(_)))
}

/// The key that a file would be pushed to: the last `apps/<owner>/<component>/<name>.yml` of its path, or
/// what is given.
fn key(file: &Path, owner: Option<&str>, component: Option<Component>) -> Result<String, Failure> {
    let refuse = |what: String| {
        Failure::new(
            Class::InvalidRequest,
            format!("checking `{}`: {what}", file.display()),
        )
    };
    let whole = std::path::absolute(file).map_err(|error| refuse("its path".into()).because(error))?;
    let names: Vec<String> = whole
        .components()
        .map(|name| name.as_os_str().to_string_lossy().into_owned())
        .collect();
    let last = names
        .iter()
        .rposition(|name| name == "apps")
        .map(|at| names[at..].join("/"));
    let parsed = last.as_deref().map(Key::parse);
    if owner.is_none() && component.is_none() {
        let base = names
            .iter()
            .rposition(|name| name == "base")
            .map(|at| names[at..].join("/"));
        if let Some(base) = base.filter(|base| matches!(Key::parse(base), Key::Base(_) | Key::Policy)) {
            return Ok(base);
        }
    }
    let (said_owner, said_component) = match &parsed {
        Some(Key::Fragment { owner, component, .. }) => (Some(owner.as_str()), Some(*component)),
        // Tests of rules lie below their rules; they are taken as they are.
        Some(Key::RuleTest { .. }) if owner.is_none() && component.is_none() => {
            return Ok(last.unwrap_or_default());
        }
        _ => (None, None),
    };
    let (Some(owner), Some(component)) = (owner.or(said_owner), component.or(said_component)) else {
        let what = "its path ends neither in apps/<owner>/<component>/<name>.yml nor in base/<file>: say --owner and --component";
        return Err(refuse(what.into()));
    };
    let key = format!(
        "apps/{owner}/{component}/{}",
        names.last().map_or("", String::as_str)
    );
    match Key::parse(&key) {
        Key::Fragment { .. } => Ok(key),
        Key::Stray { reason, .. } => Err(refuse(reason)),
        _ => Err(refuse(format!("`{key}` is no fragment"))),
    }
}

/// The least base of each component that is asked about.
fn minimal<'a>(keys: impl Iterator<Item = &'a String>) -> BTreeMap<String, Vec<u8>> {
    let components = keys.filter_map(|key| Key::parse(key).component());
    let base = |component: Component| match component {
        Component::Prometheus => "global: {}\n",
        Component::Blackbox => "modules: {}\n",
        Component::Cloudwatch => "metrics: []\n",
    };
    components
        .map(|component| (component.base_key(), base(component).into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_or_the_options_say_the_key() {
        let check = |path: &str, owner: Option<&str>, component: Option<Component>, expect: &str| {
            let key = key(Path::new(path), owner, component).unwrap_or_else(|failure| failure.chain());
            assert!(key.contains(expect), "{path}: {key}");
        };
        let blackbox = Some(Component::Blackbox);
        check(
            "apps/shop/prometheus/api.yml",
            None,
            None,
            "apps/shop/prometheus/api.yml",
        );
        check(
            "/x/apps/a/prometheus/b/apps/shop/blackbox/api.yml",
            None,
            None,
            "apps/shop/blackbox/api.yml",
        );
        check(
            "apps/shop/prometheus/tests/api.yml",
            None,
            None,
            "apps/shop/prometheus/tests/api.yml",
        );
        check(
            "apps/shop/prometheus/api.yml",
            Some("bank"),
            None,
            "apps/bank/prometheus/api.yml",
        );
        check(
            "apps/shop/prometheus/api.yml",
            None,
            blackbox,
            "apps/shop/blackbox/api.yml",
        );
        check(
            "/x/rules.yml",
            Some("shop"),
            blackbox,
            "apps/shop/blackbox/rules.yml",
        );
        check("/x/base/policy.yml", None, None, "base/policy.yml");
        check("base/prometheus.yml", None, None, "base/prometheus.yml");
        check("/x/base/other.yml", None, None, "say --owner and --component");
        check("/x/rules.yml", Some("shop"), None, "say --owner and --component");
        check("/x/rules.yaml", Some("shop"), blackbox, "end in .yml");
        check("/x/rules.yml", Some("a--b"), blackbox, "owner name `a--b`");
    }
}
