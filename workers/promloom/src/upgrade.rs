//! `promloom check --target-version`: what another version of Prometheus would do to every fragment of a folder. In: the folder's objects, both
//! versions with their tools. Out: the report of the other version, with what changes and nothing else. Never: a verdict of its own; a component
//! that runs no Prometheus.

use crate::check::Look;
use crate::report::{Ended, Fragment, Report, Target};
use contract::{Class, Component, Failure, Key, Verdict, Version};
use std::collections::{BTreeMap, BTreeSet};

const PROMETHEUS: Component = Component::Prometheus;

/// Looks at the objects as the server's version sees them, and as the target does.
pub(crate) async fn report(
    now: Look,
    mut objects: BTreeMap<String, Vec<u8>>,
    version: Version,
    (tools, variable): (os::Tools, String),
) -> Result<Report, Failure> {
    let doing = || format!("looking what Prometheus {version} would do");
    if let Some(found) = tools.instead_of_promtool(version).await? {
        let why = format!(
            "it takes a promtool {version}, and {found}: install Prometheus {version} beside the other, and set {variable} or --target-promtool to \
             the path of its promtool"
        );
        return Err(Failure::new(Class::NotFound, doing()).because(why));
    }
    if !objects.contains_key(&PROMETHEUS.base_key()) {
        let why = format!(
            "there is no {} in the folder: no Prometheus is configured by it",
            PROMETHEUS.base_key()
        );
        return Err(Failure::new(Class::NotFound, doing()).because(why));
    }
    objects.retain(|key, _| match Key::parse(key) {
        Key::Policy => true,
        key => key.component() == Some(PROMETHEUS),
    });
    let server = now.settings.validate.prometheus;
    let mut settings = now.settings.clone();
    settings.validate.prometheus = version;
    // Each begins with what is live now.
    let then = Look {
        state: now.state.clone(),
        tools,
        settings,
        scratch: now.scratch.join("target"),
        verbose: now.verbose,
    };
    std::fs::create_dir(&then.scratch)
        .map_err(|error| Failure::new(Class::Unavailable, doing()).because(error))?;
    let before = now.at(objects.clone(), |_| false).await?.report;
    if before.ended() == Ended::WithoutAnswer {
        return Ok(before.of_check(|_| false, &BTreeSet::from([PROMETHEUS])));
    }
    Ok(changed(
        &before,
        then.at(objects, |_| false).await?.report,
        server,
        version,
    ))
}

/// What the later of two reports says otherwise.
fn changed(before: &Report, after: Report, server: Version, version: Version) -> Report {
    let verdicts: BTreeMap<&str, Verdict> = before
        .fragments
        .iter()
        .map(|fragment| (&*fragment.key, fragment.verdict))
        .collect();
    let was = |key: &str| verdicts.get(key).copied();
    let is_as_before = |fragment: &&Fragment| was(&fragment.key) == Some(fragment.verdict);
    let same = after.fragments.iter().filter(is_as_before);
    let (as_before, refused) = same.fold((0, 0), |(all, refused), fragment| {
        (
            all + 1,
            refused + usize::from(fragment.verdict != Verdict::Accepted),
        )
    });
    let mut report = after.of_check(
        |fragment| was(&fragment.key) != Some(fragment.verdict),
        &BTreeSet::from([PROMETHEUS]),
    );
    for fragment in &mut report.fragments {
        fragment.before = was(&fragment.key);
    }
    for lane in &mut report.lanes {
        // Warnings and mistakes that are there today are no answer to this question.
        let known = before
            .lanes
            .iter()
            .filter(|other| other.component == lane.component);
        let known: Vec<_> = known.flat_map(|lane| &lane.problems).collect();
        lane.problems.retain(|problem| !known.contains(&problem));
    }
    let is_worse = report.fragments.iter().any(Fragment::is_worse);
    report.target = Some(Target {
        server: server.to_string(),
        version: version.to_string(),
        survives: !is_worse && report.lanes.iter().all(crate::report::Lane::is_well),
        as_before,
        refused_as_before: refused,
    });
    report
}
