//! Runs the service inside another program: creates a database, an organization and a token, and
//! starts a server, which ends when it is dropped.
//!
//! `cargo run -p apportion-server --example embedded`

use std::error::Error;

use apportion_core::organization::OrganizationDraft;
use apportion_server::admin::{self, TokenDraft};
use apportion_server::serve::{Running, ServerConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("embedded.db");
    let database = format!("sqlite://{}", file.display()).parse()?;

    let draft = OrganizationDraft {
        name: "Acme".to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "Europe/Vienna".to_owned(),
    };
    let organization = admin::create_organization(&database, &draft)?;
    let draft = TokenDraft { organization, person: None, scope: "write", label: None };
    let token = admin::create_token(&database, draft)?;

    let bind = "127.0.0.1:0".parse()?;
    let config = ServerConfig { bind, ..ServerConfig::of(database) };
    let server = Running::start(config)?;
    println!("http://{}/api/v2/deals answers to {}", server.address(), token.reveal());
    Ok(())
}
