//! A tenant to try things on: an agency's year from `fixtures/import`, and a token that everybody
//! knows, which is why it is for loopback only.

use apportion_core::organization::OrganizationDraft;
use apportion_store::{Address, Scope};

use crate::admin::{self, TokenDraft, ready};
use crate::dispatch::now;
use crate::import::{ImportError, Importer};
use crate::token::Token;

const DEALS: &str = include_str!("../../../fixtures/import/deals.csv");
const DISTRIBUTIONS: &str = include_str!("../../../fixtures/import/revenue_distributions.csv");

/// The token of the demo tenant.
pub fn token() -> Token {
    Token::of("ApportionDemoTokenForLoopback000")
}

/// Fills a database that has no organization yet.
pub fn fill(database: &Address) -> Result<(), ImportError> {
    let mut session = ready(database)?;
    let hash = token().hash();
    if apportion_store::token::find(&mut session, &hash)?.is_some() {
        return Ok(());
    }
    let draft = OrganizationDraft {
        name: "Demo Agency".to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "Europe/Vienna".to_owned(),
    };
    let organization = admin::create_organization(database, &draft)?;
    let scope = Scope::of(apportion_store::OrganizationId(organization));
    let person = session.transaction(|session| {
        let content = apportion_store::person::Content {
            first_name: "Ada".to_owned(),
            last_name: "Demo".to_owned(),
            email: Some("ada@example.com".to_owned()),
        };
        apportion_store::person::insert(&scope, session, &content, now())
    })?;
    let mut importer = Importer::with(session, organization)?;
    importer.import("deals", DEALS.as_bytes(), |_| {})?;
    importer.import("revenue_distributions", DISTRIBUTIONS.as_bytes(), |_| {})?;
    // Last: a database with the token has the rest as well.
    let draft = TokenDraft {
        organization,
        person: Some(person),
        scope: "admin",
        label: Some("demo".to_owned()),
    };
    Ok(admin::insert_token(&mut ready(database)?, &token(), draft)?)
}
