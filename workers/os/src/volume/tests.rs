//! What a folder promises as a volume, on real folders.

use super::{Folder, io_failure};
use contract::ports::Volume as _;
use contract::{Class, Component, Digest, Failure, Generation, Pointer, Timestamp};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tempfile::TempDir;

const COMPONENT: Component = Component::Prometheus;

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(future)
}

fn generation(ordinal: u64) -> Generation {
    Generation {
        ordinal,
        digest: Digest::of(&ordinal.to_be_bytes()),
        run: format!("run-{ordinal}"),
        pinned_at: Timestamp::from_millis(ordinal),
        replay: false,
        size: contract::Size::default(),
        configuration: Pointer::to(b"configuration"),
        verdicts: Pointer::to(b"verdicts"),
    }
}

fn files(ordinal: u64) -> BTreeMap<String, String> {
    // Long enough that a half-written file would show.
    let text = format!("# {ordinal}\n").repeat(10_000);
    let paths = ["prometheus.yml", "rules/payments--latency.yml", "a/b/c.yml"];
    paths.map(|path| (path.to_owned(), text.clone())).into()
}

fn digests(files: &BTreeMap<String, String>) -> BTreeMap<String, Digest> {
    let digest = |(path, text): (&String, &String)| (path.clone(), Digest::of(text.as_bytes()));
    files.iter().map(digest).collect()
}

struct Desk {
    root: TempDir,
    volume: Folder,
}

impl Desk {
    fn new() -> Desk {
        let root = tempfile::tempdir().unwrap();
        let volume = Folder::new(root.path());
        Desk { root, volume }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join("prometheus").join(path)
    }

    fn stage(&self, ordinal: u64) -> Result<(), Failure> {
        wait(
            self.volume
                .stage(COMPONENT, &generation(ordinal), &files(ordinal)),
        )
    }

    fn flip(&self, from: Option<u64>, to: u64) -> Result<(), Failure> {
        let from = from.map(generation);
        wait(self.volume.flip(COMPONENT, from.as_ref(), &generation(to)))
    }

    fn live(&self) -> Option<u64> {
        let live = wait(self.volume.live(COMPONENT)).unwrap()?;
        assert_eq!(live, generation(live.ordinal));
        Some(live.ordinal)
    }

    fn ordinals(&self) -> Vec<u64> {
        let all = wait(self.volume.generations(COMPONENT)).unwrap();
        all.iter().map(|generation| generation.ordinal).collect()
    }

    fn digests(&self, ordinal: u64) -> Result<BTreeMap<String, Digest>, Failure> {
        wait(self.volume.file_digests(COMPONENT, &generation(ordinal)))
    }

    /// Names in the folder of generations, hidden ones too.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("generations")).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn an_empty_root_holds_nothing() {
    let desk = Desk::new();
    assert_eq!((desk.live(), desk.ordinals()), (None, vec![]));
    assert_eq!(desk.digests(1).unwrap_err().class, Class::NotFound);
}

#[test]
fn what_was_staged_and_flipped_to_is_live() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    assert_eq!((desk.live(), desk.ordinals()), (None, vec![1]));
    desk.flip(None, 1).unwrap();
    desk.stage(2).unwrap();
    desk.flip(Some(1), 2).unwrap();
    desk.stage(10).unwrap();
    assert_eq!((desk.live(), desk.ordinals()), (Some(2), vec![1, 2, 10]));
    assert_eq!(desk.digests(2).unwrap(), digests(&files(2)));
    let name = generation(2).name();
    assert_eq!(
        fs::read_link(desk.path("current")).unwrap(),
        Path::new("generations").join(name)
    );
    let read = fs::read_to_string(desk.path("current/rules/payments--latency.yml")).unwrap();
    assert_eq!(read, files(2)["rules/payments--latency.yml"]);
}

#[test]
fn the_user_of_the_server_can_read_everything() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    let mode = |path: &str| {
        let path = desk.path("generations").join(generation(1).name()).join(path);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    let expect = [
        ("", 0o755),
        ("rules", 0o755),
        ("a/b", 0o755),
        ("prometheus.yml", 0o644),
        ("a/b/c.yml", 0o644),
    ];
    assert_eq!(expect.map(|(path, _)| (path, mode(path))), expect);
}

#[test]
fn staging_again_changes_nothing() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    let file = desk
        .path("generations")
        .join(generation(1).name())
        .join("prometheus.yml");
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    desk.stage(1).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
    assert_eq!(desk.names(), [generation(1).name()]);
}

#[test]
fn staging_mends_what_is_not_what_it_says() {
    let check = |name: &str, damage: &dyn Fn(&Path)| {
        let desk = Desk::new();
        desk.stage(1).unwrap();
        damage(&desk.path("generations").join(generation(1).name()));
        desk.stage(1).unwrap();
        assert_eq!(desk.digests(1).unwrap(), digests(&files(1)), "{name}");
        assert_eq!(desk.names(), [generation(1).name()], "{name}");
    };
    check("edited", &|folder| {
        fs::write(folder.join("prometheus.yml"), "x").unwrap();
    });
    check("removed", &|folder| {
        fs::remove_file(folder.join("prometheus.yml")).unwrap();
    });
    check("added", &|folder| {
        fs::write(folder.join("rules/x.yml"), "x").unwrap();
    });
    check("without its note", &|folder| {
        fs::remove_file(folder.join("generation.json")).unwrap();
    });
    check("a file in its place", &|folder| {
        fs::remove_dir_all(folder).unwrap();
        fs::write(folder, "x").unwrap();
    });
}

#[test]
fn damage_shows() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    desk.flip(None, 1).unwrap();
    fs::write(desk.path("current/rules/payments--latency.yml"), "x").unwrap();
    fs::remove_file(desk.path("current/a/b/c.yml")).unwrap();
    symlink("prometheus.yml", desk.path("current/link.yml")).unwrap();
    let mut expect = digests(&files(1));
    expect.insert("rules/payments--latency.yml".into(), Digest::of(b"x"));
    expect.remove("a/b/c.yml");
    assert_eq!(desk.digests(1).unwrap(), expect);
}

#[test]
fn a_live_generation_without_its_note_is_none_and_is_replaced() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    desk.flip(None, 1).unwrap();
    fs::remove_file(desk.path("current/generation.json")).unwrap();
    assert_eq!((desk.live(), desk.ordinals()), (None, vec![]));
    desk.stage(2).unwrap();
    desk.flip(None, 2).unwrap();
    assert_eq!(desk.live(), Some(2));
}

#[test]
fn leftovers_are_removed_at_the_next_stage_and_count_for_nothing() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    let left = desk.path("generations/.staging-9-abc-xyz");
    fs::create_dir(&left).unwrap();
    fs::write(
        left.join("generation.json"),
        serde_json::to_string(&generation(9)).unwrap(),
    )
    .unwrap();
    fs::write(desk.path("generations/notes.txt"), "of an operator").unwrap();
    assert_eq!(desk.ordinals(), [1]);
    desk.stage(2).unwrap();
    assert_eq!(
        desk.names(),
        [generation(1).name(), generation(2).name(), "notes.txt".into()]
    );
}

#[test]
fn a_path_stays_inside_its_generation() {
    let desk = Desk::new();
    let check = |path: &str, expect: Option<Class>| {
        let files = BTreeMap::from([(path.to_owned(), String::new())]);
        let staged = wait(desk.volume.stage(COMPONENT, &generation(1), &files));
        assert_eq!(staged.err().map(|failure| failure.class), expect, "{path:?}");
    };
    for bad in [
        "",
        "/",
        "/etc/x",
        "../x",
        "a/../x",
        "a//x",
        "./x",
        "a/",
        "a/.",
        "generation.json",
        "a\0b",
    ] {
        check(bad, Some(Class::Rejected));
    }
    assert!(!desk.path("").exists());
    for good in ["x", "a/x", "a..b", "...", "a/generation.json", "ü.yml"] {
        check(good, None);
    }
}

#[test]
fn a_flip_names_what_it_replaces() {
    let desk = Desk::new();
    let check = |from: Option<u64>, to: u64, expect: Option<Class>| {
        let flipped = desk.flip(from, to);
        assert_eq!(
            flipped.err().map(|failure| failure.class),
            expect,
            "{from:?} -> {to}"
        );
    };
    check(None, 1, Some(Class::NotFound));
    desk.stage(1).unwrap();
    desk.stage(2).unwrap();
    check(Some(1), 2, Some(Class::Stale));
    check(None, 1, None);
    check(None, 2, Some(Class::Stale));
    check(Some(2), 1, Some(Class::Stale));
    check(Some(1), 2, None);
    check(Some(2), 3, Some(Class::NotFound));
    check(Some(2), 1, None);
    assert_eq!(desk.live(), Some(1));
}

#[test]
fn of_many_flips_from_the_same_generation_one_wins() {
    const RUNS: u64 = 8;
    let desk = Desk::new();
    desk.stage(1).unwrap();
    desk.flip(None, 1).unwrap();
    for round in 1..=10 {
        let from = desk.live();
        let candidates: Vec<u64> = (1..=RUNS).map(|run| round * RUNS + run).collect();
        for candidate in &candidates {
            desk.stage(*candidate).unwrap();
        }
        let together = Barrier::new(candidates.len());
        let run = |candidate: u64| {
            together.wait();
            match desk.flip(from, candidate) {
                Ok(()) => Some(candidate),
                Err(failure) => {
                    assert_eq!(failure.class, Class::Stale);
                    None
                }
            }
        };
        let run = &run;
        let won: Vec<u64> = thread::scope(|scope| {
            let start = |candidate: &u64| {
                let candidate = *candidate;
                scope.spawn(move || run(candidate))
            };
            let runs: Vec<_> = candidates.iter().map(start).collect();
            runs.into_iter().filter_map(|run| run.join().unwrap()).collect()
        });
        assert_eq!(won, Vec::from_iter(desk.live()), "round {round}");
    }
}

#[test]
fn many_runs_stage_at_once() {
    let desk = Desk::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (1..=5).for_each(|ordinal| desk.stage(ordinal).unwrap()));
        }
    });
    assert_eq!(desk.ordinals(), [1, 2, 3, 4, 5]);
    for ordinal in 1..=5 {
        assert_eq!(desk.digests(ordinal).unwrap(), digests(&files(ordinal)));
    }
}

#[test]
fn a_reader_never_sees_a_mix_or_nothing() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    desk.stage(2).unwrap();
    desk.flip(None, 1).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let whole = [1, 2].map(|ordinal| files(ordinal)["prometheus.yml"].clone());
                    let mut reads = 0_u32;
                    while !done.load(Ordering::Relaxed) {
                        let text = fs::read_to_string(desk.path("current/prometheus.yml")).unwrap();
                        assert!(whole.contains(&text));
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        for flip in 0..200 {
            let (from, to) = if flip % 2 == 0 { (1, 2) } else { (2, 1) };
            desk.flip(Some(from), to).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
}

#[test]
fn remove_takes_anything_but_the_live_one() {
    let desk = Desk::new();
    desk.stage(1).unwrap();
    desk.stage(2).unwrap();
    desk.flip(None, 2).unwrap();
    let remove = |ordinal| wait(desk.volume.remove(COMPONENT, &generation(ordinal)));
    remove(1).unwrap();
    remove(1).unwrap();
    assert_eq!(remove(2).unwrap_err().class, Class::Stale);
    assert_eq!((desk.live(), desk.names()), (Some(2), vec![generation(2).name()]));
}

#[test]
fn a_root_that_is_not_there_is_not_an_empty_volume() {
    let desk = Desk::new();
    let volume = Folder::new(desk.root.path().join("mount"));
    let class = |failed: Option<Failure>| failed.unwrap().class;
    assert_eq!(class(wait(volume.live(COMPONENT)).err()), Class::NotFound);
    assert_eq!(class(wait(volume.generations(COMPONENT)).err()), Class::NotFound);
    assert_eq!(
        class(wait(volume.stage(COMPONENT, &generation(1), &files(1))).err()),
        Class::NotFound
    );
    let failed = wait(volume.flip(COMPONENT, None, &generation(1))).unwrap_err();
    assert_eq!(failed.class, Class::NotFound);
    assert!(
        failed
            .doing
            .ends_with("there is no such folder, make or mount it"),
        "{failed}"
    );
    assert!(!desk.root.path().join("mount").exists());
}

#[test]
fn something_else_in_the_way_is_named() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path("current")).unwrap();
    let failed = wait(desk.volume.live(COMPONENT)).unwrap_err();
    assert_eq!(failed.class, Class::Rejected);
    assert!(
        failed
            .chain()
            .ends_with("`current` is not a symbolic link; move it away, then run again")
    );
    let folder = desk.root.path().join("prometheus");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "a file").unwrap();
    assert_eq!(desk.stage(1).unwrap_err().class, Class::Unavailable);
}

#[test]
fn a_failure_says_what_to_do() {
    let check = |number: i32, class: Class, expect: &str| {
        let failure = io_failure("staging".into(), io::Error::from_raw_os_error(number));
        assert_eq!(failure.class, class, "{number}");
        assert!(
            failure.doing.starts_with(&format!("staging{expect}")),
            "{number}: {failure}"
        );
    };
    check(28, Class::Unavailable, "; the volume is full: make room"); // ENOSPC
    check(122, Class::Unavailable, "; the volume is full: make room"); // EDQUOT
    check(30, Class::Denied, "; the volume is read-only: mount it writable"); // EROFS
    check(
        13,
        Class::Denied,
        "; permission was refused: let this user write there",
    ); // EACCES
    check(
        1,
        Class::Denied,
        "; permission was refused: let this user write there",
    ); // EPERM
    check(5, Class::Unavailable, ""); // EIO
    check(116, Class::Unavailable, ""); // ESTALE
}

/// A small disk of its own, if this user may mount one.
struct Mount {
    root: TempDir,
}

impl Mount {
    fn new(options: &str) -> Option<Mount> {
        let root = tempfile::tempdir().unwrap();
        let mount = Mount { root };
        mount
            .run(Command::new("mount").args(["-t", "tmpfs", "-o", options, "promloom-test"]))
            .then_some(mount)
    }

    fn run(&self, command: &mut Command) -> bool {
        let output = command.arg(self.root.path()).output();
        output.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.run(&mut Command::new("umount"));
    }
}

#[test]
fn a_full_or_read_only_disk_leaves_the_live_generation_alone() {
    let Some(mount) = Mount::new("size=600k") else {
        println!("skipped: a full and a read-only disk (this user may not mount a small one)");
        return;
    };
    let volume = Folder::new(mount.root.path());
    let small = BTreeMap::from([("prometheus.yml".to_owned(), "# small\n".to_owned())]);
    let stage = |ordinal, files| wait(volume.stage(COMPONENT, &generation(ordinal), files));
    stage(1, &small).unwrap();
    wait(volume.flip(COMPONENT, None, &generation(1))).unwrap();

    let large = BTreeMap::from([("prometheus.yml".to_owned(), "x".repeat(1_000_000))]);
    let failed = stage(2, &large).unwrap_err();
    assert_eq!(failed.class, Class::Unavailable);
    assert!(failed.doing.contains("the volume is full"), "{failed}");
    assert_eq!(wait(volume.live(COMPONENT)).unwrap(), Some(generation(1)));
    assert_eq!(
        wait(volume.file_digests(COMPONENT, &generation(1))).unwrap(),
        digests(&small)
    );
    // The space of the attempt is free again.
    stage(2, &small).unwrap();

    assert!(mount.run(Command::new("mount").args(["-o", "remount,ro"])));
    for failed in [
        stage(3, &small),
        wait(volume.flip(COMPONENT, Some(&generation(1)), &generation(2))),
    ] {
        let failed = failed.unwrap_err();
        assert_eq!(failed.class, Class::Denied);
        assert!(failed.doing.contains("the volume is read-only"), "{failed}");
    }
    assert_eq!(wait(volume.live(COMPONENT)).unwrap(), Some(generation(1)));
}
