//! A folder laid out like the config bucket, or what one would hold. In: `base/…`, `apps/…`. Out: keys,
//! versions, bytes. Never: writes; follows a link out of the folder; looks at anything else in it, so that it
//! may be a repository.

use super::disk;
use contract::ports::{ListConfig, Listed, ReadConfig};
use contract::{Class, Digest, Failure, Timestamp};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The bucket. A version is the first 12 digits of the content's digest: there is only the present one.
#[derive(Debug)]
pub enum Bucket {
    /// What lies in that folder, whenever it is looked at.
    Folder(PathBuf),
    /// What would lie there, by key.
    Held(BTreeMap<String, Vec<u8>>),
}

impl Bucket {
    /// The bucket in that folder.
    pub fn open(folder: &Path) -> Result<Bucket, Failure> {
        let doing = || format!("opening the folder `{}`", folder.display());
        let folder = fs::canonicalize(folder).map_err(|error| disk::failure(doing(), error))?;
        if folder.is_dir() {
            return Ok(Bucket::Folder(folder));
        }
        let doing = format!("{}: name a folder that holds base/ and apps/", doing());
        Err(Failure::new(Class::InvalidRequest, doing))
    }

    /// Everything in it.
    pub fn objects(&self) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
        let mut objects = BTreeMap::new();
        match self {
            Bucket::Held(held) => objects.clone_from(held),
            Bucket::Folder(folder) => {
                for top in ["apps", "base"] {
                    if folder.join(top).is_dir() {
                        walk(folder, top, &mut objects)?;
                    }
                }
            }
        }
        Ok(objects)
    }
}

/// Everything below one part of the folder.
fn walk(folder: &Path, key: &str, objects: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let doing = || format!("listing `{key}` in `{}`", folder.display());
    for entry in fs::read_dir(folder.join(key)).map_err(|error| disk::failure(doing(), error))? {
        let entry = entry.map_err(|error| disk::failure(doing(), error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let key = format!("{key}/{name}");
        let kind = entry.file_type().map_err(|error| disk::failure(doing(), error))?;
        if kind.is_dir() {
            walk(folder, &key, objects)?;
        } else if kind.is_file() || kind.is_symlink() {
            objects.insert(key.clone(), read(folder, &key)?);
        }
    }
    Ok(())
}

/// The bytes of a file, or of a file in this folder that a link leads to.
fn read(folder: &Path, key: &str) -> Result<Vec<u8>, Failure> {
    let path = folder.join(key);
    let doing = || format!("reading `{}`", path.display());
    let real = fs::canonicalize(&path).map_err(|error| disk::failure(doing(), error))?;
    if !real.starts_with(folder) || !real.is_file() {
        let why = "put the file itself there: a link may lead only to a file in the same folder";
        return Err(Failure::new(Class::Denied, doing()).because(why));
    }
    fs::read(real).map_err(|error| disk::failure(doing(), error))
}

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
        let listed = |(key, bytes): (String, Vec<u8>)| Listed {
            key,
            version_id: version_id(&bytes),
            size_bytes: bytes.len() as u64,
        };
        Ok(self.objects()?.into_iter().map(listed).collect())
    }
}

impl ReadConfig for Bucket {
    async fn read_version(&self, key: &str, version: &str) -> Result<Vec<u8>, Failure> {
        let stale = || {
            Failure::new(
                Class::Stale,
                format!("reading `{key}`: it changed since it was listed"),
            )
        };
        let bytes = match self {
            Bucket::Held(held) => held.get(key).cloned().ok_or_else(stale)?,
            Bucket::Folder(folder) => read(folder, key).map_err(|failure| match failure.class {
                Class::NotFound => stale(),
                _ => failure,
            })?,
        };
        if version_id(&bytes) == version {
            Ok(bytes)
        } else {
            Err(stale())
        }
    }
}
