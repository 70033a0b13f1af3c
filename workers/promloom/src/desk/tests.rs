//! What a folder means as a bucket and as state.

use super::*;
use contract::ports::Withheld;
use contract::{Class, Kind};
use futures_util::FutureExt as _;
use serde_json::json;
use std::fs;
use std::path::Path;

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn put(folder: &Path, key: &str, text: &str) {
    let path = folder.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_folder_is_a_bucket_of_base_and_apps_only() {
    let folder = tempfile::tempdir().unwrap();
    for key in [
        "base/prometheus.yml",
        "apps/shop/prometheus/api.yml",
        "apps/shop/prometheus/tests/api.yml",
        "apps/stray.txt",
        "README.md",
        ".git/config",
        ".promloom/state/x",
        "apps/.hidden/a.yml",
        "apps/shop/prometheus/.api.yml.swp",
    ] {
        put(folder.path(), key, key);
    }
    let bucket = Bucket::open(folder.path()).unwrap();
    let listed = now(bucket.list(None)).unwrap();
    let keys: Vec<&str> = listed.iter().map(|listed| listed.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "apps/shop/prometheus/api.yml",
            "apps/shop/prometheus/tests/api.yml",
            "apps/stray.txt",
            "base/prometheus.yml"
        ]
    );
    let api = &listed[0];
    assert_eq!(
        api.version_id,
        Digest::of(b"apps/shop/prometheus/api.yml").short()
    );
    assert_eq!(
        now(bucket.read_version(&api.key, &api.version_id)).unwrap(),
        api.key.as_bytes()
    );

    // What was listed is what is read, as in a bucket with versions.
    now(bucket.list(None)).unwrap();
    put(folder.path(), &api.key, "changed");
    assert_eq!(
        now(bucket.read_version(&api.key, &api.version_id)).unwrap(),
        api.key.as_bytes()
    );
    assert_eq!(
        now(bucket.read_version(&api.key, &api.version_id))
            .unwrap_err()
            .failure()
            .class,
        Class::Stale
    );
    fs::remove_file(folder.path().join(&api.key)).unwrap();
    assert_eq!(
        now(bucket.read_version(&api.key, &api.version_id))
            .unwrap_err()
            .failure()
            .class,
        Class::Stale
    );

    let failure = now(bucket.list(Timestamp::parse("2026-11-22T17:00:00Z"))).unwrap_err();
    assert_eq!(failure.class, Class::InvalidRequest);
    assert!(failure.doing.contains("a folder keeps no history"), "{failure:?}");
    assert_eq!(
        Bucket::open(&folder.path().join("none")).unwrap_err().class,
        Class::NotFound
    );
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_a_file_in_the_folder_or_is_told() {
    use std::os::unix::fs::symlink;
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(folder.path(), "apps/shop/prometheus/a.yml", "a");
    put(outside.path(), "secret", "s");
    let link = folder.path().join("apps/shop/prometheus/b.yml");
    symlink("a.yml", &link).unwrap();
    let bucket = Bucket::open(folder.path()).unwrap();
    assert_eq!(now(bucket.list(None)).unwrap().len(), 2);
    for target in [
        outside.path().join("secret"),
        outside.path().to_owned(),
        folder.path().join("apps"),
        folder.path().join("nowhere"),
    ] {
        fs::remove_file(&link).unwrap();
        symlink(target, &link).unwrap();
        let listed = now(bucket.list(None)).unwrap();
        let [beside, linked] = listed.as_slice() else {
            panic!("what cannot be read is listed: {listed:?}")
        };
        assert!(now(bucket.read_version(&beside.key, &beside.version_id)).is_ok());
        match now(bucket.read_version(&linked.key, &linked.version_id)) {
            Err(Unread::Withheld(Withheld::Link, failure)) => {
                assert!(failure.doing.contains("b.yml"), "{failure:?}");
            }
            other => panic!("{other:?}"),
        }
        let failure = bucket.objects().unwrap_err();
        assert_eq!(failure.class, Class::Denied, "a check has no answer without it");
    }
    // Mended in between: it is listed again.
    let listed = now(bucket.list(None)).unwrap();
    fs::remove_file(&link).unwrap();
    put(folder.path(), &listed[1].key, "b");
    let read = now(bucket.read_version(&listed[1].key, &listed[1].version_id));
    assert_eq!(read.unwrap_err().failure().class, Class::Stale);
}

#[test]
fn state_keeps_documents_by_content_and_projections_by_compare_and_set() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path().join("state"));
    let pointer = now(state.write_object(b"text".to_vec())).unwrap();
    assert_eq!(now(state.write_object(b"text".to_vec())).unwrap(), pointer);
    assert_eq!(now(state.read_object(&pointer)).unwrap(), b"text");
    let path = folder.path().join("state").join(pointer.key());
    fs::write(&path, "other").unwrap();
    assert_eq!(
        now(state.read_object(&pointer)).unwrap_err().class,
        Class::Rejected
    );
    now(state.write_object(b"text".to_vec())).unwrap();
    assert_eq!(now(state.read_object(&pointer)).unwrap(), b"text");
    fs::remove_file(&path).unwrap();
    assert_eq!(
        now(state.read_object(&pointer)).unwrap_err().class,
        Class::NotFound
    );

    let name = "heads/prometheus.json";
    assert_eq!(now(state.read_projection(name)).unwrap(), None);
    now(state.write_projection(name, &json!(1), None)).unwrap();
    assert_eq!(
        now(state.write_projection(name, &json!(2), None))
            .unwrap_err()
            .class,
        Class::Stale
    );
    let (value, etag) = now(state.read_projection(name)).unwrap().unwrap();
    assert_eq!(value, json!(1));
    now(state.write_projection(name, &json!(2), Some(&etag))).unwrap();
    assert_eq!(
        now(state.write_projection(name, &json!(3), Some(&etag)))
            .unwrap_err()
            .class,
        Class::Stale
    );
}

#[test]
fn the_file_of_a_notice_is_called_after_what_it_says() {
    let check = |kind: Kind, changes: &[&str], expect: &str| {
        let folder = tempfile::tempdir().unwrap();
        let fragments: Vec<Value> = changes.iter().map(|change| json!({ "change": change })).collect();
        let notice = Notice {
            owner: "shop".into(),
            kind,
            components: vec![],
            subject: "subject".into(),
            text: "text".into(),
            json: json!({ "fragments": fragments }).to_string(),
        };
        now(State::at(folder.path().to_owned()).publish(&notice)).unwrap();
        let path = folder.path().join(format!("notices/1-shop-{expect}.txt"));
        assert!(path.is_file(), "{changes:?}: {expect}");
    };
    check(Kind::Live, &["removed", "removed"], "removed");
    check(Kind::Live, &["added", "removed"], "live");
    check(Kind::Live, &["updated"], "live");
    check(Kind::Failed, &[], "failed");
}

#[test]
fn a_notice_is_a_text_and_a_line_of_json_and_numbers_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let notice = Notice {
        owner: "shop".into(),
        kind: Kind::HeldBack,
        components: vec![Component::Prometheus],
        subject: "subject".into(),
        text: "text".into(),
        json: "{}".into(),
    };
    let state = State::at(folder.path().to_owned());
    now(state.publish(&notice)).unwrap();
    now(State::at(folder.path().to_owned()).publish(&notice)).unwrap();
    let mut names: Vec<String> = fs::read_dir(folder.path().join("notices"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["1-shop-held_back.txt", "2-shop-held_back.txt"]);
    let machines = fs::read_to_string(folder.path().join("notices.jsonl")).unwrap();
    assert_eq!(machines, "{}\n{}\n");
    let text = fs::read_to_string(folder.path().join("notices/1-shop-held_back.txt")).unwrap();
    assert_eq!(text, "Subject: subject\n\ntext\n");
    assert_eq!(state.take_sent().len(), 1);
}
