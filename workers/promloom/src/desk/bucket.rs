//! A folder laid out like the config bucket, or what one would hold. In: `base/…`, `apps/…`. Out: keys,
//! versions, bytes. Never: writes; follows a link out of the folder; looks at anything else in it, so that it
//! may be a repository.

use super::disk;
use contract::ports::{ListConfig, Listed, ReadConfig, Unread, Withheld};
use contract::{Class, Component, Digest, Failure, Key, Timestamp, each};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bucket. A version is the first 12 digits of the content's digest: there are only the present one and, until it is read, the one that was
/// listed.
#[derive(Debug)]
pub enum Bucket {
    /// What lies in a folder, whenever it is looked at.
    Folder(Folder),
    /// What would lie there, by key.
    Held(BTreeMap<String, Vec<u8>>),
}

/// A folder, and what was listed of it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    listed: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Bucket {
    /// The bucket in that folder.
    pub fn open(folder: &Path) -> Result<Bucket, Failure> {
        let doing = || format!("opening the folder `{}`", folder.display());
        let folder = fs::canonicalize(folder).map_err(|error| disk::failure(doing(), error))?;
        if folder.is_dir() {
            return Ok(Bucket::Folder(Folder {
                path: folder,
                listed: Mutex::default(),
            }));
        }
        let doing = format!("{}: name a folder that holds base/ and apps/", doing());
        Err(Failure::new(Class::InvalidRequest, doing))
    }

    /// Everything in it; a failure if one of it cannot be read.
    pub fn objects(&self) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        all_read(self.read()?)
    }

    /// The key of a folder, which is a whole bucket (then it is empty) or lies in one, such as `apps/shop/`; and everything below it, by its
    /// key. A failure if one of that cannot be read.
    pub fn below(folder: &Path) -> Result<(String, BTreeMap<String, Vec<u8>>), Failure> {
        let doing = || format!("opening the folder `{}`", folder.display());
        let folder = fs::canonicalize(folder).map_err(|error| disk::failure(doing(), error))?;
        let keys = keys(&folder)?;
        // A team may be called like a part of the bucket.
        let is_whole = keys
            .iter()
            .any(|key| !matches!(Key::parse(key), Key::Stray { .. }));
        let is_top = |folder: &&Path| TOPS.iter().any(|top| folder.ends_with(top));
        let roots = || folder.ancestors().filter(is_top).filter_map(Path::parent);
        if !is_whole
            && let Some(root) = roots()
                .find(|root| Bucket::is_at(root))
                .or_else(|| roots().next())
            && let Ok(key) = folder.strip_prefix(root)
        {
            let key = key.to_string_lossy();
            return Ok((format!("{key}/"), all_read(all(root, keys_below(root, &key)?))?));
        }
        Ok((String::new(), all_read(all(&folder, keys))?))
    }

    /// Whether a folder is laid out like the bucket as far as can be told at a glance: it has a base, or an owner's folder of a component.
    pub fn is_at(folder: &Path) -> bool {
        let holds = |folder: &Path, what: fn(Component) -> &'static str| {
            let mut components = Component::ALL.into_iter();
            components.any(|component| folder.join(what(component)).exists())
        };
        let owners = || fs::read_dir(folder.join("apps")).into_iter().flatten().flatten();
        holds(&folder.join("base"), Component::main_file)
            || owners().any(|owner| holds(&owner.path(), Component::name))
    }

    /// Everything in it, each as far as it can be read.
    fn read(&self) -> Result<Objects, Failure> {
        Ok(match self {
            Bucket::Held(held) => held
                .clone()
                .into_iter()
                .map(|(key, bytes)| (key, Ok(bytes)))
                .collect(),
            Bucket::Folder(folder) => all(&folder.path, keys(&folder.path)?),
        })
    }
}

impl Folder {
    fn listed(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that is looked at of a folder.
pub const TOPS: [&str; 2] = ["apps", "base"];

/// Bytes, or why not, by key.
type Objects = BTreeMap<String, Result<Vec<u8>, Unread>>;

fn all_read(objects: Objects) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let read = |(key, read): (String, Result<Vec<u8>, Unread>)| Ok((key, read.map_err(Unread::failure)?));
    objects.into_iter().map(read).collect()
}

/// The keys of everything in a folder that is laid out like the bucket.
fn keys(folder: &Path) -> Result<Vec<String>, Failure> {
    let tops = TOPS.into_iter().filter(|top| folder.join(top).is_dir());
    let keys: Result<Vec<_>, Failure> = tops.map(|top| keys_below(folder, top)).collect();
    Ok(keys?.concat())
}

/// Each of these files of a folder.
fn all(folder: &Path, keys: Vec<String>) -> Objects {
    let read = |key: String| {
        let read = read(folder, &key);
        (key, read)
    };
    each(keys, read).into_iter().collect()
}

/// The keys of everything below one part of the folder. A folder that cannot be listed is a failure: who knows what is in it.
fn keys_below(folder: &Path, key: &str) -> Result<Vec<String>, Failure> {
    let failed = |error| disk::failure(format!("listing `{key}` in `{}`", folder.display()), error);
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder.join(key)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        let key = format!("{key}/{name}");
        if kind.is_dir() {
            keys.extend(keys_below(folder, &key)?);
        } else if kind.is_file() || kind.is_symlink() {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// The bytes of a file, or of a file in this folder that a link leads to.
fn read(folder: &Path, key: &str) -> Result<Vec<u8>, Unread> {
    let path = folder.join(key);
    let doing = || format!("reading `{}`", path.display());
    let leads_here = |real: PathBuf| real.starts_with(folder) && real.is_file();
    if path.is_symlink() && !fs::canonicalize(&path).is_ok_and(leads_here) {
        let why = "put the file itself there: a link may lead only to a file in the same folder";
        let failure = Failure::new(Class::Denied, doing()).because(why);
        return Err(Unread::Withheld(Withheld::Link, failure));
    }
    fs::read(&path).map_err(|error| unread(doing(), error))
}

/// What an error of a file means.
fn unread(doing: String, error: io::Error) -> Unread {
    let failure = disk::failure(doing, error);
    match failure.class {
        Class::Denied => Unread::Withheld(Withheld::File, failure),
        _ => failure.into(),
    }
}

/// The version of what cannot be read.
const WITHHELD: &str = "unreadable";

fn version_id(bytes: &[u8]) -> String {
    Digest::of(bytes).short().to_owned()
}

impl ListConfig for Bucket {
    async fn list(&self, as_of: Option<Timestamp>) -> Result<Vec<Listed>, Failure> {
        if let Some(moment) = as_of {
            let doing = format!(
                "listing the folder as of {moment}: a folder keeps no history; check out the files of that moment"
            );
            return Err(Failure::new(Class::InvalidRequest, doing));
        }
        let (mut listed, mut held) = (Vec::new(), BTreeMap::new());
        for (key, read) in self.read()? {
            let (version_id, size_bytes) = match read {
                Ok(bytes) => {
                    let said = (version_id(&bytes), bytes.len() as u64);
                    held.insert(key.clone(), bytes);
                    said
                }
                Err(Unread::Withheld(..)) => (WITHHELD.to_owned(), 0),
                Err(Unread::Failed(failure)) => return Err(failure),
            };
            listed.push(Listed {
                key,
                version_id,
                size_bytes,
            });
        }
        if let Bucket::Folder(folder) = self {
            *folder.listed() = held;
        }
        Ok(listed)
    }
}

impl ReadConfig for Bucket {
    async fn read_version(&self, key: &str, version: &str) -> Result<Vec<u8>, Unread> {
        let stale = || {
            Failure::new(
                Class::Stale,
                format!("reading `{key}`: it changed since it was listed"),
            )
        };
        let bytes = match self {
            Bucket::Held(held) => held.get(key).cloned().ok_or_else(stale)?,
            Bucket::Folder(folder) => {
                // Taken out: a version is read once, and nothing is kept that nobody reads.
                let listed = folder.listed().remove(key);
                if let Some(bytes) = listed.filter(|bytes| version_id(bytes) == version) {
                    return Ok(bytes);
                }
                read(&folder.path, key).map_err(|unread| match unread {
                    Unread::Failed(failure) if failure.class == Class::NotFound => stale().into(),
                    unread => unread,
                })?
            }
        };
        if version_id(&bytes) == version {
            Ok(bytes)
        } else {
            Err(stale().into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn a_file_that_may_not_be_opened_is_withheld_and_a_disk_that_fails_is_not() {
        // Whoever runs these tests may be let read every file.
        let check = |kind: ErrorKind, expect: &str| {
            let seen = match unread("reading `a`".into(), kind.into()) {
                Unread::Withheld(how, _) => format!("{how:?}"),
                Unread::Failed(failure) => failure.class.to_string(),
            };
            assert_eq!(seen, expect, "{kind}");
        };
        check(ErrorKind::PermissionDenied, "File");
        check(ErrorKind::NotFound, "NotFound");
        check(ErrorKind::TimedOut, "Unavailable");
    }
}
