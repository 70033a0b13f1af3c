//! Garbage collection against the real Pushgateway: exactly the old groups go, whatever they are called.
//!
//! Real: the Pushgateway, HTTP. In memory: the audit and the journal. Set: the clock, for a Pushgateway takes pushes of
//! the present only.

use crate::real_reload::{program_or_skip, wait};
use ::pushgateway_gc::{Audit, Counts, Entry, Fate, Labels, Outcome, Request, Response, run};
use contract::memory::Memory;
use contract::ports::{AppendRecord, CallReplica, Clock, HttpAnswer, Method, WriteObject};
use contract::{Failure, Pointer, Record, Timestamp};
use os::{Http, SystemClock};
use policy::Pushgateway;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;

const TTL_SECONDS: u64 = 3600;

/// A Pushgateway, which is ended with this.
struct Server {
    process: Child,
    address: String,
    _folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("it can be ended");
        self.process.wait().expect("it ends");
    }
}

impl Server {
    async fn start(program: &str, flags: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .to_string();
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new(program)
            .arg(format!("--web.listen-address={address}"))
            .args(["--web.route-prefix=/prefix", "--persistence.file="])
            .args(flags)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        let server = Server {
            process: process.expect("the program starts"),
            address,
            _folder: folder,
        };
        for _ in 0..300 {
            if server
                .get("/-/ready")
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                return server;
            }
            SystemClock.sleep(Duration::from_millis(50)).await;
        }
        panic!("the Pushgateway is never ready");
    }

    fn url(&self) -> String {
        format!("http://{}/prefix", self.address)
    }

    async fn get(&self, path: &str) -> Result<HttpAnswer, Failure> {
        let url = format!("{}{path}", self.url());
        Http.call(Method::Get, &url, &self.address, Duration::from_secs(10))
            .await
    }

    /// Pushes to each path as it is written, over one connection: a client library's bytes, not ours.
    fn push(&self, paths: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        for path in paths {
            let path = path.as_ref();
            let body = "# TYPE last_success gauge\nlast_success{kind=\"a/b\"} 1\nrows 7\n";
            let head = format!(
                "PUT /prefix/metrics/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}",
                body.len()
            );
            stream
                .write_all(format!("{head}\r\n\r\n{body}").as_bytes())
                .unwrap();
            let (mut line, mut length) = (String::new(), 0);
            answers.read_line(&mut line).unwrap();
            assert!(line.starts_with("HTTP/1.1 20"), "{path}: {line}");
            while line != "\r\n" {
                line.clear();
                answers.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            answers.read_exact(&mut vec![0; length]).unwrap();
        }
    }

    /// Waits until it shows that many groups: what it does not check it only queues.
    async fn until(&self, count: usize) {
        for _ in 0..300 {
            if self.shown().await.len() == count {
                return;
            }
            SystemClock.sleep(Duration::from_millis(50)).await;
        }
        panic!("it never shows {count} groups");
    }

    /// The keys of all groups.
    async fn groups(&self) -> BTreeSet<Labels> {
        self.shown().await.into_iter().collect()
    }

    /// Those keys as it shows them; two may look alike.
    async fn shown(&self) -> Vec<Labels> {
        let answer = self.get("/api/v1/metrics").await.unwrap();
        let shown: Value = serde_json::from_str(&answer.body).unwrap();
        let groups = shown["data"].as_array().unwrap().iter();
        groups
            .map(|group| serde_json::from_value(group["labels"].clone()).unwrap())
            .collect()
    }

    /// A moment after everything that was pushed, and before everything that will be.
    async fn boundary(&self) -> Timestamp {
        let last = SystemClock.now().as_millis();
        while SystemClock.now().as_millis() <= last + 1 {
            SystemClock.sleep(Duration::from_millis(1)).await;
        }
        Timestamp::from_millis(last + 1)
    }
}

/// The real Pushgateway at that moment.
struct At<'a> {
    server: &'a Server,
    memory: Memory,
    now: Timestamp,
    /// Is pushed once the deletions are announced.
    pushed_meanwhile: Vec<&'static str>,
}

impl<'a> At<'a> {
    /// Where what was pushed before `boundary`, and nothing else, is older than the TTL.
    fn ttl_after(server: &'a Server, boundary: Timestamp) -> At<'a> {
        At {
            server,
            memory: Memory::default(),
            now: Timestamp::from_millis(boundary.as_millis() + TTL_SECONDS * 1000),
            pushed_meanwhile: Vec::new(),
        }
    }

    async fn collect(&self, section: Value) -> Response {
        let policy: Pushgateway = serde_json::from_value(section).unwrap();
        let request = Request {
            run: "run".into(),
            url: self.server.url(),
        };
        let response = run(self, &policy, request).await.unwrap();
        assert_eq!(response.outcome, Outcome::Collected);
        response
    }

    fn entries(&self, response: &Response) -> Vec<Entry> {
        let pointer = response.replicas[0].audit.as_ref().unwrap();
        let audit: Audit = serde_json::from_slice(&self.memory.world().objects[&pointer.digest]).unwrap();
        audit.entries
    }
}

impl Clock for At<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }
    async fn sleep(&self, duration: Duration) {
        // The Pushgateway works off its queue within moments.
        SystemClock.sleep(duration / 50).await;
    }
}

impl CallReplica for At<'_> {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        Http.addresses(url).await
    }
    async fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        timeout: Duration,
    ) -> Result<HttpAnswer, Failure> {
        Http.call(method, url, address, timeout).await
    }
}

impl WriteObject for At<'_> {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        self.memory.write_object(bytes).await
    }
}

impl AppendRecord for At<'_> {
    async fn append(&self, record: &Record) -> Result<(), Failure> {
        self.server.push(&self.pushed_meanwhile);
        self.memory.append(record).await
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// Pairs of groups that are easily taken for each other: the path as a client library writes it, and the key.
type Named = (&'static str, &'static [(&'static str, &'static str)]);
const TWINS: [(Named, Named); 9] = [
    (
        ("job@base64/L3Zhci90bXA", &[("job", "/var/tmp")]),
        ("job/var/instance/tmp", &[("job", "var"), ("instance", "tmp")]),
    ),
    (
        (
            "job/cleaner/path@base64/L3Zhci90bXA",
            &[("job", "cleaner"), ("path", "/var/tmp")],
        ),
        (
            "job/cleaner/path@base64/L3Zhci90bXAv",
            &[("job", "cleaner"), ("path", "/var/tmp/")],
        ),
    ),
    (
        (
            "job/example/first@base64/=/second/foobar",
            &[("job", "example"), ("first", ""), ("second", "foobar")],
        ),
        (
            "job/example/second/foobar",
            &[("job", "example"), ("second", "foobar")],
        ),
    ),
    (
        (
            "job/nobody/instance@base64/=",
            &[("job", "nobody"), ("instance", "")],
        ),
        ("job/nobody", &[("job", "nobody")]),
    ),
    (
        (
            "job/titan/name/%CE%A0%CF%81%CE%BF%CE%BC%CE%B7%CE%B8%CE%B5%CF%8D%CF%82",
            &[("job", "titan"), ("name", "Προμηθεύς")],
        ),
        (
            "job/titan/name@base64/zqDPgc6_zrzOt864zrXPjc-DCg",
            &[("job", "titan"), ("name", "Προμηθεύσ\n")],
        ),
    ),
    (
        (
            "job/dotted/U__foo_2e_bar/baz",
            &[("job", "dotted"), ("foo.bar", "baz")],
        ),
        (
            "job/dotted/U___55_____foo__2e__bar/baz",
            &[("job", "dotted"), ("U__foo_2e_bar", "baz")],
        ),
    ),
    (
        (
            "job/smile/U___1F60A_@base64/4piD",
            &[("job", "smile"), ("😊", "☃")],
        ),
        (
            "job/smile/_1F60A_/%E2%98%83",
            &[("job", "smile"), ("_1F60A_", "☃")],
        ),
    ),
    (
        (
            "job@base64/Li4/dots@base64/Li4vLi4",
            &[("job", ".."), ("dots", "../..")],
        ),
        (
            "job@base64/Lg/dots@base64/Li4vLg",
            &[("job", "."), ("dots", "../.")],
        ),
    ),
    (
        (
            "job/50%25%20off%3F%23/plus/a+b",
            &[("job", "50% off?#"), ("plus", "a+b")],
        ),
        (
            "job/50%25%2520off/plus/a%20b",
            &[("job", "50%%20off"), ("plus", "a b")],
        ),
    ),
];

#[test]
fn a_group_goes_by_its_exact_key_and_its_twin_stays() {
    let Some(program) = program_or_skip("PUSHGATEWAY", "collecting groups with difficult names") else {
        return;
    };
    let (one, other): (Vec<Named>, Vec<Named>) = TWINS.into_iter().unzip();
    wait(async {
        for (old, young) in [(&one, &other), (&other, &one)] {
            // The check takes the pair of the empty and the absent instance for one series.
            let flags = ["--push.enable-utf8-names", "--push.disable-consistency-check"];
            let server = Server::start(&program, &flags).await;
            let keys = |named: &[Named]| named.iter().map(|(_, key)| labels(key)).collect::<BTreeSet<_>>();
            server.push(old.iter().map(|(path, _)| path));
            server.until(9).await;
            assert_eq!(
                server.groups().await,
                keys(old),
                "the Pushgateway has them by these keys"
            );
            let at = At::ttl_after(&server, server.boundary().await);
            server.push(young.iter().map(|(path, _)| path));
            server.until(18).await;
            let response = at.collect(json!({ "ttl_seconds": TTL_SECONDS })).await;
            assert_eq!(server.groups().await, keys(young));
            let expect = Counts {
                groups: 18,
                expired: 9,
                deleted: 9,
                ..Counts::default()
            };
            assert_eq!(response.counts, expect);
        }
    });
}

#[test]
fn without_the_flag_a_name_is_what_it_looks_like() {
    let Some(program) = program_or_skip("PUSHGATEWAY", "a label name that only looks escaped") else {
        return;
    };
    wait(async {
        let server = Server::start(&program, &[]).await;
        server.push(["job/dotted/U__foo_2e_bar/baz"]);
        let at = At::ttl_after(&server, server.boundary().await);
        server.push(["job/dotted/U___55_____foo__2e__bar/baz"]);
        at.collect(json!({ "ttl_seconds": TTL_SECONDS })).await;
        let left = labels(&[("job", "dotted"), ("U___55_____foo__2e__bar", "baz")]);
        assert_eq!(server.groups().await, BTreeSet::from([left]));
    });
}

#[test]
fn a_value_that_is_no_utf_8_takes_no_other_group_with_it() {
    let Some(program) = program_or_skip("PUSHGATEWAY", "a label value that is no UTF-8") else {
        return;
    };
    wait(async {
        let server = Server::start(&program, &["--push.disable-consistency-check"]).await;
        // Both are shown as U+FFFD; only the second can be named.
        let (bytes, named) = ("job/a/v@base64/_w", "job/a/v@base64/77-9");
        server.push([bytes]);
        server.until(1).await;
        let at = At::ttl_after(&server, server.boundary().await);
        server.push([named]);
        server.until(2).await;
        let policy = || json!({ "ttl_seconds": TTL_SECONDS });
        assert_eq!(
            at.collect(policy()).await.counts.expired,
            0,
            "the young one counts"
        );
        let later = At::ttl_after(&server, server.boundary().await);
        let response = later.collect(policy()).await;
        let [entry] = later.entries(&response).try_into().unwrap();
        assert_eq!((entry.fate, server.groups().await.len()), (Fate::Deleted, 1));
        // Now the one that cannot be named is alone.
        let response = later.collect(policy()).await;
        let [entry] = later.entries(&response).try_into().unwrap();
        assert_eq!((entry.fate, server.groups().await.len()), (Fate::Refused, 1));
        assert!(
            entry
                .reason
                .unwrap()
                .contains("still shows it; a label value that is no UTF-8")
        );
    });
}

#[test]
fn a_push_after_the_first_look_is_not_lost() {
    let Some(program) = program_or_skip("PUSHGATEWAY", "a push while groups are collected") else {
        return;
    };
    wait(async {
        let server = Server::start(&program, &[]).await;
        server.push(["job/hourly", "job/nightly", "job/left"]);
        let mut at = At::ttl_after(&server, server.boundary().await);
        at.pushed_meanwhile = vec!["job/nightly"];
        let response = at.collect(json!({ "ttl_seconds": TTL_SECONDS })).await;
        assert_eq!(
            server.groups().await,
            BTreeSet::from([labels(&[("job", "nightly")])])
        );
        assert_eq!((response.counts.deleted, response.counts.pushed_again), (2, 1));
    });
}

#[test]
fn of_ten_thousand_groups_exactly_the_old_ones_go() {
    let Some(program) = program_or_skip("PUSHGATEWAY", "collecting from 10,000 groups") else {
        return;
    };
    // Jobs 0 and 1 are never deleted, 2 and 3 have twice the TTL.
    let key = |number: usize| {
        labels(&[
            ("job", &format!("batch/{}", number % 50)),
            ("instance", &format!("host {number}")),
        ])
    };
    let path = |number: usize| {
        let job = base64url(&format!("batch/{}", number % 50));
        format!("job@base64/{job}/instance/host%20{number}")
    };
    let expires = |number: &usize| number % 50 > 3;
    wait(async {
        // The check of each push against all others is the Pushgateway's own; without it pushing takes seconds.
        let server = Server::start(&program, &["--push.disable-consistency-check"]).await;
        server.push((0..2_500).map(path));
        let at = At::ttl_after(&server, server.boundary().await);
        server.push((2_500..10_000).map(path));
        server.until(10_000).await;
        let twice = 2 * TTL_SECONDS;
        let policy = json!({
            "ttl_seconds": TTL_SECONDS,
            "jobs": { "batch/2": twice, "batch/3": twice },
            "never_delete": ["batch/0", "batch/1"],
            "deletions_at_most": 2_000,
        });
        let began = SystemClock.now().as_millis();
        let mut rounds = Vec::new();
        for _ in 0..3 {
            let counts = at.collect(policy.clone()).await.counts;
            rounds.push((counts.groups, counts.deleted, counts.postponed));
        }
        let millis = SystemClock.now().as_millis() - began;
        assert_eq!(rounds, [(10_000, 2_000, 300), (8_000, 300, 0), (7_700, 0, 0)]);
        let stay: BTreeSet<Labels> = (0..10_000)
            .filter(|number| *number >= 2_500 || !expires(number))
            .map(key)
            .collect();
        assert!(server.groups().await == stay, "exactly these stay");
        println!(
            "10,000 groups, three runs of at most 2,000 deletions: 2,300 deleted, 7,700 kept, {millis} ms"
        );
    });
}

/// Written out: what the library under test uses must not prove itself.
fn base64url(text: &str) -> String {
    let digits: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['-', '_'])
        .collect();
    let bits: String = text.bytes().fold(String::new(), |mut bits, byte| {
        write!(bits, "{byte:08b}").unwrap();
        bits
    });
    let sextets = bits.as_bytes().chunks(6).map(|sextet| {
        let text = format!("{:0<6}", std::str::from_utf8(sextet).unwrap());
        usize::from_str_radix(&text, 2).unwrap()
    });
    sextets.map(|sextet| digits[sextet]).collect()
}
