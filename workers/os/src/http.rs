//! HTTP to one replica. In: a URL and an address. Out: whatever it answered. Never: a redirect, a proxy, a
//! retry, or an address other than the given one (design 5.8: one replica reloaded is not all reloaded).

use crate::blocking::blocking;
use contract::ports::{CallReplica, HttpAnswer, Method};
use contract::{Class, Failure};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error};

/// The longest body that is read.
const BODY_BYTES: u64 = 64 * 1024 * 1024;

/// The machine's network.
#[derive(Debug, Clone, Copy, Default)]
pub struct Http;

impl CallReplica for Http {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        let url = url.to_owned();
        blocking(move || {
            let (host, port) = host_and_port(&url)?;
            let refuse = || {
                let hint = "does a process run behind it, is the name right, and does this machine see the network that knows it?";
                // A wrong name looks like one whose first task is starting; only trying again tells them apart.
                Failure::new(
                    Class::Unavailable,
                    format!("finding the addresses behind `{host}`; {hint}"),
                )
            };
            let found = (host.as_str(), port).to_socket_addrs();
            let addresses = one_each(found.map_err(|error| refuse().because(error))?.collect());
            if addresses.is_empty() {
                return Err(refuse());
            }
            Ok(addresses.iter().map(SocketAddr::to_string).collect())
        })
        .await
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        timeout: Duration,
    ) -> Result<HttpAnswer, Failure> {
        let (url, address) = (url.to_owned(), address.to_owned());
        blocking(move || {
            host_and_port(&url)?;
            let verb = match method {
                Method::Get => "GET",
                Method::Post => "POST",
                Method::Delete => "DELETE",
            };
            let doing = format!("calling {verb} {url} at {address}");
            let Ok(to) = address.parse() else {
                return Err(
                    Failure::new(Class::InvalidRequest, doing).because("the address is not `ip:port`")
                );
            };
            exchange(&agent(to, timeout), method, &url).map_err(|error| failure(doing, timeout, error))
        })
        .await
    }
}

/// Host and port of a URL that can be called.
fn host_and_port(url: &str) -> Result<(String, u16), Failure> {
    let refuse = |why: &str| Failure::new(Class::InvalidRequest, format!("reading the URL `{url}`; {why}"));
    let uri: Uri = url
        .parse()
        .map_err(|error| refuse("write it as `http://host:port/path`").because(error))?;
    let port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") if cfg!(feature = "tls") => 443,
        Some("https") => return Err(refuse("this program has no TLS: use `http`")),
        _ => return Err(refuse("it begins neither with `http://` nor with `https://`")),
    };
    let host = uri.host().ok_or_else(|| refuse("it names no host"))?;
    // An IPv6 address stands in brackets in a URL.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), uri.port_u16().unwrap_or(port)))
}

/// Each address once, in order. A machine calls itself `127.0.0.1` and `::1`; that is one process with two
/// addresses (or with one, if it listens on the first only), so the second is left out.
fn one_each(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    addresses.sort_unstable();
    addresses.dedup();
    let is_loopback = |address: &SocketAddr| address.ip().is_loopback();
    if addresses
        .iter()
        .any(|address| address.is_ipv4() && is_loopback(address))
    {
        addresses.retain(|address| address.is_ipv4() || !is_loopback(address));
    }
    addresses
}

/// Connects to that address, whatever the URL's name resolves to; `Host` and the TLS name stay the URL's.
#[derive(Debug)]
struct To(SocketAddr);

impl Resolver for To {
    fn resolve(
        &self,
        _uri: &Uri,
        _config: &Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(self.0);
        Ok(addresses)
    }
}

fn agent(to: SocketAddr, timeout: Duration) -> Agent {
    let config = Config::builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .user_agent("promloom");
    #[cfg(feature = "tls")]
    let config = config.tls_config(tls());
    Agent::with_parts(config.build(), DefaultConnector::default(), To(to))
}

/// The machine's certificate authorities, read once, and the cryptography that the SDK brings along.
#[cfg(feature = "tls")]
fn tls() -> ureq::tls::TlsConfig {
    use std::sync::{Arc, LazyLock};
    use ureq::tls::{Certificate, RootCerts, TlsConfig};
    static CONFIG: LazyLock<TlsConfig> = LazyLock::new(|| {
        let found = rustls_native_certs::load_native_certs().certs;
        let roots: Vec<_> = found
            .iter()
            .map(|root| Certificate::from_der(root).to_owned())
            .collect();
        TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build()
    });
    CONFIG.clone()
}

fn exchange(agent: &Agent, method: Method, url: &str) -> Result<HttpAnswer, Error> {
    let mut response = match method {
        Method::Get => agent.get(url).call()?,
        Method::Post => agent.post(url).send_empty()?,
        Method::Delete => agent.delete(url).call()?,
    };
    let status = response.status().as_u16();
    let body = read(response.body_mut())?;
    Ok(HttpAnswer { status, body })
}

fn read(body: &mut Body) -> Result<String, Error> {
    let bytes = body.with_config().limit(BODY_BYTES).read_to_vec()?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn failure(doing: String, timeout: Duration, error: Error) -> Failure {
    let (class, todo) = match &error {
        Error::BodyExceedsLimit(_) => (Class::Rejected, "; the answer is too long to be read".to_owned()),
        Error::Timeout(_) => {
            let seconds = timeout.as_secs_f64();
            (Class::Unavailable, format!("; no answer in {seconds} s"))
        }
        Error::Io(refused) if refused.kind() == io::ErrorKind::ConnectionRefused => (
            Class::Unavailable,
            "; nothing listens there: is the process up?".to_owned(),
        ),
        _ => (Class::Unavailable, String::new()),
    };
    Failure::new(class, doing + &todo).because(error)
}

#[cfg(test)]
mod tests;
