//! The sum of the obligations of a distributor that are approved and not allocated, which is stored
//! with the distributor. Not here: the trigger, which writes what its plan leaves (`engine`).

use apportion_core::obligation::ObligationStatus;
use apportion_jsonapi::Input;
use apportion_store as store;
use apportion_store::distributor::{self, StoredDistributor};

use crate::catalog::Work;
use crate::failure::Failure;

/// Returns the amount that an obligation that is not allocated adds to the sum of its distributor,
/// in minor units.
pub(crate) fn accumulated(status: ObligationStatus, value: i64) -> i64 {
    if status == ObligationStatus::Approved { value } else { 0 }
}

/// A reason why the sum of the approved obligations of a distributor cannot be updated.
pub(crate) enum Unfit {
    /// It would not fit 64 bits.
    Sum,
    /// The database cannot be used.
    Store(store::Error),
}

impl Unfit {
    /// Makes it the fault of an attribute of the input.
    pub(crate) fn of(self, input: &mut Input, name: &'static str) -> Failure {
        match self {
            Self::Sum => {
                input.refuse(name, "makes a sum that does not fit 64 bits");
                Failure::Refused(std::mem::take(&mut input.errors))
            }
            Self::Store(error) => Failure::Store(error),
        }
    }
}

/// Updates the sum of the approved obligations of a distributor, after one of them changed its part
/// of it from `before` to `after`.
pub(crate) fn accumulate(
    work: &mut Work<'_>,
    payer: &StoredDistributor,
    before: i64,
    after: i64,
) -> Result<(), Unfit> {
    let sum = i128::from(payer.accumulated_value)
        .saturating_sub(before.into())
        .saturating_add(after.into());
    let sum = i64::try_from(sum).map_err(|_| Unfit::Sum)?;
    if sum == payer.accumulated_value {
        return Ok(());
    }
    distributor::set_accumulated_value(&mut work.tenant, payer.id, sum, work.now)
        .map_err(Unfit::Store)
}
