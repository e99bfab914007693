//! The addresses of the service: the endpoint behind each, the methods that it takes, and its name
//! in logs.

use std::borrow::Cow;

use apportion_jsonapi::value;

use crate::app::Parts;
use crate::catalog::{ROOT, Resources};
use crate::endpoints::probes::scrape;
use crate::endpoints::resource_route::Route;
use crate::endpoints::{credit_metric, docs_page, openapi, operations, preview, report, siren};
use crate::http::method::{Methods, READS, SENDS};

/// The meaning of a path.
pub(crate) enum Address {
    /// A path that needs no token.
    Public(Public),
    /// A path that needs a token; `None` if nothing is there.
    Private(Option<Endpoint>),
}

/// An endpoint that needs no token.
#[derive(Clone, Copy)]
pub(crate) enum Public {
    /// `/health/live`
    Live,
    /// `/health/ready`
    Ready,
    /// The OpenAPI description.
    Description,
    /// A file of the documentation page, by what follows `/docs`.
    Docs(docs_page::Asset),
    /// A path below a public one where nothing is.
    Nothing,
}

/// An endpoint that needs a token.
#[derive(Clone, Copy)]
pub(crate) enum Endpoint {
    /// Credits of a collaborator in plain JSON, at one of two addresses.
    CreditMetric(&'static str),
    /// Distributions in the recorded form; `None` for a path below it where nothing is.
    Siren(Option<siren::Route>),
    /// Atomic operations.
    Operations,
    /// A preview of a distributor; `None` if the id is malformed.
    Preview(Option<i64>),
    /// The report.
    Report,
    /// The figures of the server.
    Scrape,
    /// Resources and relationships.
    Resources(Route),
}

/// Returns a path in which a percent sign stands only for what cannot be written without: `%31` and
/// `1` are the same (RFC 3986, section 6.2.2.2).
pub(crate) fn normal_path(path: &str) -> Cow<'_, str> {
    let Some((start, rest)) = path.split_once('%') else { return Cow::Borrowed(path) };
    let mut normal = start.to_owned();
    for part in rest.split('%') {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let unreserved = byte.map(char::from).filter(|letter| {
            letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | '~')
        });
        match (unreserved, part.get(2..)) {
            (Some(letter), Some(rest)) => {
                normal.push(letter);
                normal.push_str(rest);
            }
            _ => {
                normal.push('%');
                normal.push_str(part);
            }
        }
    }
    Cow::Owned(normal)
}

impl Address {
    /// Parses a path. One trailing slash makes no difference.
    pub(crate) fn parse(resources: &Resources, path: &str, parts: Parts) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        match public(path) {
            Some(public) if !public.is_on(parts) => Address::Private(None),
            Some(public) => Address::Public(public),
            None => {
                let endpoint = private(resources, path);
                let is_off = matches!(endpoint, Some(Endpoint::Scrape)) && !parts.metrics;
                Address::Private(endpoint.filter(|_| !is_off))
            }
        }
    }

    /// Returns the shape of the address for logs and figures. `None` if nothing is there.
    pub(crate) fn template(&self, resources: &Resources) -> Option<String> {
        match self {
            Address::Public(public) => public.template().map(str::to_owned),
            Address::Private(endpoint) => endpoint.and_then(|it| it.template(resources)),
        }
    }
}

impl Public {
    /// Whether the service has the part that the endpoint belongs to.
    fn is_on(self, parts: Parts) -> bool {
        match self {
            Public::Live | Public::Ready => parts.health,
            Public::Docs(_) => parts.docs,
            Public::Description | Public::Nothing => true,
        }
    }

    /// Returns the shape of the address for logs and figures. `None` if nothing is there.
    pub(crate) fn template(self) -> Option<&'static str> {
        match self {
            Public::Live => Some("/health/live"),
            Public::Ready => Some("/health/ready"),
            Public::Description => Some(openapi::PATH),
            Public::Docs(_) => Some("/docs"),
            Public::Nothing => None,
        }
    }
}

fn public(path: &str) -> Option<Public> {
    if let Some(probe) = path.strip_prefix("/health/") {
        return Some(match probe {
            "live" => Public::Live,
            "ready" => Public::Ready,
            _ => Public::Nothing,
        });
    }
    if path == openapi::PATH {
        return Some(Public::Description);
    }
    let name = path.strip_prefix("/docs")?;
    Some(docs_page::Asset::find(name).map_or(Public::Nothing, Public::Docs))
}

fn private(resources: &Resources, path: &str) -> Option<Endpoint> {
    let credit = credit_metric::PATHS.into_iter().find(|known| *known == path);
    if let Some(path) = credit {
        return Some(Endpoint::CreditMetric(path));
    }
    if siren::owns(path) {
        return Some(Endpoint::Siren(siren::Route::parse(path)));
    }
    match path {
        operations::PATH => return Some(Endpoint::Operations),
        report::PATH => return Some(Endpoint::Report),
        scrape::PATH => return Some(Endpoint::Scrape),
        _ => {}
    }
    let distributor = path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix("/distributors/"));
    let id = distributor.and_then(|rest| rest.strip_suffix("/preview"));
    if let Some(id) = id.filter(|id| !id.contains('/')) {
        return Some(Endpoint::Preview(value::parse_id(id)));
    }
    Route::parse(resources, path).map(Endpoint::Resources)
}

impl Endpoint {
    /// Returns the shape of the address for logs, with `{id}` in place of ids. `None` if nothing is
    /// there.
    pub(crate) fn template(self, resources: &Resources) -> Option<String> {
        match self {
            Endpoint::CreditMetric(path) => Some(path.to_owned()),
            Endpoint::Siren(route) => Some(route?.template()),
            Endpoint::Operations => Some(operations::PATH.to_owned()),
            Endpoint::Preview(_) => Some(preview::PATH.to_owned()),
            Endpoint::Report => Some(report::PATH.to_owned()),
            Endpoint::Scrape => Some(scrape::PATH.to_owned()),
            Endpoint::Resources(route) => route.template(resources),
        }
    }

    /// Returns the methods of the address. `None` if nothing is there.
    pub(crate) fn methods(self, resources: &Resources) -> Option<Methods> {
        match self {
            Endpoint::CreditMetric(_) | Endpoint::Operations => Some(Methods::all(SENDS)),
            Endpoint::Siren(None) | Endpoint::Preview(None) => None,
            Endpoint::Siren(_) | Endpoint::Preview(_) | Endpoint::Report | Endpoint::Scrape => {
                Some(Methods::all(READS))
            }
            Endpoint::Resources(route) => route.methods(resources),
        }
    }
}
