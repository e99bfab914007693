//! `GET /api/v2/distributors/{id}/preview`: what the engine would do, at an instant of one's own.
//! The plan is the one that a trigger writes (`engine::snapshot`); here it is asked for and shown,
//! and nothing is written.

mod rows;

use std::rc::Rc;

use apportion_core::calendar::in_calendar;
use apportion_jsonapi::document::{Compound, Document, Links};
use apportion_jsonapi::query::{self, Allowed, Include, Query, QueryOptions};
use apportion_jsonapi::{Code, Error, Rows, value};
use apportion_store::{Field, Tenant};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

use self::rows::{AllocationRows, DistributionRow};
use crate::access::ORGANIZATION;
use crate::endpoints::include::{MAX_INCLUDED, follow, too_many};
use crate::engine::snapshot::preview;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;
use crate::payouts::preview_types;
use crate::resources::{ROOT, Resources, Type};

/// The instant that a preview is made for; now unless told.
const AT: &str = "filter[at]";

/// The distributor of a path, without a trailing slash, that asks for a preview; none inside where
/// the id cannot be one.
pub(crate) fn distributor(path: &str) -> Option<Option<i64>> {
    let rest = path.strip_prefix(ROOT)?.strip_prefix("/distributors/")?;
    let id = rest.strip_suffix("/preview").filter(|id| !id.contains('/'))?;
    Some(value::parse_id(id))
}

/// The route's shape, for logs and for the description: no ids in it.
pub(crate) fn template() -> String {
    format!("{ROOT}/distributors/{{id}}/preview")
}

/// A request for a preview, as far as it can be understood without the store.
pub(crate) struct Previewing {
    resources: &'static Resources,
    distributor: i64,
    asked: Result<(Query<Field>, DateTime<Utc>), Vec<Error>>,
}

impl Previewing {
    pub(crate) fn new(
        resources: &'static Resources,
        distributor: i64,
        query: &str,
        now: NaiveDateTime,
    ) -> Self {
        Self { resources, distributor, asked: understand(resources, query, now) }
    }

    /// Runs the request: one moment of the rows.
    pub(crate) fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        tenant.snapshot(|tenant| self.show(tenant))
    }

    fn show(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let at = self.asked.as_ref().map_or_else(|_| DateTime::default(), |(_, at)| *at);
        let found = preview(tenant, self.distributor, at)?;
        let (distributor, planned) = found.ok_or_else(Failure::not_found)?;
        let (query, _) = self.asked.as_ref().map_err(Clone::clone)?;
        let [whole, part] = self.resources.previews();
        let parts: Rc<dyn Rows> = Rc::new(AllocationRows::new(self.distributor, planned.as_ref()));
        let row = DistributionRow::new(&distributor.kept, planned.as_ref());
        let usual = [Include {
            relationship: preview_types::ALLOCATION_PREVIEWS,
            target: part.position,
            children: Vec::new(),
        }];
        let includes = query.include.as_deref().unwrap_or(&usual);
        let compound = compound(tenant, whole, &row, (part, &parts), includes)?;
        let registry = self.resources.preview_registry();
        let (fields, compound) = (&query.fields, Some(&compound));
        let document = Document { registry, root: ROOT, fields, compound };
        let address = format!("{ROOT}/distributors/{}/preview", self.distributor);
        let target = Links { address, parameters: query.parameters.clone() }.query();
        Ok(Reply::document(200, document.single(whole.position, &row, &target)))
    }
}

/// What is included: planned allocations from the plan, all else from the store.
fn compound(
    tenant: &mut Tenant<'_>,
    whole: Type,
    row: &DistributionRow,
    (part, parts): (Type, &Rc<dyn Rows>),
    includes: &[Include],
) -> Result<Compound> {
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
        compound.add(part.position, Rc::clone(parts));
        follow(tenant, part, parts.as_ref(), &include.children, &mut compound)?;
    }
    Ok(compound)
}

fn understand(
    resources: &'static Resources,
    text: &str,
    now: NaiveDateTime,
) -> Result<(Query<Field>, DateTime<Utc>), Vec<Error>> {
    let asked = QueryOptions {
        allowed: Allowed::Single,
        foreign: &[ORGANIZATION, AT],
        walks: false,
        linkage: None,
    };
    let [whole, _] = resources.previews();
    let registry = resources.preview_registry();
    let parsed = Query::parse(text, registry, whole.served.resource(), &asked);
    match (parsed, instant(text, now)) {
        (Ok(query), Ok(at)) => Ok((query, at)),
        (parsed, at) => {
            let faults = parsed.err().into_iter().flatten();
            Err(faults.chain(at.err()).collect())
        }
    }
}

/// The instant that is asked for.
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
