//! The listener beside the main one, for whoever watches the server from near: it asks for no
//! token, and serves nothing but `/metrics` and `/health/live`.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::web;
use apportion_jsonapi::Code;

use crate::access::rates::Meter;
use crate::app::{App, Parts};
use crate::endpoints::address::{Address, Endpoint, Public, normal_path};
use crate::endpoints::probes::{health, scrape};
use crate::failure::{Failure, Result};
use crate::http::host::Hosts;
use crate::http::method::{Methods, READS, Stop};
use crate::http::reply::Reply;

/// The Host names that it answers to. Its requests carry this, and no others do.
pub(crate) struct Beside(pub(crate) Hosts);

impl Beside {
    /// Returns it if a request was sent there.
    pub(crate) fn of(request: &HttpRequest) -> Option<&Self> {
        request.app_data::<web::Data<Beside>>().map(web::Data::get_ref)
    }

    /// Answers a request there. `route` becomes the shape of its address.
    pub(crate) async fn answer(
        &self,
        request: &HttpRequest,
        app: &App,
        (meter, client): (&Meter, Option<IpAddr>),
        route: &mut Option<String>,
    ) -> Result<Reply, Stop> {
        self.0.origin(request)?;
        let address =
            Address::parse(&app.resources, &normal_path(request.uri().path()), Parts::ALL);
        *route = address.template(&app.resources);
        match address {
            Address::Public(Public::Live) => {
                Methods::all(READS).check(request)?;
                Ok(health::ok())
            }
            Address::Private(Some(Endpoint::Scrape)) => {
                meter.admit_probe(client)?;
                Methods::all(READS).check(request)?;
                Ok(scrape::answer(app).await?)
            }
            _ => {
                *route = None;
                let detail = "At this address there are only /metrics and /health/live";
                Err(Failure::refusal(Code::RecordNotFound, detail).into())
            }
        }
    }
}
