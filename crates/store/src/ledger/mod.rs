//! The revenue of a tenant in memory, for reports: the days and amounts of each revenue
//! distribution, by deal. It is exact at every report. A deal's version rises with each of its
//! distributions, so that the versions of all deals say which deals to read again, in the same
//! snapshot. No writer does anything for it, on this server or another. See
//! docs/decisions/0012-ledgers.md.

mod draft;
pub(crate) mod recognized;
mod rows;

use std::sync::{Arc, PoisonError};

use crate::error::Result;
use crate::session::books::Ledger;
use crate::session::tenant::Tenant;

/// Returns the tenant's revenue as it is now.
pub fn ledger(tenant: &mut Tenant<'_>) -> Result<Arc<Ledger>> {
    let ledgers = tenant.ledgers();
    let slot = ledgers.slot(tenant.id());
    if tenant.session().depth() > 0 {
        // Rows that the transaction has not committed yet must not be seen by others.
        let known = Arc::clone(&slot.lock().unwrap_or_else(PoisonError::into_inner));
        return Ok(rows::current(tenant, &known)?.map_or(known, Arc::new));
    }
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let draft = if slot.accounts.is_empty() { draft::read(tenant)? } else { None };
    let known = draft.map_or_else(|| Arc::clone(&slot), Arc::new);
    // The snapshot is taken after the lock, so that it never goes back.
    let fresh = tenant.snapshot(|tenant| rows::current(tenant, &known))?;
    let fresh = fresh.map_or(known, Arc::new);
    if !Arc::ptr_eq(&fresh, &slot) {
        ledgers.note(tenant.id(), fresh.bytes());
        *slot = fresh;
    }
    Ok(Arc::clone(&slot))
}
