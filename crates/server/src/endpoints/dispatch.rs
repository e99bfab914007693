//! The way of one request: host, token, rate, organization, route, method, right, media types,
//! body, store. Each step may end it with an error document; nothing is left to the framework.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, ALLOW, HeaderName, IF_MATCH, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use apportion_jsonapi::{Code, Error, media};
use apportion_store::idempotency::Request;
use apportion_store::{self as store, Scope};
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use futures_util::FutureExt;
use uuid::Uuid;

use crate::access::idempotency::{self, Taken};
use crate::access::{self, Access, ORGANIZATION, Right};
use crate::app::Service;
use crate::endpoints::credit_metric;
use crate::endpoints::docs_page;
use crate::endpoints::health;
use crate::endpoints::openapi;
use crate::endpoints::operations::{self, Operating};
use crate::endpoints::preview::{self, Previewing};
use crate::endpoints::read::{self, Headers, Reading};
use crate::endpoints::report::{self, Reporting};
use crate::endpoints::route::Route;
use crate::endpoints::siren;
use crate::endpoints::write::{self, Change, Writing};
use crate::failure::{Failure, Result};
use crate::http::body::{Sent, body, joined};
use crate::http::etag::Expected;
use crate::http::guard::Guard;
use crate::http::reply::Reply;

/// How long a request target may be, in bytes.
pub(crate) const MAX_TARGET: usize = 8 * 1024;

/// The methods of what is only read.
pub(crate) const READS: &[Method] = &[Method::GET, Method::HEAD, Method::OPTIONS];

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a request, whatever it is.
pub(crate) async fn dispatch(
    request: HttpRequest,
    payload: web::Payload,
    service: web::Data<Service>,
) -> HttpResponse {
    let began = Instant::now();
    let mut seen = Seen { id: Uuid::now_v7(), route: None, organization: None };
    let guard = request.conn_data::<Guard>();
    if let Some(guard) = guard {
        guard.handling();
    }
    let answer = AssertUnwindSafe(answer(&request, payload, &service, &mut seen)).catch_unwind();
    let reply = match answer.await {
        Ok(Ok(reply)) => reply,
        Ok(Err(Stop::Failed(failure))) => Reply::failure(&failure),
        Ok(Err(Stop::Replied(reply))) => reply,
        Err(_) => Reply::failure(&Failure::Store(store::Error::Panicked)),
    };
    let reply = if siren::owns(request.path()) { siren::told(reply) } else { reply };
    log::info!(
        target: "apportion::access",
        request_id = seen.id.to_string(),
        method = request.method().as_str(),
        route = seen.route.as_deref().unwrap_or("-"),
        status = reply.status,
        organization = seen.organization.unwrap_or(0),
        micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        "request"
    );
    match guard {
        Some(guard) if reply.status == Code::RequestTimeout.status() => guard.over(),
        Some(guard) => guard.idle(),
        None => {}
    }
    let reply = reply.with(X_REQUEST_ID, seen.id.to_string());
    service.cors.told(&request, reply).respond()
}

/// What is known of a request by the time it is logged.
struct Seen {
    /// What events and logs call it, and the answer's header.
    id: Uuid,
    route: Option<String>,
    organization: Option<i64>,
}

/// Why a request ends early.
pub(crate) enum Stop {
    Failed(Failure),
    Replied(Reply),
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Self {
        Stop::Failed(failure.into())
    }
}

async fn answer(
    request: &HttpRequest,
    payload: web::Payload,
    service: &Service,
    seen: &mut Seen,
) -> Result<Reply, Stop> {
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > MAX_TARGET) {
        let detail = format!("A request target has at most {MAX_TARGET} bytes");
        return Err(Failure::of(Code::TargetTooLong, detail).into());
    }
    let origin = service.hosts.origin(request)?;
    if let Some(reply) = service.cors.preflight(request) {
        return Ok(reply);
    }
    let path = request.uri().path();
    // One trailing slash is borne everywhere.
    let place = path.strip_suffix('/').unwrap_or(path);
    if let Some(probe) = place.strip_prefix("/health/") {
        return health::answer(request, service, probe).await;
    }
    if let Some(reply) = documentation(service, place) {
        let reply = reply?;
        check_method(request, READS, READS)?;
        return Ok(reply.kept(joined(request, &IF_NONE_MATCH).as_deref()));
    }
    let now = now();
    let mut access = authenticate(request, service, now).await?;
    access.scope.request = Some(seen.id);
    seen.organization = Some(access.scope.organization.0);
    access::check_organization(request, &access)?;
    if credit_metric::PATHS.contains(&place) {
        seen.route = Some(place.to_owned());
        return credit_metric::answer(request, payload, service, &access, now).await;
    }
    if siren::owns(place) {
        let route = siren::Route::parse(place).ok_or_else(Failure::not_found)?;
        seen.route = Some(route.template());
        check_method(request, READS, READS)?;
        return Ok(siren::answer(request, service, &access, route).await?);
    }
    if place == operations::PATH {
        seen.route = Some(operations::PATH.to_owned());
        return operate(request, payload, service, (&access, now, origin)).await;
    }
    if let Some(distributor) = preview::distributor(place) {
        seen.route = Some(preview::template());
        let distributor = distributor.ok_or_else(Failure::not_found)?;
        check_method(request, READS, READS)?;
        return Ok(preview(request, service, &access, now, distributor).await?);
    }
    if place == report::PATH {
        seen.route = Some(report::PATH.to_owned());
        return report(request, service, &access, now, &origin).await;
    }
    let route = Route::parse(service.resources, path).ok_or_else(Failure::not_found)?;
    seen.route = Some(route.template());
    check_method(request, route.methods(false), route.methods(true))?;
    let method = request.method();
    let reads = matches!(*method, Method::GET | Method::HEAD);
    access::check_right(&access, Right::needed(route.kind(), reads))?;
    let accept = joined(request, &ACCEPT);
    media::check_accept(accept.as_deref(), None)?;
    if reads {
        if route.kind().served.is_costly() {
            count_report(service, &access)?;
        }
        let headers = Headers { accept, known: joined(request, &IF_NONE_MATCH) };
        let reading = Reading::new(route, &origin, path, request.query_string(), headers);
        let scope = access.scope;
        return Ok(service.store.read(scope, move |tenant| reading.run(tenant)).await?);
    }
    let body = match route {
        // Real clients send one; it says nothing.
        Route::Resource(..) if *method == Method::DELETE => web::Bytes::new(),
        _ => body(request, payload, Sent::Document(None)).await?,
    };
    Ok(write(request, service, &access, now, (route, &origin, &body)).await?)
}

/// What describes the service, to whoever asks: for programs, and for people.
fn documentation(service: &Service, path: &str) -> Option<Result<Reply>> {
    if path == openapi::PATH {
        return Some(Ok(Reply::plain(service.resources.description(), "application/json")));
    }
    let name = path.strip_prefix("/docs")?;
    Some(docs_page::asset(name).ok_or_else(Failure::not_found))
}

/// The token's access, counted against its rate; strangers have one by their address.
async fn authenticate(
    request: &HttpRequest,
    service: &Service,
    now: NaiveDateTime,
) -> Result<Access, Stop> {
    let found = match access::given_token(request) {
        Ok(token) => access::authenticate(&service.store, &service.remembered, &token, now).await,
        Err(failure) => Err(failure),
    };
    let Some(rates) = &service.rates else { return Ok(found?) };
    match found {
        Ok(access) => rates.admit(&access).map_err(Stop::Replied).map(|()| access),
        Err(failure @ Failure::Refused(_)) => {
            let address = request.peer_addr().map(|address| address.ip());
            if let Some(address) = address {
                rates.admit_stranger(address).map_err(Stop::Replied)?;
            }
            Err(failure.into())
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Runs a change, or says all that is wrong with it.
async fn write(
    request: &HttpRequest,
    service: &Service,
    access: &Access,
    now: NaiveDateTime,
    (route, origin, body): (Route, &str, &[u8]),
) -> Result<Reply> {
    let (kind, id) = match route {
        Route::Collection(kind) => (kind, None),
        Route::Resource(kind, id) | Route::Related(kind, id, _) | Route::Linkage(kind, id, _) => {
            (kind, Some(id))
        }
    };
    let asked = match route {
        Route::Resource(..) if *request.method() == Method::DELETE => read::Asked::Nothing,
        Route::Collection(_) => read::Asked::One,
        _ => read::Asked::Shown,
    };
    let parse = |text| read::parse(route, text, asked);
    let (query, mut faults) = match parse(request.query_string()) {
        Ok(query) => (query, Vec::new()),
        // The rules have their say all the same; what is at fault is neither written nor shown.
        Err(faults) => (parse("")?, faults),
    };
    let scope = access.scope;
    let mut change = write::asked(route, request.method(), body);
    match &mut change {
        Ok(Change::Create(input) | Change::Update(_, input) | Change::Link(_, _, input)) => {
            input.errors.append(&mut faults);
        }
        Ok(Change::Delete(_)) => {}
        Err(alone) if alone.iter().any(|fault| fault.code != Code::BadDocument) => {
            faults = std::mem::take(alone);
        }
        Err(more) => faults.append(more),
    }
    let change = match change {
        Ok(change) if faults.is_empty() => change,
        _ => {
            let row = id.map(|id| (kind, id));
            let refused = move |tenant: &mut store::Tenant<'_>| write::refuse(tenant, row, faults);
            return service.store.read(scope, refused).await;
        }
    };
    let currency = access.currency;
    let expected = joined(request, &IF_MATCH).map(|header| Expected::parse(&header));
    let (request, _taken) = match repeatable(request, service, &scope, body)? {
        Ok(taken) => taken.unzip(),
        Err(reply) => return Ok(reply),
    };
    let origin = origin.to_owned();
    let writing = Writing { kind, change, query, origin, currency, now, expected, request };
    service.store.write(scope, move |tenant| writing.run(tenant)).await
}

/// The request by its key, where the client says that it may come again, and the key taken; or
/// the answer to a twin.
pub(crate) fn repeatable(
    request: &HttpRequest,
    service: &Service,
    scope: &Scope,
    body: &[u8],
) -> Result<std::result::Result<Option<(Request, Taken)>, Reply>> {
    let method = request.method();
    let key = joined(request, &IDEMPOTENCY_KEY);
    let Some(key) = key.filter(|_| matches!(*method, Method::POST | Method::PATCH)) else {
        return Ok(Ok(None));
    };
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let request = idempotency::request(&key, method.as_str(), target, body)?;
    Ok(service.in_flight.take(scope, &request).map(|taken| Some((request, taken))))
}

/// Counts a request that costs as much as a report.
fn count_report(service: &Service, access: &Access) -> Result<(), Stop> {
    let rates = service.rates.as_ref();
    rates.map_or(Ok(()), |rates| rates.admit_report(access)).map_err(Stop::Replied)
}

/// Adds revenue up.
async fn report(
    request: &HttpRequest,
    service: &Service,
    access: &Access,
    now: NaiveDateTime,
    origin: &str,
) -> Result<Reply, Stop> {
    check_method(request, READS, READS)?;
    access::check_right(access, Right::Read)?;
    count_report(service, access)?;
    let accept = joined(request, &ACCEPT);
    let query = request.query_string();
    let reporting = Reporting::new(service.resources, origin, query, accept.as_deref(), now);
    let scope = access.scope;
    Ok(service.store.read(scope, move |tenant| reporting.run(tenant)).await?)
}

/// Tells what the engine would do.
async fn preview(
    request: &HttpRequest,
    service: &Service,
    access: &Access,
    now: NaiveDateTime,
    distributor: i64,
) -> Result<Reply> {
    access::check_right(access, Right::Read)?;
    media::check_accept(joined(request, &ACCEPT).as_deref(), None)?;
    let query = request.query_string();
    let previewing = Previewing::new(service.resources, distributor, query, now);
    let scope = access.scope;
    service.store.read(scope, move |tenant| previewing.run(tenant)).await
}

/// Carries operations out.
async fn operate(
    request: &HttpRequest,
    payload: web::Payload,
    service: &Service,
    (access, now, origin): (&Access, NaiveDateTime, String),
) -> Result<Reply, Stop> {
    let methods = &[Method::OPTIONS, Method::POST];
    check_method(request, methods, methods)?;
    access::check_right(access, Right::Write)?;
    let extension = Some(apportion_jsonapi::operations::EXTENSION);
    media::check_accept(joined(request, &ACCEPT).as_deref(), extension)?;
    let body = body(request, payload, Sent::Document(extension)).await?;
    check_no_parameters(request)?;
    let (scope, currency) = (access.scope, access.currency);
    let (request, _taken) = match repeatable(request, service, &scope, &body)? {
        Ok(taken) => taken.unzip(),
        Err(reply) => return Err(Stop::Replied(reply)),
    };
    let resources = service.resources;
    let operating = Operating { resources, body, origin, currency, now, request };
    Ok(service.store.write(scope, move |tenant| operating.run(tenant)).await?)
}

/// Ends a request with parameters, where there are none to give.
pub(crate) fn check_no_parameters(request: &HttpRequest) -> Result<()> {
    let names = request.query_string().split('&').filter(|word| !word.is_empty());
    let mut names = names.map(|word| word.split('=').next().unwrap_or_default());
    match names.find(|name| !name.eq_ignore_ascii_case(ORGANIZATION)) {
        Some(name) => {
            let detail = "This endpoint takes no parameters";
            Err(Error::parameter(Code::UnsupportedParameter, name, detail).into())
        }
        None => Ok(()),
    }
}

/// Ends a request whose method the route does not take, or which only asks for the methods.
pub(crate) fn check_method(
    request: &HttpRequest,
    allowed: &[Method],
    named: &[Method],
) -> Result<(), Stop> {
    let names = || named.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    match request.method() {
        &Method::OPTIONS => Err(Stop::Replied(Reply::empty(204).with(ALLOW, names()))),
        method if allowed.contains(method) => Ok(()),
        _ => Err(Stop::Replied(Reply::not_allowed(&names()))),
    }
}

/// The present instant in UTC, cut to milliseconds.
pub(crate) fn now() -> NaiveDateTime {
    let now: DateTime<Utc> = Utc::now();
    now.naive_utc().trunc_subsecs(3)
}
