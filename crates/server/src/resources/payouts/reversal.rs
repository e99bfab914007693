//! The obligation that a reversal takes back, read for the rules (`apportion-core`).

use apportion_core::id::{CollaboratorId, DistributorId, ObligationId};
use apportion_core::obligation::{ObligationDraft, ObligationStatus, ReversedObligation};
use apportion_jsonapi::{Code, Error};
use apportion_store::obligation::{self, StoredObligation};

use crate::catalog::Work;
use crate::failure::Result;

/// A reversal, as far as what it takes back depends on it.
#[derive(Clone, Copy)]
pub(super) struct Reversal {
    /// The reversal, unless it is new.
    pub(super) id: Option<ObligationId>,
    /// The distributor and the collaborator, if they are known: a missing one is reported as a
    /// fault of its own.
    pub(super) distributor: Option<DistributorId>,
    pub(super) collaborator: Option<CollaboratorId>,
}

/// Returns the obligation that a reversal takes back, as far as the rules need to know it. Returns
/// `None` if it does not exist.
pub(super) fn reversed(
    work: &mut Work<'_>,
    id: ObligationId,
    by: Reversal,
) -> Result<Option<ReversedObligation>> {
    let Some(row) = obligation::find(&mut work.tenant, id)? else { return Ok(None) };
    Ok(Some(ReversedObligation {
        value: row.stored.value,
        status: row.stored.status,
        taken_back: obligation::taken_back(&mut work.tenant, id, by.id)?,
        is_of_distributor: by.distributor.is_none_or(|id| id == row.stored.distributor_id),
        is_of_collaborator: by.collaborator.is_none_or(|id| id == row.stored.collaborator_id),
        is_reversal: row.stored.reverses_id.is_some(),
    }))
}

/// Returns the obligation that a reversal takes back, if its value is about to change.
pub(super) fn reversed_anew(
    work: &mut Work<'_>,
    old: &StoredObligation,
    draft: &ObligationDraft,
) -> Result<Option<ReversedObligation>> {
    match old.reverses_id {
        // The value of a part of a refund is fixed, which is a rule of its own.
        Some(id) if draft.value != Some(old.value) && old.refund_id.is_none() => {
            let (distributor, collaborator) = (old.distributor_id, old.collaborator_id);
            let by = Reversal {
                id: Some(old.id),
                distributor: Some(distributor),
                collaborator: Some(collaborator),
            };
            reversed(work, id, by)
        }
        _ => Ok(None),
    }
}

/// Checks that the obligation that a reversal takes back bears the end of the reversal: a refund
/// can give a payee one unit more, which other parts may have taken back since.
pub(super) fn check_reversed(
    work: &mut Work<'_>,
    old: &StoredObligation,
    to: ObligationStatus,
) -> Result<()> {
    let Some(id) = old.reverses_id.filter(|_| to.is_void() && old.value > 0) else { return Ok(()) };
    let Some(whole) = obligation::find(&mut work.tenant, id)? else { return Ok(()) };
    let others = obligation::taken_back(&mut work.tenant, id, Some(old.id))?;
    let left = i128::from(whole.stored.value).saturating_add(others);
    if whole.stored.value > 0 && left < 0 {
        let detail = format!(
            "Without this part, more of obligation {id} is taken back than there was; end the \
             other parts first"
        );
        return Err(Error::pointer(Code::Conflict, "/data/attributes/status", detail).into());
    }
    Ok(())
}
