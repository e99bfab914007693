//! `GET /api/v2/distributors/{id}/preview`: what the engine would do at an instant that the client
//! chooses. The plan is the same one that a trigger writes (`engine::snapshot`); this module shows
//! it and writes nothing.

mod rows;

use std::rc::Rc;
use std::sync::Arc;

use apportion_core::calendar::in_calendar;
use apportion_core::id::DistributorId;
use apportion_jsonapi::document::{Compound, Document, Links};
use apportion_jsonapi::query::{self, Allowed, Include, Query, QueryOptions};
use apportion_jsonapi::text::cut;
use apportion_jsonapi::value::parse_instant;
use apportion_jsonapi::{Code, Error, Rows};
use apportion_store::{Field, Tenant};
use chrono::{DateTime, NaiveDateTime, Utc};

use self::rows::{AllocationRows, DistributionRow};
use crate::access::{ORGANIZATION, Right};
use crate::catalog::{MAX_INCLUDED, Resources, TypeRef};
use crate::endpoints::call::Call;
use crate::endpoints::include::{follow, too_many};
use crate::engine::snapshot::{Preview, preview};
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;
use crate::payouts::preview_types;

/// The shape of the addresses of previews.
pub(crate) const PATH: &str = "/api/v2/distributors/{id}/preview";
/// The parameter with the instant that a preview is made for, which is now by default.
const AT: &str = "filter[at]";

/// Answers a request for a preview of a distributor.
pub(crate) async fn answer(call: &Call<'_>, distributor: i64) -> Result<Reply> {
    call.check_right(Right::Read)?;
    call.check_accept(None)?;
    let resources = call.resources();
    let question = Question::parse(&resources, call.query(), call.now);
    let request = PreviewRequest { resources, distributor, question };
    // All queries of a preview must see the same rows.
    call.read(move |tenant| request.answer(tenant)).await
}

/// A request for a preview, as far as it can be read without the store.
struct PreviewRequest {
    resources: Arc<Resources>,
    distributor: i64,
    question: Result<Question, Vec<Error>>,
}

/// The types of previews of a distribution, and of its allocations.
#[derive(Clone, Copy)]
struct Types<'r> {
    distribution: TypeRef<'r>,
    allocation: TypeRef<'r>,
}

impl<'r> Types<'r> {
    fn find(resources: &'r Resources) -> Option<Self> {
        let distribution = resources.find_any(preview_types::DISTRIBUTION)?;
        let allocation = resources.find_any(preview_types::ALLOCATION)?;
        Some(Self { distribution, allocation })
    }
}

impl PreviewRequest {
    fn answer(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let at = self.question.as_ref().map_or_else(|_| DateTime::default(), |it| it.at);
        let found = preview(tenant, DistributorId(self.distributor), at)?;
        let Preview { distributor, planned } = found.ok_or_else(Failure::not_found)?;
        let query = &self.question.as_ref().map_err(Clone::clone)?.query;
        let types = Types::find(&self.resources).ok_or_else(Failure::not_found)?;
        let (whole, part) = (types.distribution.resource(), types.allocation.resource());
        let allocations: Rc<dyn Rows + '_> =
            Rc::new(AllocationRows::new(part, self.distributor, planned.as_ref()));
        let row = DistributionRow::new(whole, &distributor.stored, planned.as_ref());
        let default_includes = [Include {
            relationship: preview_types::ALLOCATION_PREVIEWS,
            target: types.allocation.position,
            children: Vec::new(),
        }];
        let includes = query.include.as_deref().unwrap_or(&default_includes);
        let compound = compound(tenant, types, &row, &allocations, includes)?;
        let (registry, root) = (self.resources.registry(), self.resources.root());
        let (fields, compound) = (&query.fields, Some(&compound));
        let document = Document { registry, root, fields, compound };
        let address = format!("{root}/distributors/{}/preview", self.distributor);
        let target = Links { address, parameters: query.parameters.clone() }.query();
        Ok(Reply::document(
            200,
            document.single((types.distribution.position, &row), &target, None),
        ))
    }
}

/// Collects what is included: planned allocations from the plan, everything else from the store.
fn compound<'r>(
    tenant: &mut Tenant<'_>,
    types: Types<'r>,
    row: &DistributionRow<'_>,
    allocations: &Rc<dyn Rows + 'r>,
    includes: &[Include],
) -> Result<Compound<'r>> {
    let Types { distribution, allocation } = types;
    let mut compound = Compound::default();
    compound.mark_primary(distribution.position, row);
    for include in includes {
        if include.target != allocation.position {
            let one = std::slice::from_ref(include);
            follow(tenant, distribution, row, one, &mut compound)?;
            continue;
        }
        let count = allocations.len();
        if count > MAX_INCLUDED {
            return Err(too_many(&format!(
                "A document may include at most {MAX_INCLUDED} resources, not {count}; give \
                 'include' without 'allocation_previews'"
            )));
        }
        let ids: Vec<i64> = (0..count).map(|at| allocations.id(at)).collect();
        for (at, id) in ids.iter().enumerate() {
            if let Some(text) = allocations.id_text(at) {
                compound.set_id_text(allocation.position, *id, text.into_owned());
            }
        }
        compound.mark_followed(distribution.position, row.id(0), include.relationship, Some(ids));
        compound.add(allocation.position, Rc::clone(allocations));
        follow(tenant, allocation, allocations.as_ref(), &include.children, &mut compound)?;
    }
    Ok(compound)
}

/// A query without faults.
struct Question {
    query: Query<Field>,
    /// The instant that the preview is made for.
    at: DateTime<Utc>,
}

impl Question {
    fn parse(resources: &Resources, text: &str, now: NaiveDateTime) -> Result<Self, Vec<Error>> {
        let options = QueryOptions {
            allowed: Allowed::Single,
            foreign: &[ORGANIZATION, AT],
            walks: false,
            linkage: None,
        };
        let types = Types::find(resources).ok_or_else(Vec::new)?;
        let shown = types.distribution.resource();
        let parsed = Query::parse(text, resources.registry(), shown, &options);
        match (parsed, parse_at(text, now)) {
            (Ok(query), Ok(at)) => Ok(Self { query, at }),
            (parsed, at) => {
                let faults = parsed.err().into_iter().flatten();
                Err(faults.chain(at.err()).collect())
            }
        }
    }
}

/// Parses the instant that a preview is made for.
fn parse_at(text: &str, now: NaiveDateTime) -> Result<DateTime<Utc>, Error> {
    let mut values = query::parameter_values(text, AT);
    // `Query::parse` reports a value that cannot be decoded.
    let Some(Some(value)) = values.pop() else { return Ok(now.and_utc()) };
    if !values.is_empty() {
        let detail = format!("Parameter '{AT}' is given more than once; give one instant");
        return Err(Error::parameter(Code::UnsupportedParameter, AT, detail));
    }
    let at = parse_instant(&value).filter(|at| in_calendar(at.date()).is_ok());
    at.map(|at| at.and_utc()).ok_or_else(|| {
        let value = cut(&value);
        let detail = format!(
            "'{AT}' must be an instant from 1900 to 2199 such as 2026-01-31T12:00:00Z or \
             2026-01-31T12:00:00%2B01:00, not '{value}'"
        );
        Error::parameter(Code::UnsupportedFilterValue, AT, detail)
    })
}
