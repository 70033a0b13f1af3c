//! `promloom import`: the bucket of another system, taken over. In: a copy of it, a mapping, what runs now. Out: what becomes of
//! each object, what the pipeline says of the new bucket, and how what it would deploy differs from what runs. Never: writes
//! into the old copy, or over anything; drops an object without a word; talks to AWS.
//!
//! | file | what |
//! |---|---|
//! | `mapping.rs`, `pattern.rs` | `mapping.yml`: old key -> new key |
//! | `convert.rs` | an old file -> the new object |
//! | `meaning.rs`, `differences.rs` | what runs beside what would be deployed |
//! | `propose.rs` | a first mapping, guessed |
//! | `folder.rs` | the old copy, the new folder |
//! | `report.rs` | what is said |

mod convert;
mod differences;
mod folder;
mod mapping;
mod meaning;
mod pattern;
mod propose;
mod report;

pub use differences::{Addition, Change, Difference, Field};
pub(crate) use propose::component_of;
pub use report::{Fate, Import, Object};

use crate::check::Look;
use crate::cli::{Format, ImportArgs};
use crate::print;
use crate::report::{Ended, Found, Report};
use crate::steps::Settings;
use contract::{Class, Component, Failure, Key, Pointer, Source};
use convert::{Converted, converted};
use differences::Running;
use folder::Content;
use mapping::{Mapping, Said};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use yaml::{Finding, Limits, Node};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The copy of the old bucket.
    pub old: PathBuf,
    /// The mapping.
    pub mapping: PathBuf,
    /// Where the new bucket's files are written, if anywhere.
    pub to: Option<PathBuf>,
    /// The merged configurations that run.
    pub running: BTreeMap<Component, PathBuf>,
    /// The folder of the rule files that run.
    pub running_rules: Option<PathBuf>,
    /// What is set for each step: the placeholders, the version of Prometheus.
    pub settings: Settings,
    /// The real tools.
    pub tools: os::Tools,
}

/// Imports, or proposes a mapping.
pub(crate) async fn import(args: &ImportArgs, verbose: bool) -> Result<Ended, Failure> {
    let Some(mapping) = &args.mapping else {
        print::document(proposed(&args.old)?.trim_end());
        return Ok(Ended::Well);
    };
    let mut running = BTreeMap::new();
    for (component, file) in &args.running {
        if running.insert(*component, file.clone()).is_some() {
            let doing = format!("reading what runs: --running names two files of {component}");
            return Err(Failure::new(Class::InvalidRequest, doing));
        }
    }
    let asked = Asked {
        old: args.old.clone(),
        mapping: mapping.clone(),
        to: args.to.clone(),
        running,
        running_rules: args.running_rules.clone(),
        settings: Settings::of_desk(
            args.tools.prometheus()?,
            args.placeholders.read()?,
            BTreeMap::new(),
        ),
        tools: args.tools.find(),
    };
    let import = imported(&asked, verbose).await?;
    match args.format {
        Format::Json => print::document(&import.json()),
        Format::Text => print::document(import.text().trim_end()),
    }
    Ok(import.ended())
}

/// A first mapping for that copy of a bucket.
pub fn proposed(old: &Path) -> Result<String, Failure> {
    propose::mapping(&folder::objects(old)?)
}

/// Everything about an import; with `to` it is written.
pub async fn imported(asked: &Asked, verbose: bool) -> Result<Import, Failure> {
    let mapping = read_mapping(&asked.mapping)?;
    let running = running(asked)?;
    if let Some(to) = &asked.to {
        folder::apart(&asked.old, to)?;
    }
    let (objects, new) = taken_over(&folder::objects(&asked.old)?, &mapping);
    let mut import = Import {
        objects,
        ..Import::default()
    };
    // Before the long part: who wrote the wrong folder hears it now.
    if let Some(to) = &asked.to {
        import.written = Some(folder::write(to, &new)?);
    }
    if new.is_empty() {
        import
            .notes
            .push("nothing was imported, so that there is nothing to check".into());
        return Ok(import);
    }

    let scratch = tempfile::tempdir().map_err(|error| {
        Failure::new(Class::Unavailable, "making a folder for what the check leaves").because(error)
    })?;
    let look = Look {
        state: None,
        tools: asked.tools.clone(),
        settings: asked.settings.clone(),
        scratch: scratch.path().to_owned(),
        verbose,
    };
    let looked = look.at(new.clone(), |_| true).await?;
    let components: BTreeSet<Component> = new.keys().filter_map(|key| Key::parse(key).component()).collect();
    let report: Report = looked.report.of_check(|_| true, &components);

    for component in Component::ALL {
        match (
            running.main.contains_key(&component),
            looked.live.contains_key(&component),
        ) {
            (true, false) => import.notes.push(format!(
                "{component}: not compared with what runs, because there is no proven configuration"
            )),
            (false, true) => import.notes.push(format!(
                "{component}: not compared with what runs: name it with --running {component}=FILE"
            )),
            (true, true) | (false, false) => {}
        }
    }
    if running.main.contains_key(&Component::Prometheus) && running.rules.is_none() {
        import
            .notes
            .push("rules: not compared with what runs: name their folder with --running-rules DIR".into());
    }
    let found = differences::between(&running, &looked.live, &new);
    import.take(found.differences, &mapping.expected);
    import.added_by_promloom = found.additions;
    import.check = Some(report);
    Ok(import)
}

/// What becomes of each old object, and the new ones.
fn taken_over(
    old: &BTreeMap<String, Content>,
    mapping: &Mapping,
) -> (Vec<Object>, BTreeMap<String, Vec<u8>>) {
    let mut new = BTreeMap::new();
    let mut from: BTreeMap<String, &str> = BTreeMap::new();
    let mut objects = Vec::new();
    for (key, content) in old {
        let object = |fate, reason: Option<String>| Object {
            key: key.clone(),
            fate,
            new_key: None,
            how: vec![],
            reason,
            problems: vec![],
        };
        let to = match mapping.says(key) {
            Said::To(to) => to,
            Said::Ignored { reason, line } => {
                let reason = format!("{reason} (line {line} of the mapping)");
                objects.push(object(Fate::Ignored, Some(reason)));
                continue;
            }
            Said::Refused(why) => {
                objects.push(object(Fate::Refused, Some(why)));
                continue;
            }
            Said::Nothing => {
                let why = match Key::parse(key) {
                    Key::Stray { .. } | Key::Folder => "no entry of the mapping fits this key",
                    _ => {
                        "no entry of the mapping fits this key, and it is one of Promloom's own: is this an old bucket?"
                    }
                };
                objects.push(object(Fate::Unmatched, Some(why.into())));
                continue;
            }
        };
        let Content::Bytes(bytes) = content else {
            let why = "this is a link: put the file itself there".into();
            objects.push(object(Fate::Refused, Some(why)));
            continue;
        };
        let mut object = object(Fate::Refused, None);
        object.new_key = Some(to.clone());
        match (
            from.get(&to),
            converted(bytes, &Key::parse(&to), &mapping.placeholders),
        ) {
            (Some(first), _) => {
                object.reason = Some(format!(
                    "`{first}` is `{to}` already: map one of them to another name"
                ));
            }
            (None, Ok(Converted { bytes, how })) => {
                (object.fate, object.how) = (Fate::Imported, how);
                from.insert(to.clone(), key);
                new.insert(to, bytes);
            }
            (None, Err(findings)) => object.problems = problems(key, bytes, findings),
        }
        objects.push(object);
    }
    (objects, new)
}

fn problems(key: &str, bytes: &[u8], findings: Vec<Finding>) -> Vec<Found> {
    let source = Source {
        key: key.to_owned(),
        version_id: String::new(),
        document: Pointer::to(bytes),
    };
    let text = String::from_utf8_lossy(bytes);
    findings
        .into_iter()
        .map(|finding| Found::from(&finding.of(&source, &text)))
        .collect()
}

fn read_mapping(path: &Path) -> Result<Mapping, Failure> {
    let doing = || format!("reading the mapping `{}`", path.display());
    let bytes = std::fs::read(path).map_err(|error| Failure::new(Class::NotFound, doing()).because(error))?;
    Mapping::read(&bytes)
        .map_err(|findings| Failure::new(Class::InvalidRequest, doing()).because(told(&findings)))
}

fn running(asked: &Asked) -> Result<Running, Failure> {
    let mut running = Running::default();
    for (component, file) in &asked.running {
        running.main.insert(*component, read_running(file)?);
    }
    if let Some(folder) = &asked.running_rules {
        let mut files = Vec::new();
        for (name, content) in folder::objects(folder)? {
            let is_rules = [".yml", ".yaml", ".rules", ".json"]
                .iter()
                .any(|end| name.ends_with(end));
            if is_rules && matches!(content, Content::Bytes(_)) {
                files.push(read_running(&folder.join(name))?);
            }
        }
        running.rules = Some(files);
    }
    Ok(running)
}

/// A file of the old system, or what `/api/v1/status/config` says of it.
fn read_running(path: &Path) -> Result<Node, Failure> {
    // It is merged from all teams' files, so that no limit of one file holds.
    let limits = Limits {
        size_bytes: usize::MAX,
        nodes: usize::MAX / 4,
        ..Limits::default()
    };
    let doing = || format!("reading what runs, `{}`", path.display());
    let bytes = std::fs::read(path).map_err(|error| Failure::new(Class::NotFound, doing()).because(error))?;
    let read = |bytes: &[u8]| {
        let tree = yaml::read(bytes, &limits);
        let tree =
            tree.map_err(|findings| Failure::new(Class::InvalidRequest, doing()).because(told(&findings)))?;
        Ok(tree.unwrap_or_else(|| Node::map(vec![])))
    };
    let tree = read(&bytes)?;
    match tree
        .get("data")
        .and_then(|data| data.get("yaml"))
        .and_then(Node::text)
    {
        Some(inside) => read(inside.as_bytes()),
        None => Ok(tree),
    }
}

fn told(findings: &[Finding]) -> String {
    let one = |finding: &Finding| {
        let at = finding
            .at
            .map(|at| format!("line {}, column {}: ", at.line, at.column))
            .unwrap_or_default();
        let hint = finding
            .hint
            .as_ref()
            .map(|hint| format!(" ({hint})"))
            .unwrap_or_default();
        format!("{at}{}{hint}", finding.message)
    };
    findings.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_has_one_fate() {
        let mapping = Mapping::read(
            b"objects:\n  - {from: 'README.md', ignore: notes}\n  - {from: '{owner}/*.yml', to: 'apps/{owner}/prometheus/a.yml'}\n",
        )
        .unwrap();
        let bytes = |text: &str| Content::Bytes(text.into());
        let old = [
            ("README.md", bytes("# Hello\n")),
            ("apps/a/prometheus/b.yml", bytes("groups: []\n")),
            ("bank/a.yml", Content::Link),
            ("data/a.yml", bytes("a: ${B}\n")),
            ("other", bytes("")),
            ("platform/a.yml", bytes("groups: []\n")),
            ("shop/a.yml", bytes("groups: []\n")),
            ("shop/b.yml", bytes("scrape_configs: []\n")),
        ];
        let old = old.map(|(key, content)| (key.to_owned(), content)).into();
        let (objects, new) = taken_over(&old, &mapping);
        let told: Vec<String> = objects
            .iter()
            .map(|object| {
                let why = object
                    .reason
                    .clone()
                    .or(object.problems.first().map(|found| found.message.clone()));
                format!("{:?} {} {}", object.fate, object.key, why.unwrap_or_default())
            })
            .collect();
        assert_eq!(
            told,
            [
                "Ignored README.md notes (line 2 of the mapping)",
                "Unmatched apps/a/prometheus/b.yml no entry of the mapping fits this key, and it is one of Promloom's own: \
                 is this an old bucket?",
                "Refused bank/a.yml this is a link: put the file itself there",
                "Refused data/a.yml `${B}` looks like a placeholder, and the mapping does not name it",
                "Unmatched other no entry of the mapping fits this key",
                "Refused platform/a.yml it would be `apps/platform/prometheus/a.yml`: `platform` is the owner of base/; \
                 no team may be called so",
                "Imported shop/a.yml ",
                "Refused shop/b.yml `shop/a.yml` is `apps/shop/prometheus/a.yml` already: map one of them to another name",
            ]
        );
        assert_eq!(
            new,
            BTreeMap::from([("apps/shop/prometheus/a.yml".to_owned(), b"groups: []\n".to_vec())])
        );
    }
}
