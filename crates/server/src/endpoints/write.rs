//! Writing: one transaction from the lock on the row to the document that shows it.

use actix_web::http::Method;
use actix_web::http::header::LOCATION;
use apportion_core::currency::Currency;
use apportion_jsonapi::input::Action;
use apportion_jsonapi::operations::Verb;
use apportion_jsonapi::{Code, Error, Input, Query};
use apportion_store::idempotency::Request;
use apportion_store::{Field, Tenant};
use chrono::NaiveDateTime;

use crate::access::idempotency::once;
use crate::catalog::served::Work;
use crate::endpoints::read;
use crate::endpoints::route::Route;
use crate::failure::{Failure, Result, at_linkage};
use crate::http::etag::Expected;
use crate::http::reply::Reply;
use crate::resources::Type;

/// What is to be written.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A new row.
    Create(Input),
    /// Another state of the row.
    Update(i64, Input),
    /// Another end of one of its relationships, by position.
    Link(i64, usize, Input),
    /// Its end.
    Delete(i64),
}

/// A request to write that was understood.
#[derive(Clone)]
pub(crate) struct Writing {
    pub(crate) kind: Type,
    pub(crate) change: Change,
    pub(crate) query: Query<Field>,
    /// What absolute links begin with.
    pub(crate) origin: String,
    pub(crate) currency: Currency,
    pub(crate) now: NaiveDateTime,
    pub(crate) expected: Option<Expected>,
    /// Where the client says that it may come again.
    pub(crate) request: Option<Request>,
}

/// The change that a request asks for, by its method.
pub(crate) fn asked(route: Route, method: &Method, body: &[u8]) -> Result<Change, Vec<Error>> {
    match route {
        Route::Resource(_, id) if *method == Method::DELETE => Ok(Change::Delete(id)),
        Route::Resource(kind, id) => change(kind, Action::Update(id), body),
        Route::Linkage(kind, id, at) => {
            let verb = match *method {
                Method::POST => Verb::Add,
                Method::DELETE => Verb::Remove,
                _ => Verb::Update,
            };
            link(kind, id, at, verb, body)
        }
        Route::Collection(kind) | Route::Related(kind, ..) => change(kind, Action::Create, body),
    }
}

/// The change that a body asks for.
fn change(kind: Type, action: Action, body: &[u8]) -> Result<Change, Vec<Error>> {
    let input = Input::read(body, kind.served.resource(), action)?;
    Ok(match action {
        Action::Create => Change::Create(input),
        Action::Update(id) => Change::Update(id, input),
    })
}

/// The change of a relationship that a body asks for.
fn link(kind: Type, id: i64, at: usize, verb: Verb, body: &[u8]) -> Result<Change, Vec<Error>> {
    let declared = kind.served.resource().relationships.get(at).filter(|it| it.is_changeable());
    let declared = declared
        .ok_or_else(|| vec![Error::new(Code::AccessDenied, "This relationship is read-only")])?;
    Ok(Change::Link(id, at, Input::read_linkage(body, declared, verb)?))
}

impl Writing {
    /// Runs the change in the transaction at hand; may be run again after an interruption.
    pub(crate) fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        match &self.request {
            Some(request) => once(tenant, request, self.now, |tenant| self.apply(tenant)),
            None => self.apply(tenant),
        }
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let (currency, now) = (self.currency, self.now);
        let expected = self.expected.as_ref();
        let resources = self.kind.resources;
        let mut work = Work { resources, tenant: tenant.reborrow(), currency, now, expected };
        match &self.change {
            Change::Create(input) => {
                let id = self.kind.served.create(&mut work, &mut input.clone())?;
                let address = read::address(self.kind, id);
                Ok(self.show(tenant, id, 201)?.with(LOCATION, address))
            }
            Change::Update(id, input) => {
                self.kind.served.update(&mut work, *id, &mut input.clone())?;
                self.show(tenant, *id, 200)
            }
            Change::Link(id, at, input) => {
                let updated = self.kind.served.update(&mut work, *id, &mut input.clone());
                updated.map_err(at_linkage)?;
                let route = Route::Linkage(self.kind, *id, *at);
                read::linkage(tenant, route, &self.query, &self.origin)
            }
            Change::Delete(id) => {
                self.kind.served.delete(&mut work, *id)?;
                Ok(Reply::empty(204))
            }
        }
    }

    fn show(&self, tenant: &mut Tenant<'_>, id: i64, status: u16) -> Result<Reply> {
        let rows = read::row(tenant, self.kind, id)?;
        let address = read::address(self.kind, id);
        let mut reply = read::single(tenant, self.kind, rows.as_ref(), &self.query, &address)?;
        reply.status = status;
        Ok(reply)
    }
}

/// What is wrong with a request that cannot be written, unless there is no such row to begin with.
pub(crate) fn refuse(
    tenant: &mut Tenant<'_>,
    row: Option<(Type, i64)>,
    errors: Vec<Error>,
) -> Result<Reply> {
    if let Some((kind, id)) = row {
        read::row(tenant, kind, id)?;
    }
    Err(Failure::Refused(errors))
}
