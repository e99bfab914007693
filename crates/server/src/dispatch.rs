//! The way of one request: host, token, rate, organization, route, method, right, media types,
//! body, store. Each step may end it with an error document; nothing is left to the framework.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, IF_MATCH,
    IF_NONE_MATCH, TRANSFER_ENCODING,
};
use actix_web::{HttpRequest, HttpResponse, web};
use apportion_jsonapi::input::Action;
use apportion_jsonapi::query::{Asked, Scope as Parameters};
use apportion_jsonapi::{Code, Error, Query, media};
use apportion_store as store;
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use futures_util::FutureExt;

use crate::access::{self, Access, ORGANIZATION, Right};
use crate::etag::Expected;
use crate::failure::{Failure, Result};
use crate::guard::Guard;
use crate::idempotency;
use crate::read::{Headers, Reading};
use crate::reply::Reply;
use crate::resources::registry;
use crate::route::Route;
use crate::service::Service;
use crate::write::{self, Change, Writing};

/// How long a request target may be, in bytes.
pub(crate) const MAX_TARGET: usize = 8 * 1024;
/// How large a body may be, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Answers a request, whatever it is.
pub(crate) async fn dispatch(
    request: HttpRequest,
    payload: web::Payload,
    service: web::Data<Service>,
) -> HttpResponse {
    let began = Instant::now();
    let mut seen = Seen::default();
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
    log::info!(
        target: "apportion::access",
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
    reply.respond()
}

/// What is known of a request by the time it is logged.
#[derive(Default)]
struct Seen {
    route: Option<String>,
    organization: Option<i64>,
}

/// Why a request ends early.
enum Stop {
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
    if let Some(probe) = request.uri().path().strip_prefix("/health/") {
        return health(service, probe).await;
    }
    let now = now();
    let access = authenticate(request, service, now).await?;
    seen.organization = Some(access.scope.organization.0);
    access::check_organization(request, &access)?;
    let path = request.uri().path();
    let route = Route::parse(path).ok_or_else(Failure::not_found)?;
    seen.route = Some(route.template());
    let method = request.method();
    let allowed = route.methods();
    if !allowed.contains(method) || *method == Method::OPTIONS {
        let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
        let names = names.join(", ");
        return Err(Stop::Replied(if *method == Method::OPTIONS {
            Reply::empty(204).with(ALLOW, names)
        } else {
            Reply::not_allowed(&names)
        }));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD);
    access::check_right(&access, if reads { Right::Read } else { Right::Write })?;
    let accept = joined(request, &ACCEPT);
    media::check_accept(accept.as_deref())?;
    if reads {
        let headers = Headers { accept, known: joined(request, &IF_NONE_MATCH) };
        let reading = Reading::new(route, &origin, (path, request.query_string()), headers);
        let scope = access.scope;
        return Ok(service.store.read(move |session| reading.run(&scope, session)).await?);
    }
    let body = match route {
        // Real clients send one; it says nothing.
        Route::Resource(..) if *method == Method::DELETE => web::Bytes::new(),
        _ => body(request, payload).await?,
    };
    Ok(write(request, service, (&access, now), (route, &body)).await?)
}

/// For whoever watches the process: is it alive, can it answer? Needs no token.
async fn health(service: &Service, probe: &str) -> Result<Reply, Stop> {
    match probe {
        "live" => {}
        "ready" => {
            let ready = service.store.read(|session| {
                session.ping()?;
                session.is_migrated()
            });
            if !ready.await? {
                return Err(Failure::of(Code::Unavailable, "The schema is not up to date").into());
            }
        }
        _ => return Err(Failure::not_found().into()),
    }
    Ok(Reply::document(200, br#"{"meta":{"status":"ok"},"jsonapi":{"version":"1.1"}}"#.to_vec()))
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
    (access, now): (&Access, NaiveDateTime),
    (route, body): (Route, &[u8]),
) -> Result<Reply> {
    let (kind, id) = match route {
        Route::Collection(kind) => (kind, None),
        Route::Resource(kind, id) | Route::Related(kind, id, _) | Route::Linkage(kind, id, _) => {
            (kind, Some(id))
        }
    };
    let asked = Asked { scope: Parameters::Single, foreign: &[ORGANIZATION], walks: false };
    let parse = |text| Query::parse(text, registry(), kind.served.resource(), &asked);
    let (query, mut faults) = match parse(request.query_string()) {
        Ok(query) => (query, Vec::new()),
        // The rules have their say all the same; what is at fault is neither written nor shown.
        Err(faults) => (parse("")?, faults),
    };
    let scope = access.scope;
    let mut change = change(route, request.method(), body);
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
            let refused =
                move |session: &mut store::Session| write::refuse(&scope, session, row, faults);
            return service.store.read(refused).await;
        }
    };
    let currency = access.currency;
    let expected = joined(request, &IF_MATCH).map(|header| Expected::parse(&header));
    let repeatable = matches!(*request.method(), Method::POST | Method::PATCH);
    let key = joined(request, &IDEMPOTENCY_KEY).filter(|_| repeatable);
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let named = (request.method().as_str(), target);
    let request = key.map(|key| idempotency::request(&key, named, body)).transpose()?;
    let _taken = match &request {
        Some(request) => match service.in_flight.take(&scope, request) {
            Ok(taken) => Some(taken),
            Err(reply) => return Ok(reply),
        },
        None => None,
    };
    let writing = Writing { kind, change, query, currency, now, expected, request };
    service.store.write(scope, move |session| writing.run(&scope, session)).await
}

fn change(route: Route, method: &Method, body: &[u8]) -> Result<Change, Vec<Error>> {
    match route {
        Route::Resource(_, id) if *method == Method::DELETE => Ok(Change::Delete(id)),
        Route::Resource(kind, id) => write::change(kind, Action::Update(id), body),
        Route::Linkage(kind, id, at) => write::link(kind, (id, at), body),
        Route::Collection(kind) | Route::Related(kind, ..) => {
            write::change(kind, Action::Create, body)
        }
    }
}

/// The body, of a media type that is served, within its limits.
async fn body(request: &HttpRequest, payload: web::Payload) -> Result<web::Bytes> {
    let large = || Failure::of(Code::TooLarge, format!("A body has at most {MAX_BODY} bytes"));
    let length = header(request, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|n| n > MAX_BODY)) {
        return Err(large());
    }
    let codings = joined(request, &CONTENT_ENCODING);
    if let Some(coding) = codings.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let detail =
            format!("A body coded as '{}' is not read", apportion_jsonapi::error::cut(&coding));
        return Err(Failure::of(Code::UnsupportedMediaType, detail));
    }
    // Without a body there is nothing that a media type could be of.
    if length.unwrap_or(0) == 0 && header(request, &TRANSFER_ENCODING).is_none() {
        return Ok(web::Bytes::new());
    }
    media::check_content_type(joined(request, &CONTENT_TYPE).as_deref())?;
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(MAX_BODY)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(Failure::of(Code::BadDocument, "The body broke off")),
        Ok(Err(_)) => Err(large()),
        Err(_) => Err(Failure::of(Code::RequestTimeout, "The body took too long to arrive")),
    }
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
}

/// All fields of that name as one list (RFC 9110, section 5.3).
fn joined(request: &HttpRequest, name: &HeaderName) -> Option<String> {
    let values = request.headers().get_all(name).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    values.map(str::to_owned).reduce(|list, value| list + ", " + &value)
}

/// The present instant in UTC, cut to milliseconds.
pub(crate) fn now() -> NaiveDateTime {
    let now: DateTime<Utc> = Utc::now();
    now.naive_utc().trunc_subsecs(3)
}
