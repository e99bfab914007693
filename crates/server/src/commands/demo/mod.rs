//! The demo tenant: a year of an agency's deals from `fixtures/import`, and the revenue-share
//! programme by which it pays collaborators. Its token is public, so it is served on loopback
//! addresses only.

mod programme;

use apportion_core::organization::OrganizationDraft;
use apportion_store::{self as store, Address, OrganizationId, Scope, Tenant};

use crate::access::token::Token;
use crate::clock::now;
use crate::commands::admin::{self, AdminError, TokenDraft, open_migrated};
use crate::commands::import::{ImportError, Importer};

const DEALS: &str = include_str!("../../../../../fixtures/import/deals.csv");
const DISTRIBUTIONS: &str =
    include_str!("../../../../../fixtures/import/revenue_distributions.csv");
const COLLABORATORS: &str = include_str!("../../../../../fixtures/import/collaborators.csv");

/// Returns the token of the demo tenant.
pub fn token() -> Token {
    Token::from_body("ApportionDemoTokenForLoopback000")
}

/// Creates the demo tenant in a database, unless it is there already.
pub fn fill(database: &Address) -> Result<(), ImportError> {
    let mut session = open_migrated(database)?;
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
    let mut importer = Importer::new(session, organization)?;
    importer.import("deals", DEALS.as_bytes(), |_| {})?;
    importer.import("revenue_distributions", DISTRIBUTIONS.as_bytes(), |_| {})?;
    importer.import("collaborators", COLLABORATORS.as_bytes(), |_| {})?;
    let scope = Scope { person: Some(person), ..scope };
    let mut session = open_migrated(database)?;
    programme::play(database, Tenant::new(scope, &mut session), currency)?;
    // The token comes last: a database that has it has all the rest as well.
    let draft = TokenDraft {
        organization,
        person: Some(person.0),
        scope: "admin",
        label: Some("demo".to_owned()),
    };
    admin::insert_token(&mut open_migrated(database)?, &token(), draft)?;
    Ok(())
}
