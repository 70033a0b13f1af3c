//! What `promloom run` says on the way where nothing moves: how each lane begins and ends, and each state if it is asked to.

use std::process::Command;

#[test]
fn each_lane_is_told_and_only_by_a_verbose_run_each_state() {
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
        assert!(out.contains("no --cloudwatch was given"), "{out}");
        let mut said: Vec<String> = said.lines().map(str::to_owned).collect();
        // At the end, where to look: nobody named a folder.
        let volume = folder.path().join(".promloom/volume/<component>/current");
        assert_eq!(said.pop(), Some(format!("what runs is in {}", volume.display())));
        said
    };
    let lanes = ["cloudwatch  begins", "cloudwatch  ends: deployed"];
    assert_eq!(states(&[]), lanes);
    let lanes = ["cloudwatch  begins", "cloudwatch  ends: unchanged"];
    assert_eq!(states(&["--format", "json"]), lanes);
    let told = states(&["-v"]);
    for state in ["run         Fetch", "cloudwatch  Deploy", "run         Notify"] {
        assert!(told.iter().any(|line| line == state), "{state}: {told:#?}");
    }
}
