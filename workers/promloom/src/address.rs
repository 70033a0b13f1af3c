//! Which files are meant, which key each has, and what a file is called. In: a path as it was typed, what is in the file, what the options say.
//! Out: the files; the key that one would be pushed to; what its repository calls it. Never: what is wrong with a file.

use crate::cli::CheckArgs;
use crate::desk::{Bucket, TOPS};
use crate::import::component_of;
use contract::{Class, Component, Failure, Key};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Whose a file is that says so neither by its path nor by an option: an owner whom no policy knows.
const UNNAMED: &str = "unnamed";

/// Where a file would be pushed to.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) key: String,
    /// Whether its owner is [`UNNAMED`], because nothing says whose it is.
    pub(crate) is_made_up: bool,
}

/// A file that is checked.
#[derive(Debug)]
pub(crate) struct Asked {
    /// As it was typed, or below what was typed.
    pub(crate) path: PathBuf,
    pub(crate) content: Vec<u8>,
    /// Its key, and that of the folder, if it is only one of those in a folder that was typed.
    key: Option<(String, String)>,
}

impl Asked {
    /// Where it would be pushed to.
    pub(crate) fn address(&self, args: &CheckArgs) -> Result<Address, Failure> {
        let said = |key: &String| Address {
            key: key.clone(),
            is_made_up: false,
        };
        match &self.key {
            // By this it lies in its bucket, by whatever path it is seen here.
            Some((key, _)) => Ok(said(key)),
            None => address(&self.path, &self.content, args),
        }
    }

    /// Whether everything of that part of a bucket is asked about, as this is.
    pub(crate) fn is_of_whole(&self, top: &str) -> bool {
        self.key.as_ref().is_some_and(|(key, folder)| {
            key.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
                && (folder.is_empty() || folder.trim_end_matches('/') == top)
        })
    }
}

/// The files that were typed: each itself, and all in each folder that a push of it would bring into the bucket.
pub(crate) fn asked(args: &CheckArgs) -> Result<Vec<Asked>, Failure> {
    let mut all = Vec::new();
    for path in &args.files {
        if path.is_dir() {
            if args.owner.is_some() || args.component.is_some() {
                let doing = format!(
                    "checking the folder `{}`: --owner and --component are about files; leave them out, as each path in a folder says whose it is \
                     and what for, or name the files themselves",
                    path.display()
                );
                return Err(Failure::new(Class::InvalidRequest, doing));
            }
            all.extend(in_folder(path)?);
        } else {
            all.push(Asked {
                path: path.clone(),
                content: std::fs::read(path).map_err(|error| unread(path, args, error))?,
                key: None,
            });
        }
    }
    Ok(all)
}

/// Why a file has no answer. Of a fragment that is not there, its deletion may be meant.
fn unread(file: &Path, args: &CheckArgs, error: std::io::Error) -> Failure {
    let mut doing = format!("reading `{}`", file.display());
    let is_gone = error.kind() == std::io::ErrorKind::NotFound;
    if is_gone
        && args.owner.is_none()
        && args.component.is_none()
        && let Ok(address) = address(file, b"", args)
        && !address.is_made_up
        && is_key(&address.key)
    {
        let or_where = if args.base.is_some() { "" } else { " --base DIR" };
        doing.push_str("; if the push deletes it, say --deleted ");
        doing.push_str(&address.key);
        doing.push_str(or_where);
        doing.push_str(" instead");
    }
    Failure::new(Class::NotFound, doing).because(error)
}

fn in_folder(folder: &Path) -> Result<Vec<Asked>, Failure> {
    let (prefix, objects) = Bucket::below(folder)?;
    // A file that is only called wrongly is told of as it is when it is typed.
    let is_meant = |key: &String| {
        let ending = Path::new(key).extension().unwrap_or_default();
        is_key(key) || ending.eq_ignore_ascii_case("yml") || ending.eq_ignore_ascii_case("yaml")
    };
    if !objects.keys().any(is_meant) {
        let doing = format!(
            "checking the folder `{}`: it has no apps/<owner>/<component>/<name>.yml and nothing of base/; name a folder that is laid out like \
             the bucket, one in it such as apps/<owner>, or the files themselves",
            folder.display()
        );
        return Err(Failure::new(Class::InvalidRequest, doing));
    }
    let file = |(key, content): (String, Vec<u8>)| Asked {
        path: folder.join(key.strip_prefix(&prefix).unwrap_or(&key)),
        content,
        key: Some((key, prefix.clone())),
    };
    Ok(objects.into_iter().map(file).collect())
}

fn is_key(key: &str) -> bool {
    !matches!(Key::parse(key), Key::Stray { .. })
}

/// The key that a file would be pushed to: by where it lies, which may be no place for a fragment, or what is given, or what its
/// sections are for.
fn address(file: &Path, content: &[u8], args: &CheckArgs) -> Result<Address, Failure> {
    let refuse = |what: String| {
        Failure::new(
            Class::InvalidRequest,
            format!("checking `{}`: {what}", file.display()),
        )
    };
    let whole = std::path::absolute(file).map_err(|error| refuse("its path".into()).because(error))?;
    let key = place(file, &whole, args.base.as_deref());
    let (owner, component) = match (args.owner.as_deref(), args.component, key) {
        (None, None, Some(key)) => {
            return Ok(Address {
                key,
                is_made_up: false,
            });
        }
        (owner, component, key) => match key.as_deref().map(Key::parse) {
            Some(Key::Fragment {
                owner: said,
                component: of,
                ..
            }) => (
                owner.map_or(Some(said), |owner| Some(owner.to_owned())),
                component.or(Some(of)),
            ),
            _ => (owner.map(str::to_owned), component),
        },
    };
    let is_made_up = owner.is_none();
    let owner = owner.as_deref().unwrap_or(UNNAMED);
    let component = component.unwrap_or_else(|| {
        // Most of what is pushed is Prometheus', so of a file in which nothing is clear that says what is wrong.
        component_of(&String::from_utf8_lossy(content)).unwrap_or(Component::Prometheus)
    });
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    let key = format!("apps/{owner}/{component}/{name}");
    match Key::parse(&key) {
        Key::Fragment { .. } => Ok(Address { key, is_made_up }),
        Key::Stray { reason, .. } => Err(refuse(reason)),
        _ => Err(refuse(format!("`{key}` is no fragment"))),
    }
}

/// The key by which a file lies in a folder that is laid out like the bucket: in `base` if it lies below that, else in the innermost. One that
/// is no key of a fragment only where something says that it is that folder: the path as it was typed, or what else lies there. None: it
/// lies in none.
fn place(file: &Path, whole: &Path, base: Option<&Path>) -> Option<String> {
    let real = || Some(whole.parent()?.canonicalize().ok()?.join(whole.file_name()?));
    let real = real().unwrap_or_else(|| whole.to_owned());
    let base = base.and_then(|base| base.canonicalize().ok());
    let base = base.filter(|base| real.starts_with(base));
    if let Some(base) = &base
        && let Ok(below) = real.strip_prefix(base)
        && TOPS.iter().any(|top| below.starts_with(top))
    {
        return Some(slashed(below));
    }
    let last = |path: &Path, top: &str| {
        let names: Vec<_> = path.components().collect();
        let at = names.iter().rposition(|name| name.as_os_str() == top)?;
        let root: PathBuf = names.iter().take(at).collect();
        let key: PathBuf = names.iter().skip(at).collect();
        let is_in_base = |base: &PathBuf| root.canonicalize().is_ok_and(|root| root.starts_with(base));
        base.as_ref()
            .is_none_or(is_in_base)
            .then(|| (root, slashed(&key)))
    };
    // A folder of a team may be a link to where else it keeps its files.
    if let Some((_, key)) = last(whole, "apps").filter(|(_, key)| is_key(key)) {
        return Some(key);
    }
    TOPS.iter().find_map(|top| {
        let (root, key) = last(&real, top)?;
        let is_typed = || file.is_relative() && file.components().any(|name| name.as_os_str() == *top);
        (is_key(&key) || is_typed() || Bucket::is_at(&root)).then_some(key)
    })
}

fn slashed(path: &Path) -> String {
    let names = path.components().map(|name| name.as_os_str().to_string_lossy());
    names.collect::<Vec<_>>().join("/")
}

/// Another key beside one that is made up: two files of one name are two fragments.
pub(crate) fn free(key: &str, is_taken: impl Fn(&String) -> bool) -> String {
    let stem = key.strip_suffix(".yml").unwrap_or(key);
    let mut keys = (2_u32..).map(|number| format!("{stem}_{number}.yml"));
    keys.find(|key| !is_taken(key)).unwrap_or_else(|| key.to_owned())
}

pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(Path::canonicalize);
    one.is_ok_and(|one| other.is_ok_and(|other| one == other))
}

/// What a repository calls a file that is called so in a report: its path from the root of the git work tree that it lies in. One that is
/// none of the checked files lies in the base. A file in no work tree is called as it was typed, or by its key.
pub(crate) fn in_repository(file: &str, checked: &BTreeSet<String>, base: Option<&Path>) -> String {
    let path = match base {
        Some(base) if !checked.contains(file) => base.join(file),
        _ => PathBuf::from(file),
    };
    let in_work_tree = || {
        let whole = path.canonicalize().ok()?;
        let root = whole
            .ancestors()
            .skip(1)
            .find(|folder| folder.join(".git").exists())?;
        Some(whole.strip_prefix(root).ok()?.display().to_string())
    };
    in_work_tree().unwrap_or_else(|| file.trim_start_matches("./").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;

    fn args(owner: Option<&str>, component: Option<Component>) -> CheckArgs {
        let Command::Check(mut args) = Cli::parse_from(["promloom", "check", "x.yml"]).command else {
            panic!("a check")
        };
        (args.owner, args.component) = (owner.map(str::to_owned), component);
        args
    }

    #[test]
    fn a_file_s_sections_say_the_key_where_its_path_does_not() {
        let check = |content: &str, owner: Option<&str>, expect: &str| {
            let args = args(owner, None);
            let address = address(Path::new("/x/it.yml"), content.as_bytes(), &args).expect("an address");
            assert_eq!(address.key, expect, "{content}");
            assert_eq!(address.is_made_up, owner.is_none(), "{content}");
        };
        check("groups: []", None, "apps/unnamed/prometheus/it.yml");
        check("groups: []", Some("shop"), "apps/shop/prometheus/it.yml");
        check("modules: {}", None, "apps/unnamed/blackbox/it.yml");
        check("metrics: []", None, "apps/unnamed/cloudwatch/it.yml");
        check("region: eu-west-1", None, "apps/unnamed/cloudwatch/it.yml");
        check("modules:\n\ta: {", None, "apps/unnamed/blackbox/it.yml");
        check("<html>", None, "apps/unnamed/prometheus/it.yml");
    }

    #[test]
    fn the_path_or_the_options_say_the_key() {
        let check = |path: &str, owner: Option<&str>, component: Option<Component>, expect: &str| {
            let key = match address(Path::new(path), b"", &args(owner, component)) {
                Ok(address) => {
                    assert!(!address.is_made_up, "{path}");
                    address.key
                }
                Err(failure) => failure.chain(),
            };
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
        check("/x/rules.yaml", Some("shop"), blackbox, "end in .yml");
        check("/x/rules.yml", Some("a--b"), blackbox, "owner name `a--b`");
    }
}
