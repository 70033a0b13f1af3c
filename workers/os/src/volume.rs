//! A folder as a volume, on a desk and on EFS alike.
//!
//! In: generations and their files. Out: the folder that a component's process reads:
//!
//! ```text
//! <root>/<component>/current -> generations/<name>      relative, so that every mount point sees the same
//! <root>/<component>/generations/<name>/<path of a file>
//! <root>/<component>/generations/<name>/generation.json
//! <root>/<component>/generations/.staging-<name>-<random>/   until all of it is on the disk
//! <root>/<component>/.lock                              held for a flip or a removal, for microseconds
//! <root>/<component>/.staging.lock                      held while files are written
//! ```
//!
//! Never: shows a reader half of a generation, or makes the root (a mount that is missing must not look like
//! an empty volume).
//!
//! What makes it so: names appear by `rename`, which is one step on a local disk and on NFS, after the files
//! and the folders were synced and read back. Locks are `flock`, which NFS 4 keeps on the server, and which
//! end with their process. A generation counts only if it is whole, that is, holds its note, and `current`
//! only if it points to one: so a damaged volume looks like an empty one, and the next deploy mends it.

use crate::blocking::blocking;
use contract::ports::Volume;
use contract::{Class, Component, Digest, Failure, Generation, each_on};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// The note of a generation, beside its files.
const NOTE: &str = "generation.json";
/// How many files are read, written or synced at once; on NFS each waits for the server.
const AT_ONCE: usize = 16;

/// A folder as a volume.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The volume in that folder, which must exist when it is used.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Folder {
        Folder { root: root.into() }
    }

    /// Does one thing with a component's part, on a thread of its own, and says what it was if it fails.
    async fn with<T: Send + 'static>(
        &self,
        component: Component,
        doing: String,
        act: impl FnOnce(&Place) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = Place {
            folder: self.root.join(component.name()),
        };
        let root = self.root.clone();
        let doing = format!("{doing} of {component} under `{}`", root.display());
        blocking(move || {
            act(&place).map_err(|refusal| match refusal {
                Refusal::Io(error) if error.kind() == ErrorKind::NotFound && !root.is_dir() => Failure::new(
                    Class::NotFound,
                    format!("{doing}; there is no such folder, make or mount it"),
                )
                .because(error),
                Refusal::Io(error) => io_failure(doing, error),
                Refusal::Said(class, why) => Failure::new(class, doing).because(why),
            })
        })
        .await
    }
}

impl Volume for Folder {
    async fn live(&self, component: Component) -> Result<Option<Generation>, Failure> {
        self.with(component, "reading the live generation".into(), Place::live)
            .await
    }

    async fn generations(&self, component: Component) -> Result<Vec<Generation>, Failure> {
        self.with(component, "listing the generations".into(), Place::generations)
            .await
    }

    async fn file_digests(
        &self,
        component: Component,
        generation: &Generation,
    ) -> Result<BTreeMap<String, Digest>, Failure> {
        let name = generation.name();
        let doing = format!("reading generation {name}");
        self.with(component, doing, move |place| {
            if place.whole(&name)?.is_none() {
                return Err(Refusal::Said(
                    Class::NotFound,
                    format!("it is not there, or without its `{NOTE}`"),
                ));
            }
            let mut digests = digests(&place.generation(&name))?;
            digests.remove(NOTE);
            Ok(digests)
        })
        .await
    }

    async fn stage(
        &self,
        component: Component,
        generation: &Generation,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let (generation, files) = (generation.clone(), files.clone());
        let doing = format!("staging generation {}", generation.name());
        self.with(component, doing, move |place| place.stage(&generation, files))
            .await
    }

    async fn flip(
        &self,
        component: Component,
        from: Option<&Generation>,
        to: &Generation,
    ) -> Result<(), Failure> {
        let (from, to) = (from.map(Generation::name), to.name());
        let doing = format!("flipping to generation {to}");
        self.with(component, doing, move |place| place.flip(from.as_deref(), &to))
            .await
    }

    async fn remove(&self, component: Component, generation: &Generation) -> Result<(), Failure> {
        let name = generation.name();
        let doing = format!("removing generation {name}");
        self.with(component, doing, move |place| place.remove(&name))
            .await
    }
}

/// Why a volume did not do it.
#[derive(Debug)]
enum Refusal {
    /// The file system.
    Io(io::Error),
    /// A rule of ours, with its reason.
    Said(Class, String),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Io(error)
    }
}

/// What a failure of the file system means, and what to do about it.
fn io_failure(doing: String, error: io::Error) -> Failure {
    let (class, todo) = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (
            Class::Unavailable,
            "; the volume is full: make room or raise its quota, the live generation is untouched",
        ),
        ErrorKind::ReadOnlyFilesystem => (Class::Denied, "; the volume is read-only: mount it writable"),
        ErrorKind::PermissionDenied => (
            Class::Denied,
            "; permission was refused: let this user write there (on EFS: the access point and its policy)",
        ),
        _ => (Class::Unavailable, ""),
    };
    Failure::new(class, doing + todo).because(error)
}

/// One component's part of a volume.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn current(&self) -> PathBuf {
        self.folder.join("current")
    }

    fn generations_folder(&self) -> PathBuf {
        self.folder.join("generations")
    }

    fn generation(&self, name: &str) -> PathBuf {
        self.generations_folder().join(name)
    }

    /// Takes a lock that ends when it is dropped. Another machine's holder that died loses it with its NFS
    /// lease.
    fn lock(&self, name: &str) -> io::Result<File> {
        make_folder(&self.folder)?;
        // NFS keeps an exclusive lock only for a file that is open for writing.
        let file = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(name))?;
        file.lock()?;
        Ok(file)
    }

    /// The generation in the folder of that name, if it is whole.
    fn whole(&self, name: &str) -> io::Result<Option<Generation>> {
        let Some(note) = existing(fs::read(self.generation(name).join(NOTE)))? else {
            return Ok(None);
        };
        let generation = serde_json::from_slice::<Generation>(&note).ok();
        Ok(generation.filter(|generation| generation.name() == name))
    }

    fn live(&self) -> Result<Option<Generation>, Refusal> {
        let target = match fs::read_link(self.current()) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound && self.has_root() => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                let why = "`current` is not a symbolic link; move it away, then run again";
                return Err(Refusal::Said(Class::Rejected, why.into()));
            }
            Err(error) => return Err(error.into()),
        };
        match target.strip_prefix("generations").ok().and_then(Path::to_str) {
            Some(name) => Ok(self.whole(name)?),
            None => Ok(None),
        }
    }

    fn has_root(&self) -> bool {
        self.folder.parent().is_some_and(Path::is_dir)
    }

    fn generations(&self) -> Result<Vec<Generation>, Refusal> {
        let entries = match fs::read_dir(self.generations_folder()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound && self.has_root() => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut all = Vec::new();
        for entry in entries {
            if let Some(name) = entry?.file_name().to_str() {
                all.extend(self.whole(name)?);
            }
        }
        all.sort_by_key(|generation| (generation.ordinal, generation.name()));
        Ok(all)
    }

    fn stage(&self, generation: &Generation, mut files: BTreeMap<String, String>) -> Result<(), Refusal> {
        if let Some(path) = files.keys().find(|path| !is_inside(path)) {
            let why = format!("`{path}` is not the path of a file inside a generation");
            return Err(Refusal::Said(Class::Rejected, why));
        }
        let note = serde_json::to_string(generation).map_err(io::Error::from)?;
        files.insert(NOTE.to_owned(), note);
        let wanted: BTreeMap<String, Digest> = files
            .iter()
            .map(|(path, text)| (path.clone(), Digest::of(text.as_bytes())))
            .collect();

        let name = generation.name();
        let folder = self.generations_folder();
        // Whoever stages holds this lock, so that every other staging folder is one that somebody left.
        let _staging = self.lock(".staging.lock")?;
        make_folder(&folder)?;
        remove_leftovers(&folder)?;
        let place = self.generation(&name);
        if existing(digests(&place))?.as_ref() == Some(&wanted) {
            return Ok(());
        }

        let staging = tempfile::Builder::new()
            .prefix(&format!(".staging-{name}-"))
            .tempdir_in(&folder)?;
        write(staging.path(), &files)?;
        let read_back = sync(staging.path())?;
        if read_back != wanted {
            let differs = wanted
                .iter()
                .find(|(path, digest)| read_back.get(*path) != Some(digest));
            let path = differs.map_or("a file that was not written", |(path, _)| path);
            let why = format!("`{path}` reads back as other bytes than were written");
            return Err(Refusal::Said(Class::Unavailable, why));
        }
        if place.exists() {
            // Not what it says: a generation that somebody changed. It is no generation until the next line.
            fs::rename(&place, folder.join(format!(".staging-{name}-damaged")))?;
        }
        fs::rename(staging.path(), &place)?;
        // The folder has another name now; there is nothing left to remove.
        let _renamed = staging.keep();
        sync_folder(&folder)?;
        remove_leftovers(&folder)?;
        Ok(())
    }

    fn flip(&self, from: Option<&str>, to: &str) -> Result<(), Refusal> {
        let _flipping = self.lock(".lock")?;
        let live = self.live()?.map(|live| live.name());
        if live.as_deref() != from {
            let shown = |name: Option<&str>| name.unwrap_or("nothing").to_owned();
            let why = format!(
                "{} is live, not {}: another run was faster",
                shown(live.as_deref()),
                shown(from)
            );
            return Err(Refusal::Said(Class::Stale, why));
        }
        if self.whole(to)?.is_none() {
            return Err(Refusal::Said(
                Class::NotFound,
                "there is no such whole generation, deploy again".into(),
            ));
        }
        let link = tempfile::Builder::new()
            .prefix(".current-")
            .make_in(&self.folder, |link| {
                symlink(Path::new("generations").join(to), link)
            })?;
        link.into_temp_path()
            .persist(self.current())
            .map_err(|error| error.error)?;
        sync_folder(&self.folder)?;
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), Refusal> {
        let _flipping = self.lock(".lock")?;
        if self.live()?.is_some_and(|live| live.name() == name) {
            return Err(Refusal::Said(Class::Stale, "it is live".into()));
        }
        // First it is no generation any more, at once; then its files go.
        let leaving = self.generation(&format!(".staging-{name}-removed"));
        if existing(fs::rename(self.generation(name), &leaving))?.is_some() {
            existing(fs::remove_dir_all(&leaving))?;
        }
        Ok(())
    }
}

/// None where there is no such file.
fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the path stays inside the folder it is joined to, and is not the note's.
fn is_inside(path: &str) -> bool {
    path != NOTE && !path.contains('\0') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Makes a folder that the server's user can read, unless it is there.
fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => readable(folder, 0o755),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// The process that reads a generation runs as another user, and the umask here is anybody's.
fn readable(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

fn remove_leftovers(generations: &Path) -> io::Result<()> {
    for entry in fs::read_dir(generations)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(".staging-") {
            // What cannot be removed costs some space, but must not stop a deploy.
            let path = entry.path();
            let _stays = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
    }
    Ok(())
}

fn write(folder: &Path, files: &BTreeMap<String, String>) -> io::Result<()> {
    readable(folder, 0o755)?;
    let above = |path| Path::new(path).ancestors().skip(1);
    // In their order, so that one is there before what is in it; the first is the folder itself.
    let folders: BTreeSet<&Path> = files.keys().flat_map(above).collect();
    for inside in folders {
        make_folder(&folder.join(inside))?;
    }
    let written = each_on(AT_ONCE, files.iter().collect(), |(path, text)| {
        let place = folder.join(path);
        fs::write(&place, text)?;
        readable(&place, 0o644)
    });
    written.into_iter().collect()
}

/// Puts every file and folder on the disk; the digests are of what is there then.
fn sync(folder: &Path) -> io::Result<BTreeMap<String, Digest>> {
    let digests = each_file(folder, |path| {
        File::open(path)?.sync_all()?;
        fs::read(path).map(|bytes| Digest::of(&bytes))
    })?;
    for folder in folders(folder)? {
        sync_folder(&folder)?;
    }
    Ok(digests)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn digests(folder: &Path) -> io::Result<BTreeMap<String, Digest>> {
    each_file(folder, |path| fs::read(path).map(|bytes| Digest::of(&bytes)))
}

/// What `look` says of each file below a folder, by its path there.
fn each_file<T: Send>(
    folder: &Path,
    look: impl Fn(&Path) -> io::Result<T> + Sync,
) -> io::Result<BTreeMap<String, T>> {
    let mut paths = Vec::new();
    for folder in folders(folder)? {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                paths.push(entry.path());
            }
        }
    }
    let look = |path: PathBuf| {
        let name = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        look(&path).map(|found| (name, found))
    };
    each_on(AT_ONCE, paths, look).into_iter().collect()
}

/// A folder and every folder below it, the lowest first.
fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            all.extend(folders(&entry.path())?);
        }
    }
    all.push(folder.to_path_buf());
    Ok(all)
}

#[cfg(test)]
mod tests;
