//! `/siren/v1`: the distributions of the recorded API, in plain JSON. It reads the same rows by the
//! same declarations and criteria as `/api/v2` and only writes them in another form. Not here:
//! crediting, which both APIs have (`credit_metric`).

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

/// The beginning of every address of the recorded API.
pub(crate) const ROOT: &str = "/siren/v1";
/// The only type that the recorded API shows.
pub(crate) const TYPE: &str = "distributions";
/// The largest number of allocations that a distribution shows, those with the lowest ids.
pub(crate) const MAX_ALLOCATIONS: i64 = 1_000;

/// The memory that is reserved for a distribution, in bytes; most need less.
const ROW_BYTES: usize = 512;
/// The header with the number of distributions on all pages.
const COUNT: HeaderName = HeaderName::from_static("x-siren-estimated-count");

/// Whether a path belongs to the recorded API, whose errors have a form of their own.
pub(crate) fn owns(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The target of a path of the recorded API.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    List,
    /// The distribution with this id.
    Single(i64),
}

impl Route {
    /// Parses a path without a trailing slash; `None` if it leads nowhere.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(ROOT)?.strip_prefix('/')?.strip_prefix(TYPE)?;
        if rest.is_empty() {
            return Some(Route::List);
        }
        value::parse_id(rest.strip_prefix('/')?).map(Route::Single)
    }

    /// Returns the route as a template, which logs name because it holds no ids.
    pub(crate) fn template(self) -> String {
        match self {
            Route::List => format!("{ROOT}/{TYPE}"),
            Route::Single(_) => format!("{ROOT}/{TYPE}/{{id}}"),
        }
    }
}

/// Answers a request for distributions.
pub(crate) async fn answer(call: &Call<'_>, route: Route) -> Result<Reply> {
    call.check_right(Right::Read)?;
    let resources = call.resources();
    let kind = resources.find(TYPE).ok_or_else(Failure::not_found)?;
    let question = match route {
        Route::List => Question::parse_list(kind.resource(), call.query())?,
        Route::Single(_) => Question::parse_single(kind.resource(), call.query())?,
    };
    let kind = kind.id();
    call.read(move |tenant| {
        let kind = resources.get(kind).ok_or_else(Failure::not_found)?;
        if question.wants_allocations() {
            // The count and the allocations are two queries, which must see the same rows.
            return show(tenant, kind, route, &question);
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
        Route::Single(id) => {
            let rows = kind.served.load_by(tenant, kind.resource().id, &[id], 1)?;
            if rows.is_empty() {
                return Err(Failure::not_found());
            }
            (rows, None)
        }
    };
    let allocations = if question.wants_allocations() {
        let ids: Vec<_> = (0..rows.len()).map(|row| DistributionId(rows.id(row))).collect();
        allocation::first_of_each(tenant, &ids, MAX_ALLOCATIONS)?
    } else {
        Vec::new()
    };
    let (rows, members) = (rows.as_ref(), &question.members);
    Ok(match total {
        Some(total) => {
            let body = list(rows, members, &allocations);
            Reply::plain(body, PLAIN).with_header(COUNT, total.to_string())
        }
        None => {
            let mut body = Vec::with_capacity(ROW_BYTES);
            members::push_object(&mut body, rows, 0, members, &allocations);
            Reply::plain(body, PLAIN)
        }
    })
}

fn list(rows: &dyn Rows, members: &[Member], allocations: &[FirstAllocation]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.len().saturating_mul(ROW_BYTES).saturating_add(2));
    out.push(b'[');
    for row in 0..rows.len() {
        if row > 0 {
            out.push(b',');
        }
        members::push_object(&mut out, rows, row, members, allocations);
    }
    out.push(b']');
    out
}
