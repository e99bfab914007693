//! `POST /api/v2/operations`: operations in order, in one transaction, all of them or none.

use actix_web::web::Bytes;
use apportion_core::currency::Currency;
use apportion_jsonapi::document::Document;
use apportion_jsonapi::input::Action;
use apportion_jsonapi::json::Json;
use apportion_jsonapi::operations::{self, EXTENSION, Identity, LocalIds, Operation, Target, Verb};
use apportion_jsonapi::query::Fieldsets;
use apportion_jsonapi::{Cardinality, Code, Error, Input};
use apportion_store::Tenant;
use apportion_store::idempotency::Request;
use chrono::NaiveDateTime;

use crate::access::idempotency::once;
use crate::catalog::served::Work;
use crate::endpoints::read;
use crate::endpoints::route::Route;
use crate::failure::{Failure, Result, at_linkage};
use crate::http::reply::Reply;
use crate::resources::{ROOT, Resources, Type};

/// Where operations are sent.
pub(crate) const PATH: &str = "/api/v2/operations";

/// A request to carry out operations.
pub(crate) struct Operating {
    pub(crate) resources: &'static Resources,
    pub(crate) body: Bytes,
    /// What an absolute address may begin with.
    pub(crate) origin: String,
    pub(crate) currency: Currency,
    pub(crate) now: NaiveDateTime,
    pub(crate) request: Option<Request>,
}

impl Operating {
    /// Runs the operations in the transaction at hand; may be run again after an interruption.
    pub(crate) fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        match &self.request {
            Some(request) => once(tenant, request, self.now, |tenant| self.apply(tenant)),
            None => self.apply(tenant),
        }
    }

    fn apply(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let unreadable = |what| Failure::of(Code::BadDocument, what);
        let json = Json::parse(&self.body).map_err(unreadable)?;
        let mut locals = LocalIds::default();
        let mut out = b"{\"atomic:results\":[".to_vec();
        for (at, operation) in operations::read(&json)?.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let (currency, now) = (self.currency, self.now);
            let resources = self.resources;
            let mut work =
                Work { resources, tenant: tenant.reborrow(), currency, now, expected: None };
            match perform(&mut work, &operation, &self.origin, &mut locals) {
                Ok(Some((kind, id))) => show(tenant, kind, id, &mut out)?,
                Ok(None) => out.extend_from_slice(b"{}"),
                Err(failure) => return Err(placed(failure, at)),
            }
        }
        let end = format!("],\"jsonapi\":{{\"version\":\"1.1\",\"ext\":[\"{EXTENSION}\"]}}}}");
        out.extend_from_slice(end.as_bytes());
        Ok(Reply::document(200, out).with_extension(EXTENSION))
    }
}

/// What the client can see of a failure points at its operation.
fn placed(failure: Failure, at: usize) -> Failure {
    let place = |error| operations::at_operation(error, at);
    match failure {
        Failure::Store(apportion_store::Error::Referenced) => {
            Failure::Refused(failure.errors().into_iter().map(place).collect())
        }
        Failure::Refused(errors) => Failure::Refused(errors.into_iter().map(place).collect()),
        other => other,
    }
}

/// Carries one operation out; answers with the resource that it leaves to be shown.
fn perform(
    work: &mut Work<'_>,
    operation: &Operation<'_, '_>,
    origin: &str,
    locals: &mut LocalIds,
) -> Result<Option<(Type, i64)>> {
    let route = route(work.resources, operation, origin, locals)?;
    if let Route::Resource(kind, _) | Route::Linkage(kind, ..) = route
        && kind.served.resource().append_only
    {
        let detail = format!("Rows of {} stay as they are", kind.served.resource().name);
        return Err(Failure::of(Code::BadDocument, detail));
    }
    let replaced = |data| match route {
        Route::Linkage(..) => locals.replace_in_linkage(data),
        _ => locals.replace_in_resource(data),
    };
    let data = operation.data.map(replaced).transpose()?;
    let data = data.as_ref();
    match (operation.verb, route) {
        (Verb::Add, Route::Collection(kind)) => {
            let mut input =
                Input::read_resource(required(data)?, kind.served.resource(), Action::Create)?;
            let id = kind.served.create(work, &mut input)?;
            if let Some(Json::Text(lid)) = data.and_then(|data| data.member("lid"))
                && !locals.insert(kind.served.resource().name, lid, id)
            {
                let detail = "Another operation has this lid";
                return Err(Error::pointer(Code::BadDocument, "/data/lid", detail).into());
            }
            Ok(Some((kind, id)))
        }
        (Verb::Update, Route::Resource(kind, id)) => {
            let resource = kind.served.resource();
            let mut input = Input::read_resource(required(data)?, resource, Action::Update(id))?;
            kind.served.update(work, id, &mut input)?;
            Ok(Some((kind, id)))
        }
        (Verb::Remove, Route::Resource(kind, id)) => {
            kind.served.delete(work, id)?;
            Ok(None)
        }
        (verb, Route::Linkage(kind, id, at)) => {
            let declared = kind.served.resource().relationships.get(at);
            let declared = declared.ok_or_else(Failure::not_found)?;
            if declared.cardinality == Cardinality::One && verb != Verb::Update {
                let detail = "A relationship to one is written by 'update'";
                return Err(Error::pointer(Code::BadDocument, "/op", detail).into());
            }
            read::row(&mut work.tenant, kind, id)?;
            if !declared.is_changeable() {
                return Err(Failure::of(Code::AccessDenied, "This relationship is read-only"));
            }
            let mut input = Input::read_link(required(data)?, declared, verb)?;
            kind.served.update(work, id, &mut input).map_err(at_linkage)?;
            Ok(None)
        }
        _ => Err(Failure::of(Code::BadDocument, "This cannot be done to what it is done to")),
    }
}

fn required<'d, 'a>(data: Option<&'d Json<'a>>) -> Result<&'d Json<'a>> {
    let missing = || Error::pointer(Code::BadDocument, "/data", "The operation has no 'data'");
    data.ok_or_else(|| missing().into())
}

/// What an operation is done to.
fn route(
    resources: &'static Resources,
    operation: &Operation<'_, '_>,
    origin: &str,
    locals: &LocalIds,
) -> Result<Route> {
    let missing = |at: &str| {
        Failure::from(Error::pointer(Code::RecordNotFound, at, "There is no such record"))
    };
    match operation.target {
        Target::Address(address) => {
            Route::parse(resources, path(address, origin)?).ok_or_else(|| missing("/href"))
        }
        Target::Reference { kind, id, relationship } => {
            let (kind, id) = row(type_of(resources, kind, "/ref/type")?, id, locals, "/ref")?;
            let Some(name) = relationship else { return Ok(Route::Resource(kind, id)) };
            let found = kind.served.resource().relationship(name);
            found
                .map(|(at, _)| Route::Linkage(kind, id, at))
                .ok_or_else(|| missing("/ref/relationship"))
        }
        Target::Data => {
            let text = |name: &str| match operation.data.and_then(|data| data.member(name)) {
                Some(Json::Text(text)) => Some(text.as_ref()),
                _ => None,
            };
            let unnamed = |at: &str| {
                let detail = "The operation does not say what it is done to";
                Failure::from(Error::pointer(Code::BadDocument, at, detail))
            };
            let kind = text("type").ok_or_else(|| unnamed("/data"))?;
            let kind = type_of(resources, kind, "/data/type")?;
            match (operation.verb, text("id"), text("lid")) {
                (Verb::Add, _, _) => Ok(Route::Collection(kind)),
                (_, Some(id), _) => {
                    let (kind, id) = row(kind, Identity::Id(id), locals, "/data")?;
                    Ok(Route::Resource(kind, id))
                }
                (_, None, Some(lid)) => {
                    let (kind, id) = row(kind, Identity::Local(lid), locals, "/data")?;
                    Ok(Route::Resource(kind, id))
                }
                _ => Err(unnamed("/data/id")),
            }
        }
    }
}

/// The path of an address of this service, which has no query: that would ask for nothing here.
fn path<'j>(address: &'j str, origin: &str) -> Result<&'j str> {
    let path = address.strip_prefix(origin).unwrap_or(address);
    let below = path.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'));
    if below && !path.contains(['?', '#']) {
        return Ok(path);
    }
    let detail = format!("'href' must be a path that begins with {ROOT}/, and have no query");
    Err(Error::pointer(Code::BadDocument, "/href", detail).into())
}

fn row(kind: Type, id: Identity<'_>, locals: &LocalIds, at: &str) -> Result<(Type, i64)> {
    let name = kind.served.resource().name;
    let id = match id {
        Identity::Id(text) => apportion_jsonapi::value::parse_id(text),
        Identity::Local(lid) => Some(locals.find(name, lid).map_err(|error| {
            Error { source: None, ..error }
                .at(apportion_jsonapi::Source::Pointer(format!("{at}/lid")))
        })?),
    };
    let missing =
        || Error::pointer(Code::RecordNotFound, format!("{at}/id"), "There is no such record");
    Ok((kind, id.ok_or_else(missing)?))
}

/// A writable type by its name.
fn type_of(resources: &'static Resources, name: &str, at: &str) -> Result<Type> {
    match resources.find(name) {
        Some(kind) if kind.served.resource().writable => Ok(kind),
        _ => {
            let detail =
                format!("There is no type '{}' to write", apportion_jsonapi::text::cut(name));
            Err(Error::pointer(Code::BadDocument, at, detail).into())
        }
    }
}

fn show(tenant: &mut Tenant<'_>, kind: Type, id: i64, out: &mut Vec<u8>) -> Result<()> {
    let rows = read::row(tenant, kind, id)?;
    let registry = kind.registry();
    let fields = Fieldsets::all(registry);
    let document = Document { registry, root: ROOT, fields: &fields, compound: None };
    document.result(kind.position, rows.as_ref(), out);
    Ok(())
}
