//! `promloom run`, as a person types it, beside a real Prometheus (`PROMETHEUS`, `PROMTOOL`) that refuses what the real tool accepted.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on ends there, with what it saw"
)]

use contract::ports::Clock as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

/// Of nobody; what matters is that it is one.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUVtVKFpAmZaRsBaVWtRK3ujnzFLIwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFdGVzdHMwIBcNMjYxMTI2MTc0NTQxWhgPMjEyNjExMDIxNzQ1
NDFaMBAxDjAMBgNVBAMMBXRlc3RzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
tEMv13ifKptwKVbz2kNliNBEq0DJg/dw9xmXcEcC6E9qwtCPA8XE26tcITyMXXQ8
4sT7dWXvRN4TCflVqQpy4KNTMFEwHQYDVR0OBBYEFNCpjNX8Co81DdEkfBITn/mA
a509MB8GA1UdIwQYMBaAFNCpjNX8Co81DdEkfBITn/mAa509MA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAPH0bLlDyDbYlureGInv/nZEzw19ypZK
IxgawyujaduSAiAlPJad7W/jSbWpOoDL8yMsd3Dao6r5Mi95/Lv4nUYlYw==
-----END CERTIFICATE-----
";

/// A bucket, a volume and a Prometheus on it, which is ended with them.
struct Desk {
    folder: tempfile::TempDir,
    promtool: PathBuf,
    address: String,
    process: Option<Child>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

fn pause() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let pause = os::SystemClock.sleep(Duration::from_millis(100));
    runtime.unwrap().block_on(pause);
}

impl Desk {
    fn new(promtool: PathBuf) -> Desk {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Desk {
            folder: tempfile::tempdir().unwrap(),
            promtool,
            address: free.local_addr().unwrap().to_string(),
            process: None,
        }
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn start(&mut self, program: &PathBuf) {
        let path = |name: &str| self.folder.path().join(name);
        let log = File::create(path("log")).unwrap();
        let process = Command::new(program)
            .arg(format!(
                "--config.file={}",
                path("volume/prometheus/current/prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", path("data").display()))
            .arg(format!("--web.listen-address={}", self.address))
            .arg("--web.enable-lifecycle")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.process = Some(process.unwrap());
        for _ in 0..300 {
            if self
                .get("/-/ready")
                .is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
            {
                return;
            }
            pause();
        }
        panic!(
            "it never was ready: {}",
            std::fs::read_to_string(path("log")).unwrap()
        );
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// The exit code, what was said, and whom the notices of this run were to, with their kinds, sorted.
    fn run(&self, server: bool) -> (Option<i32>, String, Vec<String>) {
        let path = |name: &str| self.folder.path().join(name);
        let notices = || -> Vec<String> {
            let entries = std::fs::read_dir(path("state/notices")).into_iter().flatten();
            entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        let before = notices();
        let url = format!("http://{}", self.address);
        let ended = Command::new(env!("CARGO_BIN_EXE_promloom"))
            .arg("run")
            .arg(path("bucket"))
            .args(["--volume".into(), path("volume")])
            .args(["--state".into(), path("state")])
            .args(server.then_some(["--prometheus", &url]).into_iter().flatten())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("PROMTOOL", &self.promtool)
            .output()
            .unwrap();
        let mut sent: Vec<String> = notices()
            .into_iter()
            .filter(|name| !before.contains(name))
            .map(|name| {
                name.split_once('-')
                    .unwrap()
                    .1
                    .trim_end_matches(".txt")
                    .to_owned()
            })
            .collect();
        sent.sort();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.code(), String::from_utf8(said).unwrap(), sent)
    }
}

#[test]
fn a_file_that_is_not_on_the_server_holds_up_nobody_else() {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let (Some(program), Some(promtool)) = (variable("PROMETHEUS"), variable("PROMTOOL")) else {
        println!(
            "skipped: PROMETHEUS and PROMTOOL are not set to the paths of the real programs (`make test` sets them)"
        );
        return;
    };
    let mut desk = Desk::new(promtool);
    let secrets = desk.folder.path().join("secrets");
    let ca = secrets.join("shop/ca.pem");
    let job = |more: &str| {
        format!("scrape_configs:\n- job_name: shop\n  static_configs: [{{targets: ['127.0.0.1:1']}}]\n{more}")
    };
    std::fs::create_dir(desk.folder.path().join("volume")).unwrap();
    desk.put("bucket/base/prometheus.yml", "rule_files: [rules/*.yml]\n");
    let policy = format!(
        "jobs: {{files: ['{}/{{owner}}/**'], denied_targets: []}}\n",
        secrets.display()
    );
    desk.put("bucket/base/policy.yml", &policy);
    desk.put("bucket/apps/shop/prometheus/checkout.yml", &job(""));
    let (code, said, _) = desk.run(false);
    assert_eq!(code, Some(0), "{said}");
    desk.start(&program);
    let (code, said, sent) = desk.run(true);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(sent, Vec::<String>::new(), "{said}");

    let with_file = job(&format!("  tls_config: {{ca_file: '{}'}}\n", ca.display()));
    desk.put("bucket/apps/shop/prometheus/checkout.yml", &with_file);
    desk.put(
        "bucket/apps/zoo/prometheus/cages.yml",
        "groups: [{name: cages, rules: [{record: zoo:cages, expr: sum(up)}]}]\n",
    );
    let (code, said, sent) = desk.run(true);
    assert_eq!(
        sent,
        ["platform-platform_files", "shop-held_back", "zoo-live"],
        "{said}"
    );
    assert_eq!(code, Some(1), "{said}");
    let place = format!(
        "apps/shop/prometheus/checkout.yml:4:25: error: Prometheus refused a configuration with this version and does not say why; \
         `ca_file` of job `shop` names `{}`",
        ca.display()
    );
    assert!(said.contains(&place), "{said}");
    let shows = |path: &str| desk.get(path).unwrap();
    assert!(shows("/api/v1/rules").contains("zoo:cages"));
    assert!(shows("/api/v1/scrape_pools").contains("\"shop\""));
    assert!(!shows("/api/v1/status/config").contains("ca_file"));

    // Nothing was pushed, and nothing is news.
    let (_, said, sent) = desk.run(true);
    assert!(said.contains("unchanged"), "{said}");
    assert_eq!(sent, Vec::<String>::new(), "{said}");

    // Nothing was pushed, and the file is there.
    desk.put("secrets/shop/ca.pem", CERTIFICATE);
    let (code, said, sent) = desk.run(true);
    assert_eq!((code, sent), (Some(0), vec!["shop-live".to_owned()]), "{said}");
    assert!(shows("/api/v1/status/config").contains("ca_file"));
    assert!(shows("/api/v1/status/runtimeinfo").contains("\"reloadConfigSuccess\":true"));
}
