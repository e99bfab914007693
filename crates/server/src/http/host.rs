//! The names that this server answers to, and the address that its links begin with.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use apportion_jsonapi::Code;

use crate::failure::{Failure, Result};

/// Where links lead, and which Host names are borne.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    bound: SocketAddr,
    public: Option<String>,
}

impl Hosts {
    pub(crate) fn new(bound: SocketAddr, public_url: Option<&str>) -> Self {
        Self { bound, public: public_url.map(|url| url.trim_end_matches('/').to_owned()) }
    }

    /// What absolute links begin with; a name that a page elsewhere could have made up for a
    /// server on this machine (DNS rebinding) is refused.
    pub(crate) fn origin(&self, request: &HttpRequest) -> Result<String> {
        let host = request.headers().get(HOST).map(|host| host.to_str().unwrap_or_default());
        let known = match host {
            None => true,
            Some(host) => {
                self.bound.ip().to_canonical().is_loopback().then(|| {
                    is_loopback(name(host))
                        || self.public_host().is_some_and(|own| own.eq_ignore_ascii_case(host))
                }) != Some(false)
            }
        };
        let spelled = host.is_none_or(|host| {
            !host.is_empty()
                && host.starts_with('[') == host.contains(']')
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
        });
        if !known || !spelled {
            return Err(Failure::of(Code::BadRequest, "This server does not go by that Host name"));
        }
        Ok(match (&self.public, host) {
            (Some(public), _) => public.clone(),
            (None, Some(host)) => format!("http://{host}"),
            (None, None) => format!("http://{}", self.bound),
        })
    }

    fn public_host(&self) -> Option<&str> {
        let rest = self.public.as_deref()?.split_once("://").map(|(_, rest)| rest)?;
        rest.split('/').next()
    }
}

/// The Host without its port.
fn name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Whether a name means this machine.
fn is_loopback(name: &str) -> bool {
    let address: Option<IpAddr> = name.parse().ok();
    name.eq_ignore_ascii_case("localhost")
        || address.is_some_and(|address| address.to_canonical().is_loopback())
}
