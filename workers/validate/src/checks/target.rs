//! `target`: a static target that no server can reach, because it is no address: a placeholder that nothing replaces, a space for a comma, a
//! port that there is not. An error where the server cannot even make a URL of it, or dial it; a warning where it may mean something else.
//! As `Target.URL` of Prometheus and `net/url` of Go have it; a `/` is told by promtool. Where relabelling sets `__address__` anything may
//! stand in its place. Never: a resolver asked.

use crate::relabel;
use crate::subject::Subject;
use crate::written::texts;
use contract::Problem;
use yaml::Node;

pub(crate) const NAME: &str = "target";

const UNREPLACED: &str =
    "nothing here replaces `${…}` or `{{ … }}`; write what is meant, or let a discovery find it";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let jobs = subject.items("scrape_configs");
    jobs.iter().flat_map(|job| of_job(subject, job)).collect()
}

fn of_job(subject: &Subject<'_>, job: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = job.get("job_name").and_then(Node::text).unwrap_or_default();
    if is_unreplaced(name)
        && let Some(at) = job.said_at("job_name")
    {
        let message = format!("the job is called `{name}`, to the letter");
        problems.push(subject.warning(NAME, at, message).hint(UNREPLACED));
    }
    let rules = relabel::entries(job, "relabel_configs");
    if rules.iter().any(|rule| rule.may_write("__address__")) {
        return problems;
    }
    let groups = job.get("static_configs").map_or(&[][..], Node::items);
    let targets = groups
        .iter()
        .filter_map(|group| group.get("targets"))
        .flat_map(texts);
    problems.extend(targets.filter_map(|(node, target)| {
        let (fault, hint) = fault(target)?;
        let told = match fault {
            Fault::Fails(why) => {
                let message = format!("`{target}` is no address, and each scrape would fail: {why}");
                subject.error(NAME, node.at, message)
            }
            Fault::Odd(what) => subject.warning(NAME, node.at, format!("`{target}` {what}")),
        };
        Some(told.hint(hint))
    }));
    problems
}

fn is_unreplaced(text: &str) -> bool {
    text.contains("${") || text.contains("{{")
}

enum Fault {
    Fails(String),
    Odd(&'static str),
}

/// What is wrong with a target, and what to do. Nothing at all, and a `/`, are promtool's.
fn fault(target: &str) -> Option<(Fault, &'static str)> {
    let fails = |why: String, hint| Some((Fault::Fails(why), hint));
    if target.is_empty() || target.contains('/') {
        return None;
    }
    if let Some(wrong) = target
        .chars()
        .find(|c| !may_be_in_host(*c, target.starts_with('[')))
    {
        let hint = match wrong {
            _ if is_unreplaced(target) => UNREPLACED,
            c if c.is_whitespace() => {
                "put a comma between two targets, in brackets, or begin each with `- ` on its own line"
            }
            '#' => "a comment begins with a space before its `#`",
            '@' => "write the user into `basic_auth`",
            _ => "write `host:port`",
        };
        let shown = if wrong == ' ' {
            "a space".into()
        } else {
            format!("`{}`", wrong.escape_debug())
        };
        return fails(format!("{shown} cannot be in it"), hint);
    }
    let (host, port) = match (target.rfind(']'), target.rfind(':')) {
        (Some(bracket), Some(colon)) if colon < bracket => (target, None),
        (_, Some(colon)) => (&target[..colon], Some(&target[colon + 1..])),
        (_, None) => (target, None),
    };
    if host.contains(':') && !host.starts_with('[') {
        let hint =
            "put an address of IPv6 into brackets, as in `[2001:db8::1]:9100`; begin each target with `- `";
        return fails("it has more than one colon".into(), hint);
    }
    match port {
        Some("") => {
            let what = "names no port behind its colon: the server takes that of its `scheme`";
            return Some((Fault::Odd(what), "write the port, or leave out the colon"));
        }
        Some(port) if !port.bytes().all(|byte| byte.is_ascii_digit()) => {
            return fails(format!("`{port}` is no port"), "write the port as a number");
        }
        Some(port) if port.parse::<u16>().is_err() => {
            return fails(format!("`{port}` is no port"), "ports go up to 65535");
        }
        _ => (),
    }
    if policy::is_broken_ipv4(host) {
        return fails(
            format!("`{host}` is no address of IPv4"),
            "write four numbers from 0 to 255, or a name",
        );
    }
    let what = "has a `$` that nothing here replaces, and no host is called so";
    host.contains('$').then_some((Fault::Odd(what), UNREPLACED))
}

/// Whether Go's `net/url` takes a character in a host, once it is escaped. What is not ASCII is `denied_target`'s; a zone stands in
/// brackets.
fn may_be_in_host(c: char, bracketed: bool) -> bool {
    !c.is_ascii()
        || c.is_ascii_alphanumeric()
        || "-_.~!$&'()*+,;=:[]<>\"".contains(c)
        || (bracketed && c == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_server_reaches_is_told() {
        let check = |target: &str, expect: &str| {
            let found = match fault(target) {
                None => String::new(),
                Some((Fault::Fails(why), _)) => why,
                Some((Fault::Odd(what), _)) => format!("warning: {what}"),
            };
            assert_eq!(found, expect, "{target}");
        };
        check("${HOST}:9100", "`{` cannot be in it");
        check("{{ .Host }}:9100", "`{` cannot be in it");
        check("10.0.0.1:1 10.0.0.2:1", "a space cannot be in it");
        check("10.0.0.1:1#prod", "`#` cannot be in it");
        check("10.0.0.1:1\t", "`\\t` cannot be in it");
        check("user@10.0.0.1:1", "`@` cannot be in it");
        check("a%41:1", "`%` cannot be in it");
        check("10.0.0.1:99999", "`99999` is no port");
        check("host:http", "`http` is no port");
        check("[::1]:http", "`http` is no port");
        check("2001:db8::abcd", "it has more than one colon");
        check("::1:9090", "it has more than one colon");
        check("10.0.0.256", "`10.0.0.256` is no address of IPv4");
        check("10.0.0.256:1", "`10.0.0.256` is no address of IPv4");
        check(
            "host:",
            "warning: names no port behind its colon: the server takes that of its `scheme`",
        );
        check(
            "$HOST:9100",
            "warning: has a `$` that nothing here replaces, and no host is called so",
        );
        for fine in [
            "host",
            "host:9100",
            "a_b.shop.internal:1",
            "10.0.0.1",
            "10.0.0.1:65535",
            "127.1:80",
            "[2001:db8::1]",
            "[2001:db8::1]:9100",
            "[fe80::1%eth0]:80",
            ":9090",
            "h\u{f6}st:1",
            "",
            "http://host/",
            "host:1/metrics",
        ] {
            check(fine, "");
        }
    }
}
