//! Reading: lists, single resources, related resources and linkage. A request makes one visit to
//! the store, and the rows become a document on the store's thread.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::header::{ETAG, IF_NONE_MATCH};
use apportion_jsonapi::document::{Compound, Document, Links, PageEnd};
use apportion_jsonapi::query::{Allowed, CURSOR_PROFILE, Fieldsets, Page, QueryOptions};
use apportion_jsonapi::{Cardinality, Code, Error, Query, Relationship, Rows, media};
use apportion_store::{Field, Tenant};

use crate::access::{ORGANIZATION, Right};
use crate::catalog::criteria::criteria;
use crate::catalog::{BoxedRows, Resources, Secret, TypeRef};
use crate::endpoints::call::{Call, Purse};
use crate::endpoints::include;
use crate::endpoints::list_table::{self, ListTable};
use crate::endpoints::resource_route::Route;
use crate::endpoints::table::Dialect;
use crate::failure::{Failure, Result};
use crate::http::etag;
use crate::http::method::Stop;
use crate::http::reply::Reply;

/// The units that a list whose rows are computed from all others takes from the budget for reports
/// at least. Its time decides, which nobody knows before.
const CHECKS_COST: u64 = 150;

/// Answers a request to read resources or relationships.
pub(crate) async fn answer(call: &Call<'_>, route: Route) -> Result<Reply, Stop> {
    let resources = call.resources();
    let kind = route.kind(&resources).ok_or_else(Failure::not_found)?;
    call.check_right(Right::to_read(kind.resource().restricted))?;
    let (table, others) = if has_tables(&resources, route) {
        let requested = list_table::requested(call.query(), call.accept.as_deref());
        (requested, [list_table::ACCEPTED].as_slice())
    } else {
        (Ok(None), [].as_slice())
    };
    let shows_page = matches!(table, Ok(None));
    if shows_page {
        media::check_accept(call.accept.as_deref(), None, others).map_err(Failure::from)?;
    }
    let is_costly = kind.served.is_costly();
    let purse = call.purse();
    if is_costly {
        purse.spend(CHECKS_COST)?;
    } else if !shows_page {
        call.count_report()?;
    }
    let request = ReadRequest::new(call, route, table);
    if is_costly {
        let work =
            move |tenant: &mut Tenant<'_>| purse.settle(CHECKS_COST, || request.answer(tenant));
        return Ok(call.read(work).await?);
    }
    if request.has_one_statement() {
        return Ok(call.read_by_statement(move |tenant| request.answer(tenant)).await?);
    }
    Ok(call.read(move |tenant| request.answer(tenant)).await?)
}

/// A request to read, as far as it can be parsed without the store.
struct ReadRequest {
    resources: Arc<Resources>,
    route: Route,
    /// The query, or its errors, which are reported only if the row exists.
    query: Result<Query<Field>, Vec<Error>>,
    /// The dialect of the table that is asked for instead of a page.
    table: Option<Dialect>,
    /// The decimals of the organization's currency.
    decimals: u32,
    links: Links,
    /// The path and query of the request: the link of a single document to itself.
    target: String,
    /// The header `If-None-Match`.
    known: Option<String>,
    /// The budget that a table is paid from; `None` where no table is asked for.
    purse: Option<Purse>,
}

/// The part of an address's resources that the answer to a request shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// All of them; lists in pages by cursors.
    Cursors,
    /// All of them; lists in pages by number.
    Pages,
    /// One resource.
    One,
    /// Nothing.
    Nothing,
}

/// Parses a query against the type that the route shows.
pub(crate) fn parse_query(
    resources: &Resources,
    route: Route,
    query: &str,
    view: View,
) -> Result<Query<Field>, Vec<Error>> {
    let (kind, many) = shown_type(resources, route).ok_or_else(Vec::new)?;
    let allowed = match view {
        View::Nothing => Allowed::Nothing,
        View::Cursors | View::Pages if many => Allowed::Collection,
        _ => Allowed::Single,
    };
    let linkage = match route {
        Route::Linkage(owner, _, at) => resources.get(owner).map(|owner| (owner.position, at)),
        _ => None,
    };
    let walks = view == View::Cursors;
    let shows_list = allowed == Allowed::Collection && has_tables(resources, route);
    let foreign = if shows_list { list_table::PARAMETERS } else { &[ORGANIZATION] };
    let options = QueryOptions { allowed, foreign, walks, linkage };
    Query::parse(query, kind.registry(), kind.resource(), &options)
}

/// Whether the route shows a list that can also be had as a table.
fn has_tables(resources: &Resources, route: Route) -> bool {
    let is_linkage = matches!(route, Route::Linkage(..));
    !is_linkage && shown_type(resources, route).is_some_and(|(_, many)| many)
}

/// Returns the type whose rows the route shows, and whether it shows a list of them.
fn shown_type(resources: &Resources, route: Route) -> Option<(TypeRef<'_>, bool)> {
    let kind = route.kind(resources)?;
    match route {
        Route::Collection(_) => Some((kind, true)),
        Route::Resource(..) => Some((kind, false)),
        Route::Related(_, _, at) | Route::Linkage(_, _, at) => {
            let (relationship, target) = relationship(kind, at).ok()?;
            Some((target, relationship.cardinality == Cardinality::Many))
        }
    }
}

/// The restriction of a list to the rows whose field has this id. `None` lists all rows of a type.
type Within = Option<(Field, i64)>;

impl ReadRequest {
    fn new(call: &Call<'_>, route: Route, table: Result<Option<Dialect>, Vec<Error>>) -> Self {
        let resources = call.resources();
        let walks = media::accepts_profile(call.accept.as_deref(), CURSOR_PROFILE);
        let view = if walks { View::Cursors } else { View::Pages };
        let query = parse_query(&resources, route, call.query(), view);
        let (query, table) = match (query, table) {
            (Ok(query), Ok(table)) => (Ok(query), table),
            (query, table) => {
                let faults = query.err().into_iter().chain(table.err()).flatten();
                (Err(faults.collect()), None)
            }
        };
        let parameters = query.as_ref().map(|query| query.parameters.clone()).unwrap_or_default();
        let address = call.url(call.path().strip_suffix('/').unwrap_or(call.path()));
        let target = Links { address: call.address(), parameters: parameters.clone() }.query();
        let links = Links { address, parameters };
        let (decimals, known) = (call.access.currency.decimals(), call.header(&IF_NONE_MATCH));
        let purse = table.is_some().then(|| call.purse());
        Self { resources, route, query, table, decimals, links, target, known, purse }
    }

    /// Whether the answer is likely to take one statement: a resource or a page, which has its
    /// total. Computed rows take several.
    fn has_one_statement(&self) -> bool {
        let has_no_others = |query: &Query<Field>| query.include.is_none();
        matches!(self.route, Route::Collection(_) | Route::Resource(..))
            && self.route.kind(&self.resources).is_some_and(has_versions)
            && self.table.is_none()
            && self.query.as_ref().is_ok_and(has_no_others)
    }

    fn answer(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let kind = self.route.kind(&self.resources).ok_or_else(Failure::not_found)?;
        match self.route {
            Route::Collection(_) => self.list(tenant, kind, None),
            Route::Resource(_, id) => {
                let rows = row(tenant, kind, id)?;
                self.single(tenant, kind, rows.as_ref())
            }
            Route::Related(_, id, at) => self.related(tenant, kind, id, at),
            Route::Linkage(_, id, at) => self.linkage(tenant, kind, id, at),
        }
    }

    /// Answers with one resource, or with 304 if the client has this version of it. Included
    /// resources have versions of their own, so an answer with any is never 304.
    fn single(&self, tenant: &mut Tenant<'_>, kind: TypeRef<'_>, rows: &dyn Rows) -> Result<Reply> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let known = self.known.as_deref();
        let known = known.filter(|_| query.include.is_none() && has_versions(kind));
        if let Some(known) = known.filter(|_| !rows.is_empty()) {
            let tag = etag::tag(rows.version(0), query);
            if etag::lists(known, &tag) {
                return Ok(Reply::empty(304).with_header(ETAG, tag));
            }
        }
        single(tenant, kind, rows, query, Target { address: &self.target, secret: None })
    }

    fn list(&self, tenant: &mut Tenant<'_>, kind: TypeRef<'_>, within: Within) -> Result<Reply> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        if let Some(dialect) = self.table {
            let criteria = criteria(kind.resource(), query, within);
            let decimals = self.decimals;
            let purse = self.purse.as_ref();
            return ListTable { query, criteria, dialect, decimals, purse }.answer(tenant, kind);
        }
        let (rows, page) = self.page(tenant, kind, within)?;
        let compound = compound(tenant, kind, rows.as_ref(), query)?;
        let document = document(kind, &query.fields, compound.as_ref());
        let body = document.collection((kind.position, rows.as_ref()), &page);
        Ok(Reply::document(200, body).with_profile(page.profile()))
    }

    /// Loads the rows of the page, and makes the links and counts that its document ends with.
    fn page<'r>(
        &self,
        tenant: &mut Tenant<'_>,
        kind: TypeRef<'r>,
        within: Within,
    ) -> Result<(BoxedRows<'r>, PageEnd)> {
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let criteria = criteria(kind.resource(), query, within);
        match &query.page {
            Page::Numbered(page) => {
                let loaded = kind.served.load(tenant, &criteria)?;
                Ok((loaded.rows, PageEnd::numbered(&self.links, *page, loaded.total)))
            }
            Page::Walk(walk) => {
                let side = if walk.backwards { "page[before]" } else { "page[after]" };
                let detail = format!("'{side}' is not a cursor for this list and sort order");
                let foreign = || Error::parameter(Code::KeysetInvalidCursor, side, detail);
                let walked = kind.served.walk(tenant, &criteria, walk)?.ok_or_else(foreign)?;
                let end = PageEnd::walked(&self.links, walk, &walked.page, &query.binding);
                Ok((walked.rows, end))
            }
        }
    }

    fn related(
        &self,
        tenant: &mut Tenant<'_>,
        kind: TypeRef<'_>,
        id: i64,
        at: usize,
    ) -> Result<Reply> {
        let parent = row(tenant, kind, id)?;
        let (relationship, target) = relationship(kind, at)?;
        if let (Cardinality::Many, Some(field)) = (relationship.cardinality, relationship.field) {
            return self.list(tenant, target, Some((field, id)));
        }
        let rows = by_id(tenant, target, parent.linkage(0, at))?;
        self.single(tenant, target, rows.as_ref())
    }

    fn linkage(
        &self,
        tenant: &mut Tenant<'_>,
        kind: TypeRef<'_>,
        id: i64,
        at: usize,
    ) -> Result<Reply> {
        let parent = row(tenant, kind, id)?;
        let (relationship, target) = relationship(kind, at)?;
        let query = self.query.as_ref().map_err(Clone::clone)?;
        let include = query.include.as_deref();
        let related = address(kind, id) + "/" + relationship.name;
        if let (Cardinality::Many, Some(field)) = (relationship.cardinality, relationship.field) {
            let (rows, page) = self.page(tenant, target, Some((field, id)))?;
            let page = page.with_link("related", related);
            let rows: Rc<dyn Rows + '_> = rows.into();
            let compound = include.map(|it| include::from_linkage(tenant, target, &rows, it));
            let compound = compound.transpose()?;
            let document = document(kind, &query.fields, compound.as_ref());
            let body = document.linkage_page((target.resource(), rows.as_ref()), &page);
            return Ok(Reply::document(200, body).with_profile(page.profile()));
        }
        let linked = parent.linkage(0, at);
        let compound = match include {
            Some(include) => {
                let rows: Rc<dyn Rows + '_> = by_id(tenant, target, linked)?.into();
                Some(include::from_linkage(tenant, target, &rows, include)?)
            }
            None => None,
        };
        let document = document(kind, &query.fields, compound.as_ref());
        let body = document.linkage(relationship.target, linked, &self.target, &related);
        Ok(Reply::document(200, body))
    }
}

/// The address of a single document, and the secret that its `meta` shows, if there is one.
#[derive(Clone, Copy)]
pub(crate) struct Target<'t> {
    pub(crate) address: &'t str,
    pub(crate) secret: Option<&'t Secret>,
}

/// Answers with one resource and with those that the query includes.
pub(crate) fn single(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'_>,
    rows: &dyn Rows,
    query: &Query<Field>,
    target: Target<'_>,
) -> Result<Reply> {
    let compound = compound(tenant, kind, rows, query)?;
    let document = document(kind, &query.fields, compound.as_ref());
    let secret = target.secret.map(|secret| (secret.name, secret.text.as_str()));
    let body = document.single((kind.position, rows), target.address, secret);
    let reply = Reply::document(200, body);
    if rows.is_empty() || !has_versions(kind) {
        return Ok(reply);
    }
    Ok(reply.with_header(ETAG, etag::tag(rows.version(0), query)))
}

/// Whether the rows of a type have versions. Computed rows have none.
fn has_versions(kind: TypeRef<'_>) -> bool {
    kind.resource().ids.decimal
}

/// Answers with the linkage of a relationship after it was written.
pub(crate) fn linkage(
    tenant: &mut Tenant<'_>,
    resources: &Arc<Resources>,
    route: Route,
    query: &Query<Field>,
    origin: &str,
) -> Result<Reply> {
    let Route::Linkage(kind, id, at) = route else { return Err(Failure::not_found()) };
    let kind = resources.get(kind).ok_or_else(Failure::not_found)?;
    let name = relationship(kind, at)?.0.name;
    let path = format!("{}/relationships/{name}", address(kind, id));
    let parameters = query.parameters.clone();
    let target = Links { address: path.clone(), parameters: parameters.clone() }.query();
    let links = Links { address: format!("{origin}{path}"), parameters };
    let (resources, query) = (Arc::clone(resources), Ok(query.clone()));
    let (table, decimals, known, purse) = (None, 0, None, None);
    let request =
        ReadRequest { resources, route, query, table, decimals, links, target, known, purse };
    request.answer(tenant)
}

/// Loads the row of that id. Refuses with 404 if there is no such row.
pub(crate) fn row<'r>(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'r>,
    id: i64,
) -> Result<BoxedRows<'r>> {
    let rows = by_id(tenant, kind, Some(id))?;
    if rows.is_empty() { Err(Failure::not_found()) } else { Ok(rows) }
}

fn by_id<'r>(tenant: &mut Tenant<'_>, kind: TypeRef<'r>, id: Option<i64>) -> Result<BoxedRows<'r>> {
    kind.served.load_by(tenant, kind.resource().id, id.as_slice(), 1)
}

/// Returns the address of a resource, relative to the host.
pub(crate) fn address(kind: TypeRef<'_>, id: i64) -> String {
    format!("{}/{}/{id}", kind.resources.root(), kind.resource().name)
}

fn compound<'r>(
    tenant: &mut Tenant<'_>,
    kind: TypeRef<'r>,
    rows: &dyn Rows,
    query: &Query<Field>,
) -> Result<Option<Compound<'r>>> {
    let resolve = |includes| include::resolve(tenant, kind, rows, includes);
    query.include.as_deref().map(resolve).transpose()
}

fn document<'d>(
    kind: TypeRef<'d>,
    fields: &'d Fieldsets,
    compound: Option<&'d Compound<'d>>,
) -> Document<'d, Field> {
    Document { registry: kind.registry(), root: kind.resources.root(), fields, compound }
}

/// Returns a relationship of a type by its position, and the type that it leads to.
fn relationship(kind: TypeRef<'_>, at: usize) -> Result<(&Relationship<Field>, TypeRef<'_>)> {
    let declared = kind.resource().relationships.get(at);
    let found = declared.and_then(|it| Some((it, kind.resources.find_any(it.target)?)));
    found.ok_or_else(Failure::not_found)
}
