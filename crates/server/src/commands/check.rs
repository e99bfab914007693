//! `apportion check`: checks every law over all rows of every organization, however long it takes.
//! It may run beside a server: it reads a snapshot of each organization, and locks nothing.

use apportion_core::checks::{Check, Finding};
use apportion_store::{self as store, Address, OrganizationId, Scope, Session, Tenant};

use crate::commands::admin::{AdminError, check_file};
use crate::payouts::explanation::circumstances;

/// The reason why a database was not checked to the end.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The schema is older than this program.
    #[error("the schema is not up to date: run `apportion migrate` first")]
    Schema,
    /// There is no file at the path of an SQLite database.
    #[error(transparent)]
    Missing(#[from] AdminError),
    /// The database has no organization, so that nothing was checked.
    #[error("there is no organization in the database, so nothing was checked")]
    NoOrganization,
}

/// Checks every law of every organization, and calls `on_finding` with each result. Returns whether
/// all laws hold.
pub fn check_database(
    database: &Address,
    mut on_finding: impl FnMut(OrganizationId, &Finding),
) -> Result<bool, CheckError> {
    check_file(database)?;
    let mut session = Session::open_checked(database)?;
    if session.survey(Session::pending)? > 0 {
        return Err(CheckError::Schema);
    }
    let mut all_hold = true;
    let organizations = session.survey(store::organization::all_ids)?;
    if organizations.is_empty() {
        return Err(CheckError::NoOrganization);
    }
    for organization in organizations {
        let scope = Scope::of(organization);
        Tenant::new(scope, &mut session).snapshot(|tenant| {
            for law in Check::ALL {
                let finding = store::checks::check(tenant, *law, circumstances(), &mut |_| false)?;
                all_hold &= finding.broken == 0;
                on_finding(organization, &finding);
            }
            Ok::<(), store::Error>(())
        })?;
    }
    Ok(all_hold)
}
