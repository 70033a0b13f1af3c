//! Which files are meant, which key each has, and what a file is called. In: a path as it was typed, what is in the file, what the options say.
//! Out: the files; the key that one would be pushed to; what its repository calls it. Never: what is wrong with a file.

use crate::cli::CheckArgs;
use crate::desk::Bucket;
use crate::import::component_of;
use contract::{Class, Component, Failure, Key};
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
    /// Its key, if it is only one of those in a folder that was typed.
    key: Option<String>,
}

impl Asked {
    /// Where it would be pushed to.
    pub(crate) fn address(&self, args: &CheckArgs) -> Result<Address, Failure> {
        match &self.key {
            // Nobody named it: that it is no fragment is told of it, and is not the end of the rest.
            Some(key) if matches!(Key::parse(key), Key::Stray { .. }) => Ok(Address {
                key: key.clone(),
                is_made_up: false,
            }),
            _ => address(&self.path, &self.content, args.owner.as_deref(), args.component),
        }
    }
}

/// The files that were typed: each itself, and all in each folder that a push of it would bring into the bucket.
pub(crate) fn asked(typed: &[PathBuf]) -> Result<Vec<Asked>, Failure> {
    let mut all = Vec::new();
    for path in typed {
        if path.is_dir() {
            all.extend(in_folder(path)?);
        } else {
            let doing = || format!("reading `{}`", path.display());
            let content =
                std::fs::read(path).map_err(|error| Failure::new(Class::NotFound, doing()).because(error))?;
            all.push(Asked {
                path: path.clone(),
                content,
                key: None,
            });
        }
    }
    Ok(all)
}

fn in_folder(folder: &Path) -> Result<Vec<Asked>, Failure> {
    let (prefix, objects) = Bucket::below(folder)?;
    if objects
        .keys()
        .all(|key| matches!(Key::parse(key), Key::Stray { .. }))
    {
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
        key: Some(key),
    };
    Ok(objects.into_iter().map(file).collect())
}

/// The key that a file would be pushed to: the last `apps/<owner>/<component>/<name>.yml` of its path, or
/// what is given, or what its sections are for.
pub(crate) fn address(
    file: &Path,
    content: &[u8],
    owner: Option<&str>,
    component: Option<Component>,
) -> Result<Address, Failure> {
    let said = |key: String| Address {
        key,
        is_made_up: false,
    };
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
            return Ok(said(base));
        }
    }
    let (said_owner, said_component) = match &parsed {
        Some(Key::Fragment { owner, component, .. }) => (Some(owner.as_str()), Some(*component)),
        // Tests of rules lie below their rules; they are taken as they are.
        Some(Key::RuleTest { .. }) if owner.is_none() && component.is_none() => {
            return Ok(said(last.unwrap_or_default()));
        }
        _ => (None, None),
    };
    let owner = owner.or(said_owner);
    let is_made_up = owner.is_none();
    let owner = owner.unwrap_or(UNNAMED);
    let component = component.or(said_component).unwrap_or_else(|| {
        // Most of what is pushed is Prometheus', so of a file in which nothing is clear that says what is wrong.
        component_of(&String::from_utf8_lossy(content)).unwrap_or(Component::Prometheus)
    });
    let key = format!(
        "apps/{owner}/{component}/{}",
        names.last().map_or("", String::as_str)
    );
    match Key::parse(&key) {
        Key::Fragment { .. } => Ok(Address { key, is_made_up }),
        Key::Stray { reason, .. } => Err(refuse(reason)),
        _ => Err(refuse(format!("`{key}` is no fragment"))),
    }
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

/// What a repository calls a file that is called so in a report: its path from the root of the git work tree that it lies in. A file in
/// none is called as it was typed, or by its key.
pub(crate) fn in_repository(file: &str, args: &CheckArgs) -> String {
    let is_typed = args.files.iter().any(|typed| Path::new(file).starts_with(typed));
    let path = match &args.base {
        Some(base) if !is_typed => base.join(file),
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

    #[test]
    fn a_file_s_sections_say_the_key_where_its_path_does_not() {
        let check = |content: &str, owner: Option<&str>, expect: &str| {
            let address =
                address(Path::new("/x/it.yml"), content.as_bytes(), owner, None).expect("an address");
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
            let key = match address(Path::new(path), b"", owner, component) {
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
