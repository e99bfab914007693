//! `apportion check`: every law over every organization, to the end, however long it takes. On a
//! running server too: it reads one moment of each organization, and locks nothing.

use apportion_core::checks::{Check, Finding};
use apportion_store::{self as store, Address, OrganizationId, Scope, Session, Tenant};

/// Why a database was not checked to the end.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is nothing to check by.
    #[error("the schema is not up to date: run `apportion migrate` first")]
    Schema,
}

/// Looks at every law of every organization; `told` learns of each. Says whether all hold.
pub fn run(
    database: &Address,
    mut told: impl FnMut(OrganizationId, &Finding),
) -> Result<bool, CheckError> {
    let mut session = Session::open(database)?;
    if !session.is_migrated()? {
        return Err(CheckError::Schema);
    }
    let mut all_hold = true;
    for organization in store::organization::all_ids(&mut session)? {
        let scope = Scope::of(organization);
        Tenant::new(scope, &mut session).snapshot(|tenant| {
            for law in Check::ALL {
                let finding = store::checks::check(tenant, *law, &mut |_| false)?;
                all_hold &= finding.broken == 0;
                told(organization, &finding);
            }
            Ok::<(), store::Error>(())
        })?;
    }
    Ok(all_hold)
}
