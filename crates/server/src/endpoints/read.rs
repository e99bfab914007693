//! Reading: lists, single resources, related resources, linkage. All in one visit to the store,
//! where the rows become the document.

use std::rc::Rc;

use actix_web::http::header::ETAG;
use apportion_jsonapi::document::{Compound, Document, Links, PageEnd};
use apportion_jsonapi::query::{self, Allowed, CURSOR_PROFILE, Fieldsets, Page};
use apportion_jsonapi::{Cardinality, Code, Error, Query, Relationship, Rows, media};
use apportion_store::{Field, Tenant};

use crate::access::ORGANIZATION;
use crate::catalog::criteria::criteria;
use crate::endpoints::include;
use crate::endpoints::route::Route;
use crate::failure::{Failure, Result};
use crate::http::etag;
use crate::http::reply::Reply;
use crate::resources::{ROOT, Type};

/// A request to read, as far as it can be understood without the store.
pub(crate) struct Reading {
    route: Route,
    query: Result<Query<Field>, Vec<Error>>,
    links: Links,
    /// The path and query, as they came: what a single document calls itself.
    target: String,
    headers: Headers,
}

/// Headers that say what of an answer the client wants.
#[derive(Default)]
pub(crate) struct Headers {
    /// `Accept`
    pub(crate) accept: Option<String>,
    /// `If-None-Match`
    pub(crate) known: Option<String>,
}

/// What a request wants to see.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What the route shows; of a list, by cursors.
    Walked,
    /// What the route shows.
    Shown,
    /// One resource of what the route shows.
    One,
    /// Nothing.
    Nothing,
}

/// A query against the type that the route shows.
pub(crate) fn parse(route: Route, query: &str, asked: Asked) -> Result<Query<Field>, Vec<Error>> {
    let (kind, many) = shown(route).ok_or_else(Vec::new)?;
    let scope = match asked {
        Asked::Nothing => Allowed::Nothing,
        Asked::Walked | Asked::Shown if many => Allowed::Collection,
        _ => Allowed::Single,
    };
    let linkage = match route {
        Route::Linkage(kind, _, at) => Some((kind.position, at)),
        _ => None,
    };
    let walks = asked == Asked::Walked;
    let asked = query::QueryOptions { allowed: scope, foreign: &[ORGANIZATION], walks, linkage };
    Query::parse(query, kind.registry(), kind.served.resource(), &asked)
}

/// The type whose rows the route shows, and whether it shows a list of them.
fn shown(route: Route) -> Option<(Type, bool)> {
    match route {
        Route::Collection(kind) => Some((kind, true)),
        Route::Resource(kind, _) => Some((kind, false)),
        Route::Related(kind, _, at) | Route::Linkage(kind, _, at) => {
            let (declared, leads) = declared(kind, at).ok()?;
            Some((leads, declared.cardinality == Cardinality::Many))
        }
    }
}

impl Reading {
    pub(crate) fn new(
        route: Route,
        origin: &str,
        path: &str,
        query: &str,
        headers: Headers,
    ) -> Self {
        let accept = headers.accept.as_deref();
        let walks = media::accepts_profile(accept, CURSOR_PROFILE);
        let asked = if walks { Asked::Walked } else { Asked::Shown };
        let parsed = parse(route, query, asked);
        let parameters = parsed.as_ref().map(|query| query.parameters.clone()).unwrap_or_default();
        let address = format!("{origin}{}", path.strip_suffix('/').unwrap_or(path));
        let target = Links { address: path.to_owned(), parameters: parameters.clone() }.query();
        Self { route, query: parsed, links: Links { address, parameters }, target, headers }
    }

    /// Runs the request.
    pub(crate) fn run(self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        match self.route {
            Route::Collection(kind) => self.list(tenant, kind, None),
            Route::Resource(kind, id) => {
                let rows = row(tenant, kind, id)?;
                self.single(tenant, kind, rows.as_ref())
            }
            Route::Related(kind, id, at) => self.related(tenant, kind, id, at),
            Route::Linkage(kind, id, at) => self.linkage(tenant, kind, id, at),
        }
    }

    /// One resource; nothing of it where the client has this very state of it. What is included
    /// has versions of its own, so that then the client is always told.
    fn single(&self, tenant: &mut Tenant<'_>, kind: Type, rows: &dyn Rows) -> Result<Reply> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let known = self.headers.known.as_deref();
        let known = known.filter(|_| query.include.is_none() && is_versioned(kind));
        if let Some(known) = known.filter(|_| !rows.is_empty()) {
            let tag = etag::tag(rows.version(0), query);
            if etag::names(known, &tag) {
                return Ok(Reply::empty(304).with(ETAG, tag));
            }
        }
        single(tenant, kind, rows, query, &self.target)
    }

    fn list(
        &self,
        tenant: &mut Tenant<'_>,
        kind: Type,
        within: Option<(Field, i64)>,
    ) -> Result<Reply> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let (rows, page) = self.page(tenant, kind, within)?;
        let compound = compound(tenant, kind, rows.as_ref(), query)?;
        let rows = (kind.position, rows.as_ref());
        let document = document(kind, &query.fields, compound.as_ref());
        Ok(Reply::document(200, document.collection(rows, &page)).with_profile(page.profile()))
    }

    /// The rows of the page that is asked for, and how it ends.
    fn page(
        &self,
        tenant: &mut Tenant<'_>,
        kind: Type,
        within: Option<(Field, i64)>,
    ) -> Result<(Box<dyn Rows>, PageEnd)> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let criteria = criteria(kind.served.resource(), query, within);
        match &query.page {
            Page::Numbered(page) => {
                let (rows, total) = kind.served.load(tenant, &criteria)?;
                Ok((rows, PageEnd::numbered(&self.links, *page, total)))
            }
            Page::Walk(walk) => {
                let side = if walk.backwards { "page[before]" } else { "page[after]" };
                let detail = format!("'{side}' is no cursor of this list in this order");
                let foreign = || Error::parameter(Code::KeysetInvalidCursor, side, detail);
                let found = kind.served.walk(tenant, &criteria, walk)?;
                let (rows, walked) = found.ok_or_else(foreign)?;
                Ok((rows, PageEnd::walked(&self.links, walk, &walked, &query.binding)))
            }
        }
    }

    fn related(&self, tenant: &mut Tenant<'_>, kind: Type, id: i64, at: usize) -> Result<Reply> {
        let parent = row(tenant, kind, id)?;
        let (declared, leads) = declared(kind, at)?;
        if let (Cardinality::Many, Some(field)) = (declared.cardinality, declared.field) {
            return self.list(tenant, leads, Some((field, id)));
        }
        let rows = by_id(tenant, leads, parent.linkage(0, at))?;
        self.single(tenant, leads, rows.as_ref())
    }

    fn linkage(&self, tenant: &mut Tenant<'_>, kind: Type, id: i64, at: usize) -> Result<Reply> {
        let parent = row(tenant, kind, id)?;
        let (declared, leads) = declared(kind, at)?;
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let include = query.include.as_deref();
        let related = address(kind, id) + "/" + declared.name;
        if let (Cardinality::Many, Some(field)) = (declared.cardinality, declared.field) {
            let (rows, page) = self.page(tenant, leads, Some((field, id)))?;
            let page = page.with_link("related", related);
            let rows: Rc<dyn Rows> = rows.into();
            let compound = include.map(|it| include::linked(tenant, leads, &rows, it));
            let compound = compound.transpose()?;
            let document = document(kind, &query.fields, compound.as_ref());
            let body = document.linkage_page((leads.served.resource(), rows.as_ref()), &page);
            return Ok(Reply::document(200, body).with_profile(page.profile()));
        }
        let linked = parent.linkage(0, at);
        let compound = match include {
            Some(include) => {
                let rows: Rc<dyn Rows> = by_id(tenant, leads, linked)?.into();
                Some(include::linked(tenant, leads, &rows, include)?)
            }
            None => None,
        };
        let document = document(kind, &query.fields, compound.as_ref());
        let body = document.linkage(declared.target, linked, &self.target, &related);
        Ok(Reply::document(200, body))
    }
}

/// One resource with what is included.
pub(crate) fn single(
    tenant: &mut Tenant<'_>,
    kind: Type,
    rows: &dyn Rows,
    query: &Query<Field>,
    target: &str,
) -> Result<Reply> {
    let compound = compound(tenant, kind, rows, query)?;
    let document = document(kind, &query.fields, compound.as_ref());
    let body = document.single(kind.position, rows, target);
    let reply = Reply::document(200, body);
    if rows.is_empty() || !is_versioned(kind) {
        return Ok(reply);
    }
    Ok(reply.with(ETAG, etag::tag(rows.version(0), query)))
}

/// Whether rows have versions: those that are computed have none.
fn is_versioned(kind: Type) -> bool {
    kind.served.resource().ids.decimal
}

/// The linkage of a relationship, after it was written.
pub(crate) fn linkage(
    tenant: &mut Tenant<'_>,
    route: Route,
    query: &Query<Field>,
    origin: &str,
) -> Result<Reply> {
    let Route::Linkage(kind, id, at) = route else { return Err(Failure::not_found()) };
    let path = format!("{}/relationships/{}", address(kind, id), declared(kind, at)?.0.name);
    let parameters = query.parameters.clone();
    let target = Links { address: path.clone(), parameters: parameters.clone() }.query();
    let links = Links { address: format!("{origin}{path}"), parameters };
    let reading =
        Reading { route, query: Ok(query.clone()), links, target, headers: Headers::default() };
    reading.run(tenant)
}

/// The row of that id, or the answer that there is none.
pub(crate) fn row(tenant: &mut Tenant<'_>, kind: Type, id: i64) -> Result<Box<dyn Rows>> {
    let rows = by_id(tenant, kind, Some(id))?;
    if rows.is_empty() { Err(Failure::not_found()) } else { Ok(rows) }
}

fn by_id(tenant: &mut Tenant<'_>, kind: Type, id: Option<i64>) -> Result<Box<dyn Rows>> {
    kind.served.load_by(tenant, kind.served.resource().id, id.as_slice(), 1)
}

/// Where a resource is, relative to the host.
pub(crate) fn address(kind: Type, id: i64) -> String {
    format!("{ROOT}/{}/{id}", kind.served.resource().name)
}

fn compound(
    tenant: &mut Tenant<'_>,
    kind: Type,
    rows: &dyn Rows,
    query: &Query<Field>,
) -> Result<Option<Compound>> {
    let resolve = |includes| include::resolve(tenant, kind, rows, includes);
    query.include.as_deref().map(resolve).transpose()
}

fn document<'d>(
    kind: Type,
    fields: &'d Fieldsets,
    compound: Option<&'d Compound>,
) -> Document<'d, Field> {
    Document { registry: kind.registry(), root: ROOT, fields, compound }
}

/// A relationship of a type, and the type that it leads to.
fn declared(kind: Type, at: usize) -> Result<(&'static Relationship<Field>, Type)> {
    let declared = kind.served.resource().relationships.get(at);
    let found =
        declared.and_then(|declared| Some((declared, kind.resources.find(declared.target)?)));
    found.ok_or_else(Failure::not_found)
}
