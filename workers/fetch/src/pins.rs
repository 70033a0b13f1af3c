//! What a listing means. In: listed objects, what the heads know. Out: what to copy, and the snapshot of the
//! copies.
//! Never: reads an object.

use contract::ports::{Listed, Withheld};
use contract::{Class, Component, Failure, Key, Pointer, Problem, Severity, Snapshot, Source, Verdicts};
use std::collections::{BTreeMap, BTreeSet};

/// One version to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    pub(crate) key: String,
    pub(crate) version_id: String,
}

impl From<Listed> for Pin {
    fn from(object: Listed) -> Pin {
        Pin {
            key: object.key,
            version_id: object.version_id,
        }
    }
}

/// What to do about every object of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pins {
    /// In key order.
    pub(crate) wanted: Vec<Pin>,
    /// In key order.
    pub(crate) strays: Vec<Problem>,
}

impl Pins {
    /// Sorts a listing into what is wanted and what is told to its owner. A base that is too large to read
    /// fails the run: to go on without it would deploy something that nobody wanted.
    pub(crate) fn of(mut listed: Vec<Listed>, object_bytes: u64) -> Result<Pins, Failure> {
        listed.sort();
        let mut pins = Pins::default();
        for object in listed {
            let too_large = object.size_bytes > object_bytes;
            match Key::parse(&object.key) {
                Key::Folder => {}
                Key::Stray { reason, .. } => pins.strays.push(
                    stray(object, "key", reason)
                        .hint("nothing of this object is used: move it to the right key or delete it"),
                ),
                Key::Base(_) if too_large => {
                    return Err(Failure::new(
                        Class::Rejected,
                        format!(
                            "pinning `{}`: it has {} bytes and the limit is {object_bytes}; make it smaller",
                            object.key, object.size_bytes
                        ),
                    ));
                }
                Key::Fragment { .. } | Key::RuleTest { .. } | Key::Policy if too_large => {
                    let message = format!(
                        "the object has {} bytes and the limit is {object_bytes}: it was not read",
                        object.size_bytes
                    );
                    let hint = "make it smaller, or several of it";
                    pins.strays.push(stray(object, "size", message).hint(hint));
                }
                Key::Base(_) | Key::Policy | Key::Fragment { .. } | Key::RuleTest { .. } => {
                    pins.wanted.push(object.into());
                }
            }
        }
        Ok(pins)
    }
}

/// What is told of an object that is there and was not read, by how it was put: always in the same words, so that the same listing
/// gives the same snapshot and nobody is told twice (what S3 says has the number of a request in it).
pub(crate) fn withheld(object: Pin, how: Withheld) -> Problem {
    let (message, hint) = match how {
        Withheld::Archived => (
            "it is archived, and S3 hands it out only after a restore",
            "put it again without `--storage-class GLACIER` or `DEEP_ARCHIVE`",
        ),
        Withheld::CustomerKey => (
            "it is encrypted with a key that only who put it has (SSE-C)",
            "put it again without `--sse-c`: the bucket encrypts by itself",
        ),
        Withheld::Denied => (
            "S3 refuses it, while it hands out the base; mostly its KMS key is not the bucket's, is disabled or is gone",
            "put it again without `--sse` and `--sse-kms-key-id`: the bucket encrypts by itself; if that is how it was put, ask the platform team",
        ),
        Withheld::File => (
            "the permissions of the file do not allow it",
            "let who runs this read it (`chmod +r`)",
        ),
        Withheld::Link => (
            "it is a link that leads to no file in the same folder",
            "put the file itself there",
        ),
    };
    stray(object, "unreadable", format!("it cannot be read: {message}")).hint(hint)
}

fn stray(object: impl Into<Pin>, check: &str, message: String) -> Problem {
    let object = object.into();
    // No bytes of it are kept; a problem only takes key and version from its source.
    let source = Source {
        key: object.key,
        version_id: object.version_id,
        document: Pointer::to(b""),
    };
    Problem::new(&source, Severity::Error, check, message)
}

/// What the heads know: copies that exist already, and what serves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    sources: BTreeMap<(String, String), Source>,
    serving: BTreeMap<String, Source>,
    /// The same before an operator went back to the past.
    last_good: BTreeMap<String, Source>,
    /// The last good policy.
    pub(crate) policy: Option<Source>,
}

impl Known {
    /// Takes what a generation says. One that runs, if it is no replay, is also what was good last.
    pub(crate) fn take(&mut self, verdicts: Verdicts, replay: bool, runs: bool) {
        for fragment in verdicts.fragments {
            for source in [Some(fragment.source), fragment.serving.clone()]
                .into_iter()
                .flatten()
            {
                let id = (source.key.clone(), source.version_id.clone());
                self.sources.insert(id, source);
            }
            let Some(serving) = fragment.serving else { continue };
            if runs {
                self.serving.insert(serving.key.clone(), serving.clone());
            }
            if !replay {
                self.last_good.insert(serving.key.clone(), serving);
            }
        }
        if !replay {
            self.policy = verdicts.policy;
        }
    }

    /// The copy of that version, if there is one. `null` is the version of a bucket that keeps no versions:
    /// its bytes may be others by now.
    pub(crate) fn source(&self, pin: &Pin) -> Option<&Source> {
        if pin.version_id == "null" {
            return None;
        }
        self.sources.get(&(pin.key.clone(), pin.version_id.clone()))
    }
}

/// The snapshot of these copies. `keys` is every key that is listed, readable or not: what is listed is not
/// deleted. A fragment that could not be read is pinned at its last good version, so that this one serves
/// on.
pub(crate) fn snapshot(
    mut sources: Vec<Source>,
    strays: Vec<Problem>,
    keys: &BTreeSet<String>,
    known: &Known,
) -> Snapshot {
    let mut snapshot = Snapshot {
        strays,
        ..Snapshot::default()
    };
    let present: BTreeMap<String, Source> = sources
        .iter()
        .map(|source| (source.key.clone(), source.clone()))
        .collect();
    for key in keys {
        let (runs, last_good) = (known.serving.get(key), known.last_good.get(key));
        match present.get(key) {
            None => sources.extend(last_good.or(runs).cloned()),
            Some(source) if runs == Some(source) => drop(snapshot.serving.insert(key.clone())),
            Some(source) => {
                let others = [last_good, runs].into_iter().flatten();
                snapshot
                    .fallbacks
                    .extend(others.filter(|other| *other != source).take(1).cloned());
            }
        }
    }
    sources.sort();
    for source in sources {
        match source.key() {
            Key::Base(component) => {
                snapshot.base.insert(component, source);
            }
            Key::Policy => snapshot.policy = Some(source),
            Key::Fragment { .. } => snapshot.fragments.push(source),
            Key::RuleTest { .. } => snapshot.rule_tests.push(source),
            Key::Folder | Key::Stray { .. } => {}
        }
    }
    snapshot
}

/// Moves the fragments of components that have neither a base nor a head to the strays.
pub(crate) fn without_what_nothing_runs(
    mut snapshot: Snapshot,
    has_head: impl Fn(Component) -> bool,
) -> Snapshot {
    let base = &snapshot.base;
    let runs = |source: &Source| {
        source
            .key()
            .component()
            .is_some_and(|it| base.contains_key(&it) || has_head(it))
    };
    let (runs, strays): (Vec<Source>, Vec<Source>) = snapshot.fragments.into_iter().partition(runs);
    snapshot.fragments = runs;
    snapshot.strays.extend(strays.iter().filter_map(|source| {
        let component = source.key().component()?;
        let key = component.base_key();
        let message = format!("nothing here runs {component}: there is no `{key}`");
        let problem = Problem::new(source, Severity::Error, "component", message);
        Some(problem.hint(format!(
            "ask the platform team for {component}, or delete the object"
        )))
    }));
    snapshot.strays.sort();
    snapshot
}
