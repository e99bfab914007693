//! `POST /api/v2/operations`: carries out operations in their order, in one transaction: all of
//! them, or none (JSON:API, Atomic Operations).

use std::sync::Arc;

use actix_web::web;
use apportion_core::currency::Currency;
use apportion_jsonapi::document::Document;
use apportion_jsonapi::input::Action;
use apportion_jsonapi::json::Json;
use apportion_jsonapi::operations::{self, EXTENSION, Identity, LocalIds, Operation, Target, Verb};
use apportion_jsonapi::query::Fieldsets;
use apportion_jsonapi::text::{alternatives, cut};
use apportion_jsonapi::{Cardinality, Code, Error, Input, Source};
use apportion_store::idempotency::Request;
use apportion_store::{Tenant, unique};
use chrono::NaiveDateTime;

use crate::access::Right;
use crate::access::idempotency::{KeyGuard, MAX_KEPT, never_too_large, once};
use crate::catalog::{Resources, TypeId, TypeRef, Work};
use crate::endpoints::call::Call;
use crate::endpoints::read;
use crate::endpoints::resource_route::Route;
use crate::endpoints::write::read_only;
use crate::failure::{Failure, Result, at_linkage};
use crate::http::body::BodyFormat;
use crate::http::method::Stop;
use crate::http::reply::Reply;

/// The address that operations are sent to.
pub(crate) const PATH: &str = "/api/v2/operations";

/// Answers a request to carry out operations.
pub(crate) async fn answer(call: &Call<'_>, payload: web::Payload) -> Result<Reply, Stop> {
    call.check_right(Right::Write)?;
    call.check_accept(Some(EXTENSION))?;
    let body = call.body(payload, BodyFormat::Document(Some(EXTENSION))).await?;
    call.check_no_parameters()?;
    let key = call.take_key(&body)?;
    let unreadable = |what| Failure::refusal(Code::BadDocument, what);
    let json = Json::parse(&body).map_err(unreadable)?.into_owned();
    operations::read(&json).map_err(Failure::from)?;
    let request = OperationsRequest {
        resources: call.resources(),
        json,
        origin: call.origin.clone(),
        currency: call.access.currency,
        now: call.now,
        is_clock_sound: call.is_clock_sound,
        request: key.as_ref().map(KeyGuard::to_request),
    };
    Ok(call.write(move |tenant| request.answer(tenant)).await?)
}

/// The tables whose rows are locked before the first write, in this order. Their types have the
/// same names.
const LOCKED_FIRST: [&str; 4] = ["people", "deals", "distributors", "collaborators"];

/// A request to carry out operations.
struct OperationsRequest {
    resources: Arc<Resources>,
    /// The document, which was read before the request waits for its turn.
    json: Json<'static>,
    /// The beginning of an absolute `href`, such as `https://api.example.com`.
    origin: String,
    currency: Currency,
    now: NaiveDateTime,
    is_clock_sound: bool,
    /// The request that its `Idempotency-Key` stands for, if it has one.
    request: Option<Request>,
}

impl OperationsRequest {
    /// Answers in the current transaction. Is called again if that was interrupted.
    fn answer(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let apply = |tenant: &mut Tenant<'_>| self.apply(tenant);
        once(tenant, self.request.as_ref(), self.now, apply, never_too_large)
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let mut locals = LocalIds::default();
        let mut added = Vec::new();
        let mut written = Vec::new();
        let mut out = b"{\"atomic:results\":[".to_vec();
        let operations = operations::read(&self.json)?;
        self.lock_targets(tenant, &operations)?;
        for (at, operation) in operations.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let mut work = Work {
                resources: &self.resources,
                tenant: tenant.reborrow(),
                currency: self.currency,
                now: self.now,
                is_clock_sound: self.is_clock_sound,
                expected: None,
                secret: None,
            };
            match perform(&mut work, &operation, &self.origin, &mut locals) {
                Ok(Some((kind, id))) => {
                    let kind = self.resources.get(kind).ok_or_else(Failure::not_found)?;
                    if operation.verb == Verb::Add {
                        added.push(read::address(kind, id));
                    }
                    show(tenant, kind, id, &mut out)?;
                    let name = kind.resource().name;
                    written.push(format!("{{\"data\":{{\"type\":\"{name}\",\"id\":\"{id}\"}}}}"));
                }
                Ok(None) => {
                    out.extend_from_slice(b"{}");
                    written.push("{}".to_owned());
                }
                Err(failure) => return Err(at_operation(failure, at, &added)),
            }
        }
        let end = format!("],\"jsonapi\":{{\"version\":\"1.1\",\"ext\":[\"{EXTENSION}\"]}}}}");
        out.extend_from_slice(end.as_bytes());
        let is_long = out.len() > MAX_KEPT;
        let reply = Reply::document(200, out).with_extension(EXTENSION);
        if !is_long {
            return Ok(reply);
        }
        let identifiers = format!("{{\"atomic:results\":[{}{end}", written.join(","));
        Ok(reply.with_shorter(identifiers))
    }

    /// Locks the rows that the operations name and under which others are written, all before the
    /// first write and in one order: two documents that name the same rows take turns, whatever
    /// the order of their operations. Targets at fault are refused when their turn comes.
    fn lock_targets(
        &self,
        tenant: &mut Tenant<'_>,
        operations: &[Operation<'_, '_>],
    ) -> Result<()> {
        let locals = LocalIds::default();
        let mut targets = Vec::new();
        for operation in operations {
            let route = route(&self.resources, operation, &self.origin, &locals);
            if let Ok(Route::Resource(kind, id) | Route::Linkage(kind, id, _)) = route {
                targets.extend(self.resources.get(kind).map(|kind| (kind.resource().name, id)));
            }
        }
        targets.sort_unstable();
        targets.dedup();
        if targets.len() < 2 {
            return Ok(());
        }
        for table in LOCKED_FIRST {
            let named = targets.iter().filter(|(name, _)| **name == *table);
            let ids: Vec<i64> = named.map(|(_, id)| *id).collect();
            unique::lock_rows(tenant, table, &ids)?;
        }
        Ok(())
    }
}

/// Points the errors that the client sees at the operation that they belong to. Rows that earlier
/// operations added are gone by then, so that no error links to them.
fn at_operation(failure: Failure, at: usize, added: &[String]) -> Failure {
    let place = |error: Error| {
        let about = error.about.clone().filter(|address| added.iter().all(|it| **it != **address));
        operations::at_operation(Error { about, ..error }, at)
    };
    match failure {
        Failure::Store(apportion_store::Error::Referenced) => {
            Failure::Refused(failure.errors().into_iter().map(place).collect())
        }
        Failure::Refused(errors) => Failure::Refused(errors.into_iter().map(place).collect()),
        other => other,
    }
}

/// Carries out one operation. Returns the resource that its result shows, if it shows one.
fn perform(
    work: &mut Work<'_>,
    operation: &Operation<'_, '_>,
    origin: &str,
    locals: &mut LocalIds,
) -> Result<Option<(TypeId, i64)>> {
    let route = route(work.resources, operation, origin, locals)?;
    let kind = route.kind(work.resources).ok_or_else(Failure::not_found)?;
    let resource = kind.resource();
    if resource.restricted {
        let name = resource.name;
        let root = work.resources.root();
        let detail = format!("Operations write no {name}; send a request to {root}/{name} instead");
        return Err(Failure::refusal(Code::AccessDenied, detail));
    }
    if !matches!(route, Route::Collection(_) | Route::Related(..)) && resource.append_only {
        let detail = format!("Rows of {} cannot be changed or deleted", resource.name);
        return Err(Failure::refusal(Code::BadDocument, detail));
    }
    let replace_local_ids = |data| match route {
        Route::Linkage(..) => locals.replace_in_linkage(data),
        _ => locals.replace_in_resource(data),
    };
    let data = operation.data.map(replace_local_ids).transpose()?;
    let data = data.as_ref();
    match (operation.verb, route) {
        (Verb::Add, Route::Collection(_)) => {
            let mut input = Input::read_resource(required(data)?, resource, Action::Create)?;
            let id = kind.served.create(work, &mut input)?;
            if let Some(Json::Text(lid)) = data.and_then(|data| data.member("lid"))
                && !locals.insert(resource.name, lid, id)
            {
                let detail = format!(
                    "The lid '{}' belongs to an earlier operation; give each resource its own",
                    cut(lid)
                );
                return Err(Error::pointer(Code::BadDocument, "/data/lid", detail).into());
            }
            Ok(Some((kind.id(), id)))
        }
        (Verb::Update, Route::Resource(_, id)) => {
            let mut input = Input::read_resource(required(data)?, resource, Action::Update(id))?;
            kind.served.update(work, id, &mut input)?;
            Ok(Some((kind.id(), id)))
        }
        (Verb::Remove, Route::Resource(_, id)) => {
            kind.served.delete(work, id)?;
            Ok(None)
        }
        (verb, Route::Linkage(_, id, at)) => {
            write_linkage(work, kind, Linkage { id, at, verb, data })?;
            Ok(None)
        }
        (verb, route) => {
            let accepted = match route {
                Route::Resource(..) => "a resource, which takes 'update' and 'remove'",
                _ => "a list of resources, which takes 'add'",
            };
            let detail = format!("'{}' does not apply to {accepted}", verb.name());
            Err(Failure::refusal(Code::BadDocument, detail))
        }
    }
}

/// The linkage that an operation writes.
struct Linkage<'d, 'a> {
    /// The row that holds the relationship.
    id: i64,
    /// The relationship, by its position.
    at: usize,
    verb: Verb,
    data: Option<&'d Json<'a>>,
}

fn write_linkage(work: &mut Work<'_>, kind: TypeRef<'_>, linkage: Linkage<'_, '_>) -> Result<()> {
    let declared = kind.resource().relationships.get(linkage.at);
    let declared = declared.ok_or_else(Failure::not_found)?;
    if declared.cardinality == Cardinality::One && linkage.verb != Verb::Update {
        let detail = format!(
            "The relationship '{}' is to one: it takes 'update' only, not '{}'",
            declared.name,
            linkage.verb.name()
        );
        return Err(Error::pointer(Code::BadDocument, "/op", detail).into());
    }
    read::row(&mut work.tenant, kind, linkage.id)?;
    if !declared.is_changeable() {
        return Err(read_only(declared.name).into());
    }
    let mut input = Input::read_link(required(linkage.data)?, declared, linkage.verb)?;
    kind.served.update(work, linkage.id, &mut input).map_err(at_linkage)
}

fn required<'d, 'a>(data: Option<&'d Json<'a>>) -> Result<&'d Json<'a>> {
    let missing = || Error::pointer(Code::BadDocument, "/data", "The operation must have 'data'");
    data.ok_or_else(|| missing().into())
}

/// Finds the target of an operation.
fn route(
    resources: &Resources,
    operation: &Operation<'_, '_>,
    origin: &str,
    locals: &LocalIds,
) -> Result<Route> {
    match operation.target {
        Target::Address(address) => {
            let path = path(resources, address, origin)?;
            let path = path.strip_suffix('/').unwrap_or(path);
            Route::parse(resources, path).ok_or_else(|| {
                let detail = format!("There is no resource or relationship at '{}'", cut(path));
                Error::pointer(Code::RecordNotFound, "/href", detail).into()
            })
        }
        Target::Reference { kind, id, relationship } => {
            let kind = type_of(resources, kind, "/ref/type")?;
            let id = row_id(kind, id, locals, "/ref")?;
            let Some(name) = relationship else { return Ok(Route::Resource(kind.id(), id)) };
            let (at, _) = kind
                .resource()
                .relationship(name)
                .ok_or_else(|| unknown_relationship(kind, name))?;
            Ok(Route::Linkage(kind.id(), id, at))
        }
        Target::Data => {
            let text = |name: &str| match operation.data.and_then(|data| data.member(name)) {
                Some(Json::Text(text)) => Some(text.as_ref()),
                _ => None,
            };
            let unnamed = |at: &str| {
                let detail =
                    "The operation must have a target: 'ref', 'href', or 'data' with type and id";
                Failure::from(Error::pointer(Code::BadDocument, at, detail))
            };
            let kind = text("type").ok_or_else(|| unnamed("/data"))?;
            let kind = type_of(resources, kind, "/data/type")?;
            let identity = match (operation.verb, text("id"), text("lid")) {
                (Verb::Add, _, _) => return Ok(Route::Collection(kind.id())),
                (_, Some(id), _) => Identity::Id(id),
                (_, None, Some(lid)) => Identity::Local(lid),
                _ => return Err(unnamed("/data/id")),
            };
            let id = row_id(kind, identity, locals, "/data")?;
            Ok(Route::Resource(kind.id(), id))
        }
    }
}

/// Makes the refusal of a relationship that a type does not have.
fn unknown_relationship(kind: TypeRef<'_>, name: &str) -> Failure {
    let resource = kind.resource();
    let known = alternatives(name, resource.relationships.iter().map(|it| it.name));
    let detail = format!("There is no relationship '{}' of {}; {known}", cut(name), resource.name);
    Error::pointer(Code::RecordNotFound, "/ref/relationship", detail).into()
}

/// Returns the path of an `href`. Refuses an address outside the service, and one with a query,
/// which would have no effect.
fn path<'j>(resources: &Resources, address: &'j str, origin: &str) -> Result<&'j str> {
    let path = address.strip_prefix(origin).unwrap_or(address);
    let below = path.strip_prefix(resources.root()).is_some_and(|rest| rest.starts_with('/'));
    if let Some(path) = path.strip_prefix(resources.prefix()).filter(|_| below)
        && !path.contains(['?', '#'])
    {
        return Ok(path);
    }
    let root = resources.root();
    let detail = format!("'href' must be a path that begins with {root}/, and have no query");
    Err(Error::pointer(Code::BadDocument, "/href", detail).into())
}

/// Returns the id of the row that a client names by an id or a local id.
fn row_id(kind: TypeRef<'_>, id: Identity<'_>, locals: &LocalIds, at: &str) -> Result<i64> {
    let name = kind.resource().name;
    let id = match id {
        Identity::Id(text) => apportion_jsonapi::value::parse_id(text),
        Identity::Local(lid) => Some(locals.find(name, lid).map_err(|error| {
            Error { source: None, ..error }.at(Source::Pointer(format!("{at}/lid")))
        })?),
    };
    let missing =
        || Error::pointer(Code::RecordNotFound, format!("{at}/id"), "There is no such record");
    Ok(id.ok_or_else(missing)?)
}

/// Finds a writable type by its name.
fn type_of<'r>(resources: &'r Resources, name: &str, at: &str) -> Result<TypeRef<'r>> {
    let found = resources.find(name).filter(|kind| kind.resource().writable);
    let refuse = || {
        let types = resources.registry().types().iter();
        let types = types.filter(|resource| resource.writable && !resource.restricted);
        let known = alternatives(name, types.map(|resource| resource.name));
        let detail = format!("There is no writable type '{}'; {known}", cut(name));
        Failure::from(Error::pointer(Code::BadDocument, at, detail))
    };
    found.ok_or_else(refuse)
}

fn show(tenant: &mut Tenant<'_>, kind: TypeRef<'_>, id: i64, out: &mut Vec<u8>) -> Result<()> {
    let rows = read::row(tenant, kind, id)?;
    let (registry, root) = (kind.registry(), kind.resources.root());
    let fields = Fieldsets::all(registry);
    let document = Document { registry, root, fields: &fields, compound: None };
    document.result(kind.position, rows.as_ref(), out);
    Ok(())
}
