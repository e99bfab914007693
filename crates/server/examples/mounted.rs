//! Mounts the service at `/money` in an application of actix-web, beside a route of its own and
//! under its middleware, with the engine.
//!
//! `cargo run -p apportion-server --example mounted`

use std::error::Error;
use std::time::Duration;

use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpServer, web};
use apportion_core::organization::OrganizationDraft;
use apportion_server::admin::{self, TokenDraft};
use apportion_server::{Apportion, Config};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = "sqlite://mounted.db".parse()?;
    let draft = OrganizationDraft {
        name: "Acme".to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "Europe/Vienna".to_owned(),
    };
    let organization = admin::create_organization(&database, &draft)?;
    let draft = TokenDraft { organization, person: None, scope: "write", label: None };
    let token = admin::create_token(&database, draft)?;

    let apportion = Apportion::open(&Config::of(database))?;
    let _engine = apportion.engine().every(Duration::from_secs(30))?;
    let server = HttpServer::new(move || {
        App::new()
            .wrap(DefaultHeaders::new().add(("X-Served-By", "ours")))
            .route("/", web::get().to(|| async { "ours" }))
            .service(apportion.scope("/money"))
    });
    println!("curl -H 'X-Auth-Token: {}' http://127.0.0.1:8080/money/api/v2/deals", token.reveal());
    Ok(server.bind("127.0.0.1:8080")?.run().await?)
}
