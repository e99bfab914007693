//! The gate: the steps that every request passes before an endpoint answers it. They check its
//! target, host, origin, token, rate, organization, address and method, in this order. Each step
//! may end the request with an error document of our own; the framework makes none.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use apportion_jsonapi::Code;
use apportion_store as store;
use futures_util::FutureExt;
use uuid::Uuid;

use crate::access::rates::Meter;
use crate::access::{self, Access, Gate, Right};
use crate::app::App;
use crate::endpoints::address::{Address, Endpoint, Public, normal_path};
use crate::endpoints::call::{Call, Target};
use crate::endpoints::probes::beside::Beside;
use crate::endpoints::probes::{health, scrape};
use crate::endpoints::{credit_metric, openapi, operations, preview, read, report, siren, write};
use crate::failure::{Failure, Kind, Result};
use crate::http::body::joined;
use crate::http::guard::Guard;
use crate::http::method::{Methods, READS, Stop};
use crate::http::mount;
use crate::http::reply::Reply;
use crate::monitor::Answered;

/// The largest length of a request target (path and query), in bytes.
pub(crate) const MAX_TARGET: usize = 8 * 1024;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers every request to the server.
pub(crate) async fn dispatch(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<App>,
) -> HttpResponse {
    let began = Instant::now();
    let client = app.proxies.client(&request);
    let (prefix, path) = mount::split(&request);
    let resources = app.resources_below(&prefix);
    let mut log = LogLine { id: app.clock.new_id(), client, route: None, access: None };
    let meter = Meter::new(app.rates.as_ref());
    let guard = request.conn_data::<Guard>();
    if let Some(guard) = guard {
        guard.begin_request();
    }
    let target = Target { request: &request, resources: Arc::clone(&resources), path };
    let answer = AssertUnwindSafe(answer(target, payload, &app, (&meter, &mut log)));
    let reply = match answer.catch_unwind().await {
        Ok(Ok(reply) | Err(Stop::Replied(reply))) => reply,
        Ok(Err(Stop::Failed(failure))) => Reply::failure(&failure),
        Err(_) => Reply::failure(&Failure::Store(store::Error::Panicked)),
    };
    // Whoever watches the server must see it also while its answers have no room.
    let is_beside = Beside::of(&request).is_some();
    let length = if is_beside { None } else { reply.body.as_ref() }.map_or(0, web::Bytes::len);
    let organization = log.access.map_or(0, |access| access.scope.organization.0);
    let room = if matches!(*request.method(), Method::GET | Method::HEAD) {
        app.outgoing.take(organization, length)
    } else {
        // A write is done. It was refused before if there was no room.
        Ok(app.outgoing.take_all_the_same(organization, length))
    };
    let (reply, room) = match room {
        Ok(room) => (reply, room),
        Err(none) => (Reply::failure(&none.into()), None),
    };
    let reply = meter.head(reply).identify(log.id);
    let reply =
        if siren::owns(&normal_path(path)) { siren::in_recorded_form(reply) } else { reply };
    let took = began.elapsed();
    log.write(&request, (&prefix, &reply), took);
    app.monitor.count(&Answered {
        method: request.method().as_str(),
        route: log.route.as_deref(),
        status: reply.status,
        refused: reply.refused.map(Kind::name),
        took,
    });
    match guard {
        Some(guard) if reply.status == Code::RequestTimeout.status() => guard.end_connection(),
        Some(guard) => guard.end_request(),
        None => {}
    }
    let reply = reply.with_header(X_REQUEST_ID, log.id.to_string());
    app.cors.allow(&request, reply).respond(room)
}

/// The log line of a request.
struct LogLine {
    /// The id of the request in events, in logs and in a header of the answer.
    id: Uuid,
    /// The address of the client, if it is known.
    client: Option<IpAddr>,
    /// The shape of the address; `None` until it is known.
    route: Option<String>,
    /// The access that the token of the request gives, if it has a valid one.
    access: Option<Access>,
}

impl LogLine {
    /// Writes the line of a request to a service behind this prefix.
    fn write(&self, request: &HttpRequest, (prefix, reply): (&str, &Reply), took: Duration) {
        let client = self.client.map_or_else(|| "-".to_owned(), |client| client.to_string());
        let route = self.route.as_ref().map(|route| format!("{prefix}{route}"));
        let route = route.as_deref().unwrap_or("-");
        log::info!(
            target: "apportion::access",
            request_id = self.id.to_string(),
            client,
            method = request.method().as_str(),
            route,
            status = reply.status,
            organization = self.access.map_or(0, |access| access.scope.organization.0),
            token = self.access.and_then(|access| access.scope.token).map_or(0, |token| token.0),
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            "request"
        );
    }
}

async fn answer(
    target: Target<'_>,
    payload: web::Payload,
    app: &App,
    (meter, log): (&Meter, &mut LogLine),
) -> Result<Reply, Stop> {
    let request = target.request;
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > MAX_TARGET) {
        let detail =
            format!("The request target is too long: at most {MAX_TARGET} bytes are accepted");
        return Err(Failure::refusal(Code::TargetTooLong, detail).into());
    }
    if let Some(beside) = Beside::of(request) {
        return beside.answer(request, app, (meter, log.client), &mut log.route).await;
    }
    let origin = app.hosts.origin(request)?;
    if let Some(reply) = app.cors.preflight(request) {
        return Ok(reply);
    }
    let (now, client) = (app.clock.now(), log.client);
    let gate = Gate {
        store: &app.store,
        authentication: &app.authentication,
        known: &app.known,
        cache: &app.tokens,
        meter,
        client,
        now,
    };
    let path = normal_path(target.path);
    let endpoint = match Address::parse(&app.resources, &path, app.parts) {
        Address::Public(public) => {
            log.route = public.template().map(str::to_owned);
            return answer_public(&target, app, &gate, public).await;
        }
        Address::Private(endpoint) => endpoint,
    };
    if matches!(endpoint, Some(Endpoint::Scrape)) {
        meter.admit_probe(client)?;
    }
    let mut access = gate.authenticate(request).await?;
    log.access = Some(access);
    meter.admit(&access)?;
    access.scope.request = Some(log.id);
    access::check_organization(request, &access)?;
    let endpoint = endpoint.ok_or_else(Failure::not_found)?;
    log.route = endpoint.template(&app.resources);
    let methods = endpoint.methods(&app.resources).ok_or_else(Failure::not_found)?;
    methods.check(request)?;
    if matches!(endpoint, Endpoint::Scrape) {
        access::check_right(&access, Right::Admin)?;
        return Ok(scrape::answer(app).await?);
    }
    let call = Call::new(target, (app, meter), access, now, origin);
    match endpoint {
        Endpoint::CreditMetric(_) => credit_metric::answer(&call, payload).await,
        Endpoint::Siren(Some(route)) => Ok(siren::answer(&call, route).await?),
        Endpoint::Operations => operations::answer(&call, payload).await,
        Endpoint::Preview(Some(distributor)) => Ok(preview::answer(&call, distributor).await?),
        Endpoint::Report => report::answer(&call).await,
        Endpoint::Resources(route) if call.reads() => read::answer(&call, route).await,
        Endpoint::Resources(route) => write::answer(&call, payload, route).await,
        Endpoint::Siren(None) | Endpoint::Preview(None) | Endpoint::Scrape => {
            Err(Failure::not_found().into())
        }
    }
}

/// Answers a request that needs no token.
async fn answer_public(
    target: &Target<'_>,
    app: &App,
    gate: &Gate<'_>,
    public: Public,
) -> Result<Reply, Stop> {
    let (request, resources) = (target.request, &target.resources);
    match public {
        // Whoever asks this often is told that the process lives, which costs nothing.
        Public::Live => {}
        Public::Ready => gate.meter.admit_probe(gate.client)?,
        Public::Description | Public::Docs(_) | Public::Nothing => gate.admit_visitor(request)?,
    }
    if matches!(public, Public::Nothing) {
        return Err(Failure::not_found().into());
    }
    Methods::all(READS).check(request)?;
    let known = || joined(request, &IF_NONE_MATCH);
    match public {
        Public::Live => Ok(health::ok()),
        Public::Ready => Ok(health::ready(app).await?),
        Public::Description => Ok(openapi::answer(resources).validated(known().as_deref())),
        Public::Docs(asset) => Ok(asset.reply(resources.prefix()).validated(known().as_deref())),
        Public::Nothing => Err(Failure::not_found().into()),
    }
}
