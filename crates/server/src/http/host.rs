//! The Host names that this server answers to, and the beginning of its absolute links.

use std::net::{IpAddr, SocketAddr};

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
        if !is_well_formed(host) {
            let detail = "The header Host is malformed: it must be a name or an address, with an \
                          optional port";
            return Err(Failure::refusal(Code::BadRequest, detail));
        }
        if self.answers_to(host) {
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

    /// Whether the server answers to a Host. A server on a loopback address answers to loopback
    /// names and to its public name only: any other name may be one that a page elsewhere has made
    /// point to this machine (DNS rebinding).
    fn answers_to(&self, host: &str) -> bool {
        let is_public = || self.public_host().is_some_and(|own| own.eq_ignore_ascii_case(host));
        !self.bound.ip().to_canonical().is_loopback()
            || is_loopback(without_port(host))
            || is_public()
    }

    fn public_host(&self) -> Option<&str> {
        let rest = self.public_url.as_deref()?.split_once("://").map(|(_, rest)| rest)?;
        rest.split('/').next()
    }
}

/// Whether a Host can be part of a link: it is not empty, has no characters but those of names and
/// addresses, and closes the bracket of an IPv6 address.
fn is_well_formed(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !host.is_empty() && host.starts_with('[') == host.contains(']') && host.bytes().all(allowed)
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Whether a name or an address means this machine.
fn is_loopback(name: &str) -> bool {
    let address: Option<IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}
