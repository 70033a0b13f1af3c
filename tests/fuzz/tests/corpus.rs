//! The laws over the kept corpora: what a fuzzer once reached is looked at again by every `make test`, without a fuzzer.

use std::path::Path;

fn holds_for_each(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut inputs = 0;
    for entry in std::fs::read_dir(&folder).expect("a corpus") {
        let path = entry.expect("an input").path();
        // Said where a law is broken.
        println!("{}", path.display());
        check(&std::fs::read(&path).expect("an input"));
        inputs += 1;
    }
    assert!(inputs > 20, "{target} has {inputs} inputs: the test tests little");
}

#[test]
fn yaml() {
    holds_for_each("yaml", fuzz::yaml::check);
}

#[test]
fn yaml_time() {
    holds_for_each("yaml_time", fuzz::yaml_time::check);
}

#[test]
fn template() {
    holds_for_each("template", fuzz::template::check);
}

#[test]
fn merge() {
    holds_for_each("merge", fuzz::merge::check);
}

#[test]
fn notify() {
    holds_for_each("notify", fuzz::notify::check);
}
