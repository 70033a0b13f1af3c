//! A folder laid out like the config bucket. In: `base/…`, `apps/…`. Out: keys, versions, bytes.
//! Never: writes; follows a link out of the folder; looks at anything else in it, so that it may be a repository.

use super::disk;
use contract::ports::{ListConfig, Listed, ReadConfig};
use contract::{Class, Digest, Failure, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder. A version is the first 12 digits of the content's digest: there is only the present one.
#[derive(Debug)]
pub struct Bucket {
    folder: PathBuf,
}

impl Bucket {
    /// The bucket in that folder.
    ///
    /// # Errors
    /// `NotFound` if there is no such folder.
    pub fn open(folder: &Path) -> Result<Bucket, Failure> {
        let folder = fs::canonicalize(folder)
            .map_err(|error| disk::failure(format!("opening the folder `{}`", folder.display()), error))?;
        if folder.is_dir() {
            return Ok(Bucket { folder });
        }
        let doing = format!(
            "opening `{}`: name a folder that holds base/ and apps/",
            folder.display()
        );
        Err(Failure::new(Class::InvalidRequest, doing))
    }

    /// Everything below one folder, in no order.
    fn walk(&self, key: &str, listed: &mut Vec<Listed>) -> Result<(), Failure> {
        let doing = || format!("listing `{key}` in `{}`", self.folder.display());
        for entry in fs::read_dir(self.folder.join(key)).map_err(|error| disk::failure(doing(), error))? {
            let entry = entry.map_err(|error| disk::failure(doing(), error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let key = format!("{key}/{name}");
            let kind = entry.file_type().map_err(|error| disk::failure(doing(), error))?;
            if kind.is_dir() {
                self.walk(&key, listed)?;
            } else if kind.is_file() || kind.is_symlink() {
                let bytes = self.read(&key)?;
                let size_bytes = bytes.len() as u64;
                listed.push(Listed {
                    version_id: version_id(&bytes),
                    key,
                    size_bytes,
                });
            }
        }
        Ok(())
    }

    /// The bytes of a file, or of a file in this folder that a link leads to.
    fn read(&self, key: &str) -> Result<Vec<u8>, Failure> {
        let path = self.folder.join(key);
        let doing = || format!("reading `{}`", path.display());
        let real = fs::canonicalize(&path).map_err(|error| disk::failure(doing(), error))?;
        if !real.starts_with(&self.folder) || !real.is_file() {
            let why = "put the file itself there: a link may lead only to a file in the same folder";
            return Err(Failure::new(Class::Denied, doing()).because(why));
        }
        fs::read(real).map_err(|error| disk::failure(doing(), error))
    }
}

pub(crate) fn version_id(bytes: &[u8]) -> String {
    Digest::of(bytes).short().to_owned()
}

impl ListConfig for Bucket {
    async fn list(&self, as_of: Option<Timestamp>) -> Result<Vec<Listed>, Failure> {
        if let Some(moment) = as_of {
            let doing = format!(
                "listing `{}` as of {moment}: a folder keeps no history; check out the files of that moment",
                self.folder.display()
            );
            return Err(Failure::new(Class::InvalidRequest, doing));
        }
        let mut listed = Vec::new();
        for top in ["apps", "base"] {
            if self.folder.join(top).is_dir() {
                self.walk(top, &mut listed)?;
            }
        }
        listed.sort();
        Ok(listed)
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
        let bytes = self.read(key).map_err(|failure| match failure.class {
            Class::NotFound => stale(),
            _ => failure,
        })?;
        if version_id(&bytes) == version {
            Ok(bytes)
        } else {
            Err(stale())
        }
    }
}
