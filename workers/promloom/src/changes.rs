//! Changes under base/ and apps/ of a folder. In: the folder. Out: one word after a burst of them. Never:
//! says what changed (a run looks at everything), hears what is only read.

use contract::{Class, Failure};
use notify_files::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// So long nothing may change before a burst is over: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(300);
/// How often is looked where the system does not tell.
const POLL: Duration = Duration::from_secs(1);

/// Hears changes while it is kept.
pub(crate) struct Changes {
    watcher: Box<dyn Watcher>,
    folder: PathBuf,
    heard: UnboundedReceiver<()>,
}

/// Begins to listen.
pub(crate) fn of(folder: &Path) -> Result<Changes, Failure> {
    let doing = || format!("watching `{}`", folder.display());
    let folder = std::fs::canonicalize(folder)
        .map_err(|error| Failure::new(Class::NotFound, doing()).because(error))?;
    let (say, heard) = unbounded_channel();
    let root = folder.clone();
    let hear = move |event: Result<Event, notify_files::Error>| {
        let matters = match &event {
            Ok(event) => {
                !matches!(event.kind, EventKind::Access(_))
                    && event.paths.iter().any(|path| is_config(&root, path))
            }
            // Something may have been missed.
            Err(_) => true,
        };
        if matters {
            // It fails where nobody listens any more, because the program ends.
            say.send(()).unwrap_or(());
        }
    };
    let mut watcher: Box<dyn Watcher> = match RecommendedWatcher::new(hear.clone(), Config::default()) {
        Ok(watcher) => Box::new(watcher),
        Err(_) => polling(hear.clone(), &doing)?,
    };
    // More folders than the system lets us hear of: look instead.
    if watch(watcher.as_mut(), &folder).is_err() {
        watcher = polling(hear, &doing)?;
        watch(watcher.as_mut(), &folder)
            .map_err(|error| Failure::new(Class::Unavailable, doing()).because(error))?;
    }
    Ok(Changes {
        watcher,
        folder,
        heard,
    })
}

fn polling(
    hear: impl FnMut(Result<Event, notify_files::Error>) + Send + 'static,
    doing: &impl Fn() -> String,
) -> Result<Box<dyn Watcher>, Failure> {
    match PollWatcher::new(hear, Config::default().with_poll_interval(POLL)) {
        Ok(watcher) => Ok(Box::new(watcher)),
        Err(error) => Err(Failure::new(Class::Unavailable, doing()).because(error)),
    }
}

impl Changes {
    /// Waits for a change, and until nothing changes any more. What changed while nobody waited counts.
    pub(crate) async fn next(&mut self) {
        // base/ or apps/ may be new, or made again since; a folder that cannot be heard now is looked at in
        // the next run.
        drop(watch(self.watcher.as_mut(), &self.folder));
        if self.heard.recv().await.is_none() {
            // The watcher is gone: nothing will ever be heard.
            std::future::pending::<()>().await;
        }
        while let Ok(Some(())) = timeout(QUIET, self.heard.recv()).await {}
    }
}

/// Only what is config: a volume, a state folder or a repository may lie beside it.
fn watch(watcher: &mut dyn Watcher, folder: &Path) -> Result<(), notify_files::Error> {
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    for top in ["base", "apps"].map(|top| folder.join(top)) {
        if top.is_dir() {
            watcher.watch(&top, RecursiveMode::Recursive)?;
        }
    }
    Ok(())
}

fn is_config(folder: &Path, path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(folder) else {
        return false;
    };
    let mut names = inside.components().map(|name| name.as_os_str().to_string_lossy());
    let top = names.next();
    matches!(top.as_deref(), Some("base" | "apps")) && !names.any(|name| name.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_config_is_a_change() {
        let check = |path: &str, expect: bool| {
            assert_eq!(is_config(Path::new("/d"), Path::new(path)), expect, "{path}");
        };
        check("/d/apps/shop/prometheus/api.yml", true);
        check("/d/base/prometheus.yml", true);
        check("/d/apps", true);
        check("/d/apps/shop/prometheus/.api.yml.swp", false);
        check("/d/.promloom/state/objects/x", false);
        check("/d/README.md", false);
        check("/e/apps/shop/prometheus/api.yml", false);
    }
}
