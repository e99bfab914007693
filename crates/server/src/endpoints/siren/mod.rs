//! `/siren/v1`: the distributions of the recorded API, in plain JSON. A second writer over the same
//! declarations, criteria and rows as `/api/v2`; nothing is declared or reckoned here anew.
//! Crediting, which both have, is `credit_metric`.

mod members;
mod question;
mod refusal;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::{Rows, value};
use apportion_store::Tenant;
use apportion_store::allocation::{self, Part};

use self::members::Member;
use self::question::Asked;
use crate::access::{self, Access, Right};
use crate::app::Service;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;
use crate::resources::{Resources, Type};

pub(crate) use self::members::{MEMBERS, Source};
pub(crate) use self::question::{DEFAULT_NUMBER, FILTERS, MAX_NUMBER, ORDERS};
pub(crate) use self::refusal::told;

/// Where the recorded surface begins.
pub(crate) const ROOT: &str = "/siren/v1";
/// The type that is shown.
pub(crate) const TYPE: &str = "distributions";
/// How many allocations a distribution shows at most.
pub(crate) const MAX_ALLOCATIONS: i64 = 1_000;

const COUNT: HeaderName = HeaderName::from_static("x-siren-estimated-count");

/// Whether a path is of this surface, and with it the form of errors.
pub(crate) fn owns(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What an address stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    List,
    One(i64),
}

impl Route {
    /// The route of a path without a trailing slash; none where nothing can be.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(ROOT)?.strip_prefix('/')?.strip_prefix(TYPE)?;
        if rest.is_empty() {
            return Some(Route::List);
        }
        value::parse_id(rest.strip_prefix('/')?).map(Route::One)
    }

    /// The route's shape, for logs: no ids in it.
    pub(crate) fn template(self) -> String {
        match self {
            Route::List => format!("{ROOT}/{TYPE}"),
            Route::One(_) => format!("{ROOT}/{TYPE}/{{id}}"),
        }
    }
}

/// Answers a request to read.
pub(crate) async fn answer(
    request: &HttpRequest,
    service: &Service,
    access: &Access,
    route: Route,
) -> Result<Reply> {
    access::check_right(access, Right::Read)?;
    let kind = distributions(service.resources)?;
    let resource = kind.served.resource();
    let asked = match route {
        Route::List => Asked::list(resource, request.query_string())?,
        Route::One(_) => Asked::one(resource, request.query_string())?,
    };
    let scope = access.scope;
    service.store.read(scope, move |tenant| show(tenant, kind, route, &asked)).await
}

fn distributions(resources: &'static Resources) -> Result<Type> {
    resources.find(TYPE).ok_or_else(Failure::not_found)
}

fn show(tenant: &mut Tenant<'_>, kind: Type, route: Route, asked: &Asked) -> Result<Reply> {
    if asked.members.iter().any(Member::is_of_allocations) {
        // The count and the allocations of one moment.
        return tenant.snapshot(|tenant| read(tenant, kind, route, asked));
    }
    read(tenant, kind, route, asked)
}

fn read(tenant: &mut Tenant<'_>, kind: Type, route: Route, asked: &Asked) -> Result<Reply> {
    let (rows, total) = match route {
        Route::List => {
            let (rows, total) = kind.served.load(tenant, &asked.criteria)?;
            (rows, Some(total))
        }
        Route::One(id) => {
            let by = (kind.served.resource().id, [id]);
            (kind.served.load_by(tenant, by.0, &by.1, 1)?, None)
        }
    };
    let parts = match asked.members.iter().any(Member::is_of_allocations) {
        true => {
            let ids: Vec<i64> = (0..rows.len()).map(|row| rows.id(row)).collect();
            allocation::first_of(tenant, &ids, MAX_ALLOCATIONS)?
        }
        false => Vec::new(),
    };
    let body = match total {
        Some(_) => list(rows.as_ref(), &asked.members, &parts),
        None if rows.is_empty() => return Err(Failure::not_found()),
        None => {
            let mut out = Vec::with_capacity(512);
            members::push_object(&mut out, rows.as_ref(), 0, &asked.members, &parts);
            out
        }
    };
    let reply = Reply::plain(body, PLAIN);
    Ok(match total {
        Some(total) => reply.with(COUNT, total.to_string()),
        None => reply,
    })
}

fn list(rows: &dyn Rows, members: &[Member], parts: &[Part]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len().saturating_mul(512).saturating_add(2));
    out.push(b'[');
    for row in 0..rows.len() {
        if row > 0 {
            out.push(b',');
        }
        members::push_object(&mut out, rows, row, members, parts);
    }
    out.push(b']');
    out
}
