//! Targets that nobody may scrape. In: a host, however it is spelled, or a URL. Out: the entry of the policy that denies
//! it. Never: asks the network what a name means; what a name resolves to is for the server's network to hold.

use crate::pattern::matches;
// Types only; `core::net` cannot open anything.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a target may not be scraped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial<'p> {
    /// It is one of these.
    Listed {
        /// The entry of `jobs.denied_targets`.
        entry: &'p str,
        /// What the host means, if it is the address written another way.
        means: Option<IpAddr>,
    },
    /// The host has characters that readers turn into others (`１２７.0.0.1` is 127.0.0.1), so that nobody can tell.
    Unclear,
}

/// The entry that denies a host, which may have a port and be in a URL; none: it may be scraped.
pub(crate) fn denial<'p>(denied: &'p [String], target: &str) -> Option<Denial<'p>> {
    if is_own_host(target) {
        return OWN.iter().find_map(|own| denial_of(denied, own, target));
    }
    let host = host(target).trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() || denied.is_empty() {
        return None;
    }
    if !host.is_ascii() {
        return Some(Denial::Unclear);
    }
    let is_unspecified = address(&host).is_some_and(|address| meant(address).is_unspecified());
    let mut own = OWN.iter().filter(|_| is_unspecified);
    denial_of(denied, &host, &host).or_else(|| own.find_map(|own| denial_of(denied, own, &host)))
}

/// What the server itself is called on its own host.
const OWN: [&str; 3] = ["127.0.0.1", "::1", "localhost"];

/// Whether a target is a port of the server's own host, because there is no host before it: `:9090`, `http://:9090/`, `[]:9090`. So Go
/// dials it, as it does `0.0.0.0` and `[::]`.
#[must_use]
pub fn is_own_host(target: &str) -> bool {
    host(target).is_empty() && authority(target).contains(':')
}

/// The entry that denies a host in small letters, which `written` says.
fn denial_of<'p>(denied: &'p [String], host: &str, written: &str) -> Option<Denial<'p>> {
    let address = address(host);
    let entry = denied.iter().find(|entry| match Network::parse(entry) {
        Some(network) => address.is_some_and(|address| network.holds(address)),
        None => matches(&entry.to_ascii_lowercase(), host, None),
    })?;
    Some(Denial::Listed {
        entry,
        means: address
            .map(meant)
            .filter(|address| address.to_string() != written),
    })
}

/// The address, as one of IPv4 where it carries one.
fn meant(address: Ipv6Addr) -> IpAddr {
    match carried(address) {
        Some(carried) => IpAddr::V4(carried),
        None => IpAddr::V6(address).to_canonical(),
    }
}

/// The host of `host`, `host:port`, `[host]:port` or a URL.
#[must_use]
pub fn host(target: &str) -> &str {
    let host = authority(target);
    if let Some(bracketed) = host.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or_default();
    }
    match host.split_once(':') {
        // More than one colon: an address of IPv6 without brackets.
        Some((host, port)) if !port.contains(':') => host,
        _ => host,
    }
}

/// The host with its port.
fn authority(target: &str) -> &str {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let rest = rest.trim_start_matches('/');
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Whether a host is digits and dots and yet no address of IPv4, however it is spelled: no resolver asks for it.
#[must_use]
pub fn is_broken_ipv4(host: &str) -> bool {
    let digits = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    digits && ipv4(host).is_none()
}

/// Addresses that begin alike. All are of IPv6; one of IPv4 is its `::ffff:a.b.c.d`.
struct Network {
    first: u128,
    prefix_bits: u32,
}

impl Network {
    /// `10.0.0.0/8`, `fe80::/10`, or one address.
    fn parse(text: &str) -> Option<Network> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (first, shift) = match address {
            IpAddr::V4(address) => (address.to_ipv6_mapped(), 96),
            IpAddr::V6(address) => (address, 0),
        };
        let prefix_bits = prefix.map_or(128, |prefix| prefix.saturating_add(shift));
        (prefix_bits <= 128).then_some(Network {
            first: first.to_bits(),
            prefix_bits,
        })
    }

    /// Whether an address, or the address of IPv4 that it carries, is in it.
    fn holds(&self, address: Ipv6Addr) -> bool {
        let is_in = |address: Ipv6Addr| {
            let differs = self.first ^ address.to_bits();
            differs.leading_zeros() >= self.prefix_bits
        };
        is_in(address) || carried(address).is_some_and(|carried| is_in(carried.to_ipv6_mapped()))
    }
}

/// Whether an entry of `denied_targets` is a network or a name; a `/` is in networks only.
pub(crate) fn is_entry(entry: &str) -> bool {
    !entry.is_empty() && (!entry.contains('/') || Network::parse(entry).is_some())
}

/// The address of IPv4 inside one of IPv6, as translators (NAT64), relays (6to4) and old stacks (`::a.b.c.d`) read it.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let bits = address.to_bits();
    #[expect(clippy::cast_possible_truncation, reason = "32 of the bits are meant")]
    let v4 = |shift: u32| Ipv4Addr::from_bits((bits >> shift) as u32);
    match address.segments() {
        [0x64, 0xff9b, ..] | [0, 0, 0, 0, 0, 0, 1..=0xffff, _] => Some(v4(0)),
        [0x2002, ..] => Some(v4(80)),
        _ => None,
    }
}

fn address(host: &str) -> Option<Ipv6Addr> {
    // A zone (`%eth0`) says through which interface, not where to.
    let host = host.split('%').next().unwrap_or_default();
    let v6 = host.parse::<Ipv6Addr>().ok();
    v6.or_else(|| Some(ipv4(host)?.to_ipv6_mapped()))
}

/// As `inet_aton` reads it: one to four numbers, decimal, octal or hexadecimal, the last of which fills what is left.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    let number = |text: &str| -> Option<u64> {
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        match text.as_bytes() {
            [b'0', b'x' | b'X', ..] => u64::from_str_radix(&text[2..], 16).ok(),
            [b'0', _, ..] => u64::from_str_radix(text, 8).ok(),
            _ => text.parse().ok(),
        }
    };
    let parts: Vec<u64> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let left = 8 * (4 - u32::try_from(first.len()).ok()?);
    let head = first.iter().fold(0, |bits, part| bits << 8 | part);
    let bits = (head << left) | *last;
    (*last < 1 << left).then(|| u32::try_from(bits).ok().map(Ipv4Addr::from_bits))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    #[test]
    fn a_denied_host_is_found_however_it_is_spelled() {
        let denied = Policy::default().jobs.denied_targets;
        let check = |target: &str, expect: &str| {
            let said = match denial(&denied, target) {
                None => String::new(),
                Some(Denial::Unclear) => "unclear".into(),
                Some(Denial::Listed { entry, means: None }) => entry.into(),
                Some(Denial::Listed {
                    entry,
                    means: Some(address),
                }) => format!("{entry} {address}"),
            };
            assert_eq!(said, expect, "{target}");
        };
        check("169.254.169.254", "169.254.0.0/16");
        check("169.254.169.254:80", "169.254.0.0/16");
        check("http://169.254.169.254/latest/meta-data", "169.254.0.0/16");
        check("http://example.com@169.254.169.254:80/", "169.254.0.0/16");
        check("user:word@127.0.0.1:80", "127.0.0.0/8");
        check("//127.0.0.1", "127.0.0.0/8");
        check("2852039166", "169.254.0.0/16 169.254.169.254");
        check("0xa9fea9fe:80", "169.254.0.0/16 169.254.169.254");
        check("0XA9.0xfe.0251.254", "169.254.0.0/16 169.254.169.254");
        check("127.1", "127.0.0.0/8 127.0.0.1");
        check("017700000001", "127.0.0.0/8 127.0.0.1");
        check("0", "0.0.0.0/8 0.0.0.0");
        check("127.0.0.1.", "127.0.0.0/8");
        check("[::1]:9090", "::1/128");
        check("::1", "::1/128");
        check("[0:0:0:0:0:0:0:1]", "::1/128 ::1");
        check("[::]:9090", "::/128");
        check("[::ffff:127.0.0.1]", "127.0.0.0/8 127.0.0.1");
        check("[::ffff:7f00:1]:80", "127.0.0.0/8 127.0.0.1");
        check("[::127.0.0.1]", "127.0.0.0/8 127.0.0.1");
        check("[64:ff9b::a9fe:a9fe]", "169.254.0.0/16 169.254.169.254");
        check("[2002:7f00:1::]", "127.0.0.0/8 127.0.0.1");
        check("[fe80::1%25eth0]:80", "fe80::/10 fe80::1");
        check("[FD00:EC2::254]", "fd00:ec2::/32");
        check("localhost", "localhost");
        check("LocalHost:9090", "localhost");
        check("a.localhost.", "*.localhost");
        check("http://metadata.google.internal/x", "metadata.google.internal");
        check("\u{ff11}27.0.0.1", "unclear");
        check("10.20.30.40:9100", "");
        check("example.com", "");
        check("localhost.example.com", "");
        check("metadata.shop.internal", "");
        check("256.1.1.1", "");
        check("1.2.3.4.5", "");
        check("09", "");
        check("[2001:db8::1]:80", "");
        check("[::ffff:10.20.30.40]", "");
        check("ip6-localhost:1", "ip6-localhost");
        check("ip6-loopback", "ip6-loopback");
        check("localhost.localdomain:1", "localhost*.localdomain*");
        check("localhost6.localdomain6", "localhost*.localdomain*");
        check("localhost4", "localhost4");
        check(
            "instance-data.eu-west-1.compute.internal:80",
            "instance-data.*.compute.internal",
        );
        check("ip-10-0-0-1.eu-west-1.compute.internal", "");
        // Go dials the local host for an empty one.
        check(":9090", "127.0.0.0/8 127.0.0.1");
        check("http://:9090/", "127.0.0.0/8 127.0.0.1");
        check("user:word@:9090", "127.0.0.0/8 127.0.0.1");
        check("[]:9090", "127.0.0.0/8 127.0.0.1");
        check("tcp://:2375", "127.0.0.0/8 127.0.0.1");
        check("unix:///var/run/x.sock", "");
        check("/metrics", "");
        check(".", "");
        check("", "");
        assert_eq!(denial(&[], "127.0.0.1"), None);
        assert_eq!(denial(&[], "\u{ff11}27.0.0.1"), None);
    }

    #[test]
    fn the_own_host_is_denied_by_each_of_its_names() {
        let check = |denied: &[&str], target: &str, expect: bool| {
            let denied: Vec<String> = denied.iter().map(ToString::to_string).collect();
            assert_eq!(denial(&denied, target).is_some(), expect, "{denied:?} {target}");
        };
        for target in [
            ":9090",
            "http://:9090/",
            "0.0.0.0:9090",
            "[::]:9090",
            "0:1",
            "[::ffff:0.0.0.0]:1",
        ] {
            check(&["127.0.0.0/8"], target, true);
            check(&["127.0.0.1"], target, true);
            check(&["::1"], target, true);
            check(&["localhost"], target, true);
            check(&["*.localhost", "10.0.0.0/8"], target, false);
            check(&[], target, false);
        }
    }

    #[test]
    fn digits_and_dots_are_an_address_or_nothing() {
        let check = |host: &str, expect: bool| assert_eq!(is_broken_ipv4(host), expect, "{host}");
        check("10.0.0.256", true);
        check("1.2.3.4.5", true);
        check("10.0.0.1", false);
        check("127.1", false);
        check("2852039166", false);
        check("a.256", false);
        check("", false);
    }

    #[test]
    fn an_entry_is_a_network_an_address_or_a_name() {
        let check = |entry: &str, expect: bool| assert_eq!(is_entry(entry), expect, "{entry}");
        check("10.0.0.0/8", true);
        check("10.1.2.3", true);
        check("fe80::/10", true);
        check("*.internal", true);
        check("10.0.0.0/33", false);
        check("10.0.0/8", false);
        check("http://localhost/", false);
        check("", false);
    }
}
