//! The revenue of a tenant in memory, for reports: what each distribution spreads over which days,
//! by deal. Exact at every report: a deal's version rises with each of its distributions, so the
//! versions of all deals, read in one snapshot with what changed, tell what to read again. No
//! writer does anything for it, on this server or another. docs/decisions/0012-ledgers.md.

mod draft;
pub(crate) mod recognized;
mod rows;

use std::sync::{Arc, PoisonError};

use crate::error::Result;
use crate::session::books::Ledger;
use crate::session::tenant::Tenant;

/// The tenant's revenue as it is now.
pub fn ledger(tenant: &mut Tenant<'_>) -> Result<Arc<Ledger>> {
    let ledgers = tenant.ledgers();
    let slot = ledgers.slot(tenant.id());
    if tenant.session().depth() > 0 {
        // What a transaction has not committed yet is for its own eyes.
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
