//! The Host names that this server answers to, and the beginning of its absolute links.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use apportion_jsonapi::Code;

use crate::failure::{Failure, Result};

/// The address that the server listens on, and its public origin.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// The address; `None` for a service in another server, whose address requests name.
    bound: Option<SocketAddr>,
    /// Such as `https://api.example.com`.
    public_origin: Option<String>,
}

/// Splits a public URL into its origin and its path, without a slash at the end.
pub(crate) fn split_url(url: &str) -> (&str, &str) {
    let url = url.trim_end_matches('/');
    let host = url.find("://").map_or(0, |at| at.saturating_add(3));
    let path = url.get(host..).and_then(|rest| rest.find('/'));
    url.split_at_checked(path.map_or(url.len(), |at| at.saturating_add(host))).unwrap_or((url, ""))
}

impl Hosts {
    pub(crate) fn new(bound: Option<SocketAddr>, public_url: Option<&str>) -> Self {
        Self { bound, public_origin: public_url.map(|url| split_url(url).0.to_owned()) }
    }

    /// Returns the address that a request came to.
    fn bound(&self, request: &HttpRequest) -> SocketAddr {
        self.bound.unwrap_or_else(|| request.app_config().local_addr())
    }

    /// Returns the beginning of absolute links in the answer to a request. Refuses a Host that is
    /// malformed or that this server does not answer to.
    pub(crate) fn origin(&self, request: &HttpRequest) -> Result<String> {
        let host = request.headers().get(HOST).map(|host| host.to_str().unwrap_or_default());
        if let Some(host) = host {
            self.check(host, self.bound(request))?;
        }
        // Our own server speaks HTTP only; another may have certificates.
        let is_secure = self.bound.is_none() && request.app_config().secure();
        let scheme = if is_secure { "https" } else { "http" };
        Ok(match (&self.public_origin, host) {
            (Some(public_origin), _) => public_origin.clone(),
            (None, Some(host)) => format!("{scheme}://{host}"),
            (None, None) => format!("{scheme}://{}", self.bound(request)),
        })
    }

    fn check(&self, host: &str, bound: SocketAddr) -> Result<()> {
        let Some(name) = name_of(host) else {
            let detail = "The header Host is malformed: it must be a name or an address, with an \
                          optional port";
            return Err(Failure::refusal(Code::BadRequest, detail));
        };
        if self.answers_to(host, name, bound) {
            return Ok(());
        }
        // The refused name is not repeated: it may be the choice of a page elsewhere.
        let public = self.public_host().map(|host| format!(", and to {host}")).unwrap_or_default();
        let detail = format!(
            "The header Host names another server: this one answers to localhost and loopback \
             addresses{public}"
        );
        Err(Failure::refusal(Code::BadRequest, detail))
    }

    /// Whether the server answers to a Host with this name. A server on a loopback address answers
    /// to loopback names and to its public name only: any other name may be one that a page
    /// elsewhere has made point to this machine (DNS rebinding).
    fn answers_to(&self, host: &str, name: &str, bound: SocketAddr) -> bool {
        let is_public = || self.public_host().is_some_and(|own| own.eq_ignore_ascii_case(host));
        !bound.ip().to_canonical().is_loopback() || is_loopback(name) || is_public()
    }

    fn public_host(&self) -> Option<&str> {
        self.public_origin.as_deref()?.split_once("://").map(|(_, host)| host)
    }
}

/// Returns the name or address of a Host, without its port; `None` if the Host is malformed. It is
/// a name, an IPv4 address or an IPv6 address in brackets, and then at most a port (RFC 3986,
/// section 3.2). Nothing may stand between a bracket and the port: a browser would take all of it
/// for a name, which may be anybody's.
fn name_of(host: &str) -> Option<&str> {
    let (name, rest) = match host.strip_prefix('[') {
        Some(address) => {
            let (address, rest) = address.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, rest)
        }
        None => {
            let (name, rest) = host.split_at_checked(host.find(':').unwrap_or(host.len()))?;
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
            if name.is_empty() || !name.bytes().all(allowed) {
                return None;
            }
            (name, rest)
        }
    };
    let is_port =
        |port: &str| port.is_empty() || (port.parse::<u16>().is_ok() && !port.starts_with('+'));
    (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)).then_some(name)
}

/// Whether a name or an address means this machine.
fn is_loopback(name: &str) -> bool {
    let address: Option<IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}
