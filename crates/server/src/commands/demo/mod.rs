//! A tenant to try things on: an agency's year from `fixtures/import`, the programme by which it
//! pays collaborators, and a token that everybody knows, which is why it is for loopback only.

mod programme;

use apportion_core::organization::OrganizationDraft;
use apportion_store::{self as store, Address, OrganizationId, Scope, Tenant};

use crate::access::token::Token;
use crate::clock::now;
use crate::commands::admin::{self, AdminError, TokenDraft, ready};
use crate::commands::import::{ImportError, Importer};

const DEALS: &str = include_str!("../../../../../fixtures/import/deals.csv");
const DISTRIBUTIONS: &str =
    include_str!("../../../../../fixtures/import/revenue_distributions.csv");
const COLLABORATORS: &str = include_str!("../../../../../fixtures/import/collaborators.csv");

/// The token of the demo tenant.
pub fn token() -> Token {
    Token::of("ApportionDemoTokenForLoopback000")
}

/// Fills a database that has no organization yet.
pub fn fill(database: &Address) -> Result<(), ImportError> {
    let mut session = ready(database)?;
    let hash = token().hash();
    if store::token::find(&mut session, &hash)?.is_some() {
        return Ok(());
    }
    let draft = OrganizationDraft {
        name: "Demo Agency".to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "Europe/Vienna".to_owned(),
    };
    let currency = draft.check().map_err(AdminError::Faults)?.currency;
    let organization = admin::create_organization(database, &draft)?;
    let scope = Scope::of(OrganizationId(organization));
    let person = Tenant::new(scope, &mut session).transaction(|tenant| {
        let written = store::person::WrittenPerson {
            first_name: "Ada".to_owned(),
            last_name: "Demo".to_owned(),
            email: Some("ada@example.com".to_owned()),
        };
        store::person::insert(tenant, &written, now())
    })?;
    let mut importer = Importer::with(session, organization)?;
    importer.import("deals", DEALS.as_bytes(), |_| {})?;
    importer.import("revenue_distributions", DISTRIBUTIONS.as_bytes(), |_| {})?;
    importer.import("collaborators", COLLABORATORS.as_bytes(), |_| {})?;
    let scope = Scope { person: Some(person), ..scope };
    let mut session = ready(database)?;
    programme::play(database, Tenant::new(scope, &mut session), currency)?;
    // Last: a database with the token has the rest as well.
    let draft = TokenDraft {
        organization,
        person: Some(person.0),
        scope: "admin",
        label: Some("demo".to_owned()),
    };
    Ok(admin::insert_token(&mut ready(database)?, &token(), draft)?)
}
