//! The Host names that this server answers to, and the beginning of its absolute links.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use apportion_jsonapi::Code;

use crate::failure::{Failure, Result};

/// The address that the server listens on, and its public URL.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    bound: SocketAddr,
    public_url: Option<String>,
}

impl Hosts {
    pub(crate) fn new(bound: SocketAddr, public_url: Option<&str>) -> Self {
        let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
        Self { bound, public_url }
    }

    /// Returns the beginning of absolute links in the answer to a request. Refuses a Host that is
    /// malformed or that this server does not answer to.
    pub(crate) fn origin(&self, request: &HttpRequest) -> Result<String> {
        let host = request.headers().get(HOST).map(|host| host.to_str().unwrap_or_default());
        if let Some(host) = host {
            self.check(host)?;
        }
        Ok(match (&self.public_url, host) {
            (Some(public_url), _) => public_url.clone(),
            (None, Some(host)) => format!("http://{host}"),
            (None, None) => format!("http://{}", self.bound),
        })
    }

    fn check(&self, host: &str) -> Result<()> {
        let Some(name) = name_of(host) else {
            let detail = "The header Host is malformed: it must be a name or an address, with an \
                          optional port";
            return Err(Failure::refusal(Code::BadRequest, detail));
        };
        if self.answers_to(host, name) {
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
    fn answers_to(&self, host: &str, name: &str) -> bool {
        let is_public = || self.public_host().is_some_and(|own| own.eq_ignore_ascii_case(host));
        !self.bound.ip().to_canonical().is_loopback() || is_loopback(name) || is_public()
    }

    fn public_host(&self) -> Option<&str> {
        let rest = self.public_url.as_deref()?.split_once("://").map(|(_, rest)| rest)?;
        rest.split('/').next()
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
