//! What calling a replica promises, against sockets on this machine.

use super::{Http, one_each};
use contract::ports::{CallReplica as _, HttpAnswer, Method};
use contract::{Class, Failure};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use std::time::Duration;

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// A server that answers one call with these bytes; ends with the request it got, in lower case.
fn server(answer: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = answer.into();
    let served = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut request = String::new();
        while reader.read_line(&mut request).unwrap() > 2 {}
        // A caller that refuses the answer hangs up while it is sent.
        let _hung_up = stream.write_all(&answer);
        request.to_lowercase()
    });
    (address, served)
}

fn call(method: Method, url: &str, address: SocketAddr) -> Result<HttpAnswer, Failure> {
    wait(Http.call(method, url, &address.to_string(), Duration::from_secs(20)))
}

#[test]
fn a_call_goes_to_the_address_and_names_the_host() {
    let (address, served) = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let answer = call(
        Method::Get,
        "http://prometheus.invalid:9090/prefix/-/ready?a=b",
        address,
    )
    .unwrap();
    let expect = HttpAnswer {
        status: 200,
        body: "ok".into(),
    };
    assert_eq!(answer, expect);
    let request = served.join().unwrap();
    assert!(
        request.starts_with("get /prefix/-/ready?a=b http/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("\r\nhost: prometheus.invalid:9090\r\n"),
        "{request}"
    );
}

#[test]
fn a_post_has_an_empty_body() {
    let (address, served) = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    call(Method::Post, "http://prometheus.invalid/-/reload", address).unwrap();
    let request = served.join().unwrap();
    assert!(request.starts_with("post /-/reload http/1.1\r\n"), "{request}");
    assert!(request.contains("\r\ncontent-length: 0\r\n"), "{request}");
}

#[test]
fn a_delete_has_no_body_and_its_path_stays_as_it_is() {
    let (address, served) = server("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    let path = "/metrics/job@base64/L2E_/name@base64/=";
    call(
        Method::Delete,
        &format!("http://pushgateway.invalid{path}"),
        address,
    )
    .unwrap();
    let request = served.join().unwrap();
    let expect = format!("delete {} http/1.1\r\n", path.to_lowercase());
    assert!(request.starts_with(&expect), "{request}");
    assert!(!request.contains("\r\ncontent-length:"), "{request}");
}

#[test]
fn every_status_is_an_answer() {
    let check = |method: Method, head: &str, expect: u16| {
        let (address, served) = server(format!("HTTP/1.1 {head}\r\nContent-Length: 5\r\n\r\nwhy: \u{1}"));
        let answer = call(method, "http://prometheus.invalid/x", address).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (expect, "why: "), "{head}");
        served.join().unwrap();
    };
    check(Method::Post, "500 Internal Server Error", 500);
    check(Method::Get, "404 Not Found", 404);
    check(Method::Delete, "202 Accepted", 202);
    check(Method::Get, "302 Found\r\nLocation: http://127.0.0.1:1/", 302);
    check(
        Method::Post,
        "307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/",
        307,
    );
}

#[test]
fn a_body_that_is_no_text_is_read_as_far_as_it_is() {
    let (address, served) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\xffb".to_vec());
    assert_eq!(
        call(Method::Get, "http://x.invalid/", address).unwrap().body,
        "a\u{fffd}b"
    );
    served.join().unwrap();
}

#[test]
fn a_body_over_64_mib_is_refused() {
    let size = super::BODY_BYTES + 1;
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n").into_bytes();
    std::io::repeat(b'x').take(size).read_to_end(&mut answer).unwrap();
    let (address, served) = server(answer);
    assert_eq!(
        call(Method::Get, "http://x.invalid/", address).unwrap_err().class,
        Class::Rejected
    );
    served.join().unwrap();
}

#[test]
fn nothing_there_says_where() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failed = call(Method::Post, "http://x.invalid:9090/-/reload", address).unwrap_err();
    assert_eq!(failed.class, Class::Unavailable);
    let expect = format!(
        "calling POST http://x.invalid:9090/-/reload at {address}; nothing listens there: is the process up?"
    );
    assert_eq!(failed.doing, expect);
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for() {
    // It accepts (the kernel does) and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let patience = Duration::from_millis(50);
    let failed = wait(Http.call(Method::Get, "http://x.invalid/", &address, patience)).unwrap_err();
    assert_eq!(failed.class, Class::Unavailable);
    assert!(failed.doing.ends_with("no answer in 0.05 s"), "{failed}");
}

#[test]
fn a_server_that_speaks_something_else_is_unavailable() {
    let (address, served) = server("SSH-2.0-OpenSSH\r\n");
    assert_eq!(
        call(Method::Get, "http://x.invalid/", address).unwrap_err().class,
        Class::Unavailable
    );
    served.join().unwrap();
}

#[test]
fn an_address_is_found_behind_a_name() {
    let check = |url: &str, expect: &[&str]| assert_eq!(wait(Http.addresses(url)).unwrap(), expect, "{url}");
    check("http://127.0.0.1:9090/prefix", &["127.0.0.1:9090"]);
    check("http://127.0.0.1", &["127.0.0.1:80"]);
    check("http://[::1]:9090/", &["[::1]:9090"]);
    check("http://localhost:9090", &["127.0.0.1:9090"]);
    let failed = wait(Http.addresses("http://prometheus.invalid:9090")).unwrap_err();
    assert_eq!(failed.class, Class::Unavailable);
    assert!(
        failed
            .doing
            .starts_with("finding the addresses behind `prometheus.invalid`; does a process run behind it")
    );
}

#[test]
fn a_url_that_cannot_be_called_is_refused() {
    for url in [
        "",
        "prometheus:9090",
        "ftp://x/",
        "/-/reload",
        "http://",
        "http://a b/",
    ] {
        assert_eq!(
            wait(Http.addresses(url)).unwrap_err().class,
            Class::InvalidRequest,
            "{url}"
        );
    }
    let failed = wait(Http.call(
        Method::Get,
        "http://x.invalid/",
        "replica-1",
        Duration::from_secs(1),
    ));
    assert_eq!(failed.unwrap_err().class, Class::InvalidRequest);
    let tls = wait(Http.addresses("https://127.0.0.1")).map_err(|failure| failure.class);
    let expect = if cfg!(feature = "tls") {
        Ok(vec!["127.0.0.1:443".into()])
    } else {
        Err(Class::InvalidRequest)
    };
    assert_eq!(tls, expect);
}

#[test]
fn each_address_is_one_process() {
    let check = |found: &[&str], expect: &[&str]| {
        let parse = |all: &[&str]| {
            all.iter()
                .map(|one| one.parse().unwrap())
                .collect::<Vec<SocketAddr>>()
        };
        assert_eq!(one_each(parse(found)), parse(expect));
    };
    check(
        &["10.0.0.9:1", "10.0.0.10:1", "10.0.0.9:1"],
        &["10.0.0.9:1", "10.0.0.10:1"],
    );
    check(
        &["[::1]:1", "127.0.0.1:1", "127.0.0.2:1"],
        &["127.0.0.1:1", "127.0.0.2:1"],
    );
    check(&["[::1]:1"], &["[::1]:1"]);
    check(&["[fd00::1]:1", "10.0.0.1:1"], &["10.0.0.1:1", "[fd00::1]:1"]);
}
