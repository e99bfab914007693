//! `GET /api/v2/distributors/{id}/preview`: what the engine would do, at an instant of one's own.
//! The plan is the one that a trigger writes (`engine::snapshot`); here it is asked for and shown,
//! and nothing is written.

mod rows;

use std::rc::Rc;
use std::sync::Arc;

use apportion_core::calendar::in_calendar;
use apportion_core::id::DistributorId;
use apportion_jsonapi::document::{Compound, Document, Links};
use apportion_jsonapi::query::{self, Allowed, Include, Query, QueryOptions};
use apportion_jsonapi::{Code, Error, Rows};
use apportion_store::{Field, Tenant};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

use self::rows::{AllocationRows, DistributionRow};
use crate::access::{ORGANIZATION, Right};
use crate::catalog::{MAX_INCLUDED, ROOT, Resources, TypeRef};
use crate::endpoints::call::Call;
use crate::endpoints::include::{follow, too_many};
use crate::engine::snapshot::{Preview, preview};
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;
use crate::payouts::preview_types;

/// The shape of the addresses of previews.
pub(crate) const PATH: &str = "/api/v2/distributors/{id}/preview";
/// The parameter for the instant that a preview is made for; the default is now.
const AT: &str = "filter[at]";

/// Answers a request for a preview of a distributor.
pub(crate) async fn answer(call: &Call<'_>, distributor: i64) -> Result<Reply> {
    call.check_right(Right::Read)?;
    call.check_accept(None)?;
    let resources = call.resources();
    let question = Question::parse(&resources, call.query(), call.now);
    let request = PreviewRequest { resources, distributor, question };
    // One moment of the rows.
    call.read(move |tenant| tenant.snapshot(|tenant| request.run(tenant))).await
}

/// A request for a preview, as far as it can be understood without the store.
struct PreviewRequest {
    resources: Arc<Resources>,
    distributor: i64,
    question: Result<Question, Vec<Error>>,
}

/// The types of a preview: of a distribution, and of its allocations.
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
    fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let at = self.question.as_ref().map_or_else(|_| DateTime::default(), |it| it.at);
        let found = preview(tenant, DistributorId(self.distributor), at)?;
        let Preview { distributor, planned } = found.ok_or_else(Failure::not_found)?;
        let query = &self.question.as_ref().map_err(Clone::clone)?.query;
        let types = Types::find(&self.resources).ok_or_else(Failure::not_found)?;
        let allocations: Rc<dyn Rows> =
            Rc::new(AllocationRows::new(self.distributor, planned.as_ref()));
        let row = DistributionRow::new(&distributor.stored, planned.as_ref());
        let usual = [Include {
            relationship: preview_types::ALLOCATION_PREVIEWS,
            target: types.allocation.position,
            children: Vec::new(),
        }];
        let includes = query.include.as_deref().unwrap_or(&usual);
        let compound = compound(tenant, types, &row, &allocations, includes)?;
        let registry = self.resources.registry();
        let (fields, compound) = (&query.fields, Some(&compound));
        let document = Document { registry, root: ROOT, fields, compound };
        let address = format!("{ROOT}/distributors/{}/preview", self.distributor);
        let target = Links { address, parameters: query.parameters.clone() }.query();
        Ok(Reply::document(200, document.single(types.distribution.position, &row, &target)))
    }
}

/// Collects what is included: planned allocations from the plan, all else from the store.
fn compound<'r>(
    tenant: &mut Tenant<'_>,
    types: Types<'r>,
    row: &DistributionRow,
    allocations: &Rc<dyn Rows>,
    includes: &[Include],
) -> Result<Compound<'r>> {
    let Types { distribution: whole, allocation: part } = types;
    let parts = allocations;
    let mut compound = Compound::default();
    compound.mark_primary(whole.position, row);
    for include in includes {
        if include.target != part.position {
            let one = std::slice::from_ref(include);
            follow(tenant, whole, row, one, &mut compound)?;
            continue;
        }
        if parts.len() > MAX_INCLUDED {
            return Err(too_many(&format!("More than {MAX_INCLUDED} resources would be included")));
        }
        let ids: Vec<i64> = (0..parts.len()).map(|at| parts.id(at)).collect();
        for (at, id) in ids.iter().enumerate() {
            if let Some(text) = parts.id_text(at) {
                compound.set_id_text(part.position, *id, text.into_owned());
            }
        }
        compound.mark_followed(whole.position, row.id(0), include.relationship, Some(ids));
        let rows: Rc<dyn Rows + 'r> = Rc::<dyn Rows>::clone(parts);
        compound.add(part.position, rows);
        follow(tenant, part, parts.as_ref(), &include.children, &mut compound)?;
    }
    Ok(compound)
}

/// A question that was understood.
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
        match (parsed, instant(text, now)) {
            (Ok(query), Ok(at)) => Ok(Self { query, at }),
            (parsed, at) => {
                let faults = parsed.err().into_iter().flatten();
                Err(faults.chain(at.err()).collect())
            }
        }
    }
}

/// Parses the instant that is asked for.
fn instant(text: &str, now: NaiveDateTime) -> Result<DateTime<Utc>, Error> {
    let refuse = |detail: &'static str| Error::parameter(Code::UnsupportedFilterValue, AT, detail);
    let mut given = query::parameter_values(text, AT);
    // What cannot be decoded is a fault of the query already.
    let Some(Some(value)) = given.pop() else { return Ok(now.and_utc()) };
    if !given.is_empty() {
        return Err(refuse("filter[at] is given more than once"));
    }
    let at = DateTime::parse_from_rfc3339(&value).ok().filter(|_| value.contains('T'));
    let at = at.map(|at| at.with_timezone(&Utc).trunc_subsecs(3));
    let at = at.filter(|at| in_calendar(at.date_naive()).is_ok());
    at.ok_or_else(|| refuse("filter[at] must be an instant such as 2026-01-31T12:00:00Z"))
}
