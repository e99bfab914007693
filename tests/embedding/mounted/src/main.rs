//! A program with routes and a middleware of its own that serves Apportion below `/money`. It takes
//! the database from `APPORTION_DATABASE_URL`, and prints the address on one line.

use std::error::Error;
use std::time::Duration;

use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpServer, web};
use apportion_server::{Apportion, Config};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let database = std::env::var("APPORTION_DATABASE_URL")?.parse()?;
    let config = Config { limit_rates: false, ..Config::of(database) };
    let apportion = Apportion::open(&config)?;
    let engine = apportion.engine().every(Duration::from_secs(30))?;
    let server = HttpServer::new(move || {
        App::new()
            .wrap(DefaultHeaders::new().add(("X-Served-By", "theirs")))
            .route("/", web::get().to(|| async { "theirs" }))
            .service(apportion.scope("/money"))
    });
    let server = server.workers(2).bind("127.0.0.1:0")?;
    let address = server.addrs()[0];
    let server = server.run();
    println!("listening on http://{address}/money");
    server.await?;
    engine.stop();
    Ok(())
}
