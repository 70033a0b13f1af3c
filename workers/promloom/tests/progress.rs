//! What `promloom run` says on the way where nothing moves: nothing, unless it is asked to.

use std::process::Command;

#[test]
fn only_a_verbose_run_tells_each_state() {
    let folder = tempfile::tempdir().unwrap();
    // The one component that needs no tool.
    std::fs::create_dir(folder.path().join("base")).unwrap();
    std::fs::write(folder.path().join("base/cloudwatch.yml"), "metrics: []\n").unwrap();
    let states = |more: &[&str]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_promloom"))
            .arg("run")
            .arg(folder.path())
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(0), "{said}");
        let out = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(out.contains("not proven: no --cloudwatch was given"), "{out}");
        said.lines().map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(states(&[]), [""; 0]);
    let told = states(&["-v"]);
    for state in ["run         Fetch", "cloudwatch  Deploy", "run         Notify"] {
        assert!(told.iter().any(|line| line == state), "{state}: {told:#?}");
    }
}
