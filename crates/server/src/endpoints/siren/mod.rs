//! `/siren/v1`: the distributions of the recorded API, in plain JSON. A second writer over the same
//! declarations, criteria and rows as `/api/v2`; nothing is declared or reckoned here anew.
//! Crediting, which both have, is `credit_metric`.

mod members;
mod question;
mod refusal;

use actix_web::http::header::HeaderName;
use apportion_core::id::DistributionId;
use apportion_jsonapi::media::PLAIN;
use apportion_jsonapi::{Rows, value};
use apportion_store::Tenant;
use apportion_store::allocation::{self, FirstAllocation};

use self::members::Member;
use self::question::Question;
use crate::access::Right;
use crate::catalog::TypeRef;
use crate::endpoints::call::Call;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;

pub(crate) use self::members::{MEMBERS, Source};
pub(crate) use self::question::{DEFAULT_NUMBER, FILTERS, MAX_NUMBER, ORDERS};
pub(crate) use self::refusal::in_recorded_form;

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
pub(crate) async fn answer(call: &Call<'_>, route: Route) -> Result<Reply> {
    call.check_right(Right::Read)?;
    let resources = call.resources();
    let kind = resources.find(TYPE).ok_or_else(Failure::not_found)?;
    let question = match route {
        Route::List => Question::of_list(kind.resource(), call.query())?,
        Route::One(_) => Question::of_one(kind.resource(), call.query())?,
    };
    let kind = kind.id();
    call.read(move |tenant| {
        let kind = resources.get(kind).ok_or_else(Failure::not_found)?;
        if question.wants_allocations() {
            // The count and the allocations of one moment.
            return tenant.snapshot(|tenant| show(tenant, kind, route, &question));
        }
        show(tenant, kind, route, &question)
    })
    .await
}

fn show(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'_>,
    route: Route,
    question: &Question,
) -> Result<Reply> {
    let (rows, total) = match route {
        Route::List => {
            let page = kind.served.load(tenant, &question.criteria)?;
            (page.rows, Some(page.total))
        }
        Route::One(id) => (kind.served.load_by(tenant, kind.resource().id, &[id], 1)?, None),
    };
    let parts = match question.wants_allocations() {
        true => {
            let ids: Vec<_> = (0..rows.len()).map(|row| DistributionId(rows.id(row))).collect();
            allocation::first_of_each(tenant, &ids, MAX_ALLOCATIONS)?
        }
        false => Vec::new(),
    };
    let body = match total {
        Some(_) => list(rows.as_ref(), &question.members, &parts),
        None if rows.is_empty() => return Err(Failure::not_found()),
        None => {
            let mut out = Vec::with_capacity(512);
            members::push_object(&mut out, rows.as_ref(), 0, &question.members, &parts);
            out
        }
    };
    let reply = Reply::plain(body, PLAIN);
    Ok(match total {
        Some(total) => reply.with_header(COUNT, total.to_string()),
        None => reply,
    })
}

fn list(rows: &dyn Rows, members: &[Member], parts: &[FirstAllocation]) -> Vec<u8> {
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
