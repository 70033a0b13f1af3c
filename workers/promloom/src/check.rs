//! `promloom check`: what a push of these files would say. In: files, the folder that they would be pushed
//! beside. Out: a report about them, and about fragments of others that they would hurt. Never: deploys,
//! reloads, sends; what a run writes goes into a folder that is removed.

use crate::cli::CheckArgs;
use crate::desk::{Bucket, Desk, State};
use crate::print;
use crate::report::{Ended, Fragment};
use crate::run::{name, reported};
use crate::steps::Settings;
use contract::{Class, Component, Failure, Key, Verdict};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

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
    let state = args
        .base
        .as_ref()
        .map(|base| base.join(".promloom/state"))
        .filter(|state| state.is_dir());
    let mut without = match &args.base {
        Some(base) => Bucket::open(base)?.objects()?,
        None => minimal(pushed.keys()),
    };
    without.retain(|key, _| !pushed.contains_key(key));
    let mut with = without.clone();
    with.extend(pushed.clone());

    let settings = Settings::of_desk(args.placeholders.read()?, BTreeMap::new());
    let look = async |objects| {
        let scratch = tempfile::tempdir().map_err(|error| {
            Failure::new(Class::Unavailable, "making a folder for what the check leaves").because(error)
        })?;
        let desk = Desk {
            bucket: Bucket::Held(objects),
            state: State::over(scratch.path().join("state"), state.clone()),
            volume: os::Folder::new(scratch.path()),
            tools: args.tools.find(),
            http: os::Http,
            clock: os::SystemClock,
        };
        reported(
            &desk,
            &settings,
            (&name(&desk.clock, "check"), json!({})),
            verbose,
        )
        .await
    };
    let report = look(with).await?;
    let hurt =
        |fragment: &Fragment| !pushed.contains_key(&fragment.key) && fragment.verdict != Verdict::Accepted;
    // Another's fragment that is not accepted may have been so before; only then is it worth a second look.
    let mut shown: BTreeSet<String> = pushed.keys().cloned().collect();
    if report.fragments.iter().any(hurt) && report.failure.is_none() {
        let before = look(without).await?;
        let same = |fragment: &Fragment| {
            before
                .fragments
                .iter()
                .any(|one| one.key == fragment.key && one.verdict == fragment.verdict)
        };
        let changed = report
            .fragments
            .iter()
            .filter(|fragment| hurt(fragment) && !same(fragment));
        shown.extend(changed.map(|fragment| fragment.key.clone()));
    }
    let components: BTreeSet<Component> = shown
        .iter()
        .filter_map(|key| Key::parse(key).component())
        .collect();
    let report = report.of_check(|fragment| shown.contains(&fragment.key), &components);
    print::report(&report, args.format);
    Ok(report.ended())
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
    let (said_owner, said_component) = match &parsed {
        Some(Key::Fragment { owner, component, .. }) => (Some(owner.as_str()), Some(*component)),
        // Tests of rules lie below their rules; they are taken as they are.
        Some(Key::RuleTest { .. }) if owner.is_none() && component.is_none() => {
            return Ok(last.unwrap_or_default());
        }
        _ => (None, None),
    };
    let (Some(owner), Some(component)) = (owner.or(said_owner), component.or(said_component)) else {
        let what =
            "its path does not end in apps/<owner>/<component>/<name>.yml: say --owner and --component";
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
        check("/x/rules.yml", Some("shop"), None, "say --owner and --component");
        check("/x/rules.yaml", Some("shop"), blackbox, "end in .yml");
        check("/x/rules.yml", Some("a--b"), blackbox, "owner name `a--b`");
    }
}
