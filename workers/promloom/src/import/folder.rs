//! The old copy and the new folder. In: paths. Out: every object of a copy; a folder written once. Never: writes into the copy,
//! over a file, or through a link; reads what a link leads to.

use contract::{Class, Failure};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What lies under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// No bucket has links.
    Link,
}

/// How the new folder was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// It is new.
    New,
    /// It held just this already.
    Unchanged,
}

/// Every object of a copy of a bucket, by key.
pub(super) fn objects(folder: &Path) -> Result<BTreeMap<String, Content>, Failure> {
    let mut found = BTreeMap::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = open.pop() {
        let failed = |error| failure(format!("listing `{}`", path.display()), error);
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let key = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                open.push((entry.path(), format!("{key}/")));
            } else if kind.is_file() {
                let bytes = fs::read(entry.path());
                let bytes =
                    bytes.map_err(|error| failure(format!("reading `{}`", entry.path().display()), error))?;
                found.insert(key, Content::Bytes(bytes));
            } else {
                found.insert(key, Content::Link);
            }
        }
    }
    if found.is_empty() {
        let doing = format!(
            "reading `{}`: it holds nothing; is it the copy of the bucket?",
            folder.display()
        );
        return Err(Failure::new(Class::InvalidRequest, doing));
    }
    Ok(found)
}

/// Refuses a new folder inside the old copy.
pub(super) fn apart(old: &Path, new: &Path) -> Result<(), Failure> {
    let failed = |path: &Path| {
        let doing = format!("finding `{}`", path.display());
        move |error| failure(doing, error)
    };
    let whole = std::path::absolute(new).map_err(failed(new))?;
    // The part of it that is there, without links.
    let there = whole.ancestors().find(|path| path.exists()).unwrap_or(&whole);
    let there = fs::canonicalize(there).map_err(failed(new))?;
    let old = fs::canonicalize(old).map_err(failed(old))?;
    if there.starts_with(&old) {
        let doing = format!(
            "writing to `{}`: it is inside the old copy, which is only read",
            new.display()
        );
        return Err(Failure::new(Class::InvalidRequest, doing));
    }
    Ok(())
}

/// Writes a new folder. One that holds just that already stays; any other that is not empty is refused.
pub(super) fn write(new: &Path, objects: &BTreeMap<String, Vec<u8>>) -> Result<Written, Failure> {
    let doing = || format!("writing to `{}`", new.display());
    let is_empty = match fs::read_dir(new) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(failure(doing(), error)),
    };
    if !is_empty {
        let there = self::objects(new)?;
        let same = there.len() == objects.len()
            && objects
                .iter()
                .all(|(key, bytes)| there.get(key) == Some(&Content::Bytes(bytes.clone())));
        if same {
            return Ok(Written::Unchanged);
        }
        let other = there.keys().find(|key| {
            there.get(*key)
                != objects
                    .get(*key)
                    .map(|bytes| Content::Bytes(bytes.clone()))
                    .as_ref()
        });
        let which = other.map(|key| format!(", such as `{key}`")).unwrap_or_default();
        let why =
            format!("it holds something else already{which}; nothing is overwritten: name a new folder");
        return Err(Failure::new(Class::InvalidRequest, doing()).because(why));
    }
    for (key, bytes) in objects {
        let path: PathBuf = new.join(key);
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| failure(format!("writing `{}`", path.display()), error))?;
    }
    Ok(Written::New)
}

fn failure(doing: String, error: std::io::Error) -> Failure {
    let class = match error.kind() {
        ErrorKind::NotFound => Class::NotFound,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Class::Denied,
        ErrorKind::NotADirectory => Class::InvalidRequest,
        _ => Class::Unavailable,
    };
    Failure::new(class, doing).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    #[test]
    fn a_new_folder_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("a/new");
        let first = BTreeMap::from([
            ("base/prometheus.yml".to_owned(), bytes("a")),
            ("apps/a/b/c.yml".to_owned(), bytes("b")),
        ]);
        assert_eq!(write(&new, &first).unwrap(), Written::New);
        assert_eq!(write(&new, &first).unwrap(), Written::Unchanged);
        let held: BTreeMap<String, Content> = first
            .clone()
            .into_iter()
            .map(|(key, bytes)| (key, Content::Bytes(bytes)))
            .collect();
        assert_eq!(objects(&new).unwrap(), held);

        let check = |objects: &BTreeMap<String, Vec<u8>>, expect: &str| {
            let why = write(&new, objects).unwrap_err().chain();
            assert!(why.contains(expect), "{why}");
        };
        let other = BTreeMap::from([("base/prometheus.yml".to_owned(), bytes("a"))]);
        check(&other, "such as `apps/a/b/c.yml`; nothing is overwritten");
        let other = first.into_keys().map(|key| (key, bytes("a"))).collect();
        check(&other, "such as `apps/a/b/c.yml`");
        assert_eq!(objects(&new).unwrap(), held);
    }

    #[test]
    fn nothing_is_written_into_the_old_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (old, beside) = (folder.path().join("old"), folder.path().join("older"));
        fs::create_dir_all(old.join("x")).unwrap();
        fs::create_dir(&beside).unwrap();
        std::os::unix::fs::symlink(&old, folder.path().join("link")).unwrap();
        let check = |new: &str, expect: bool| {
            assert_eq!(apart(&old, &folder.path().join(new)).is_ok(), expect, "{new}");
        };
        check("new", true);
        check("older", true);
        check("old", false);
        check("old/x", false);
        check("old/y/z", false);
        check("link/y", false);
    }

    #[test]
    fn a_link_is_told_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("a.yml")).unwrap();
        let objects = objects(folder.path()).unwrap();
        assert_eq!(objects, BTreeMap::from([("a.yml".to_owned(), Content::Link)]));
    }
}
