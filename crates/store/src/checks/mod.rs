//! The laws of conservation, held against the rows of a tenant: read by their keys, so many at a
//! time, however many there are. What the laws say is `apportion_core::checks`.

mod payouts;
mod revenue;

use apportion_core::checks::{Check, Finding};

use crate::error::Result;
use crate::session::tenant::Tenant;

/// How many subjects are read at once.
const SUBJECTS: i64 = 1_000;

/// Says whether to stop, by what was found so far.
pub type Stop<'s> = &'s mut dyn FnMut(&Finding) -> bool;

/// Asks for rows of these SQL types: text and values in turn, values as `Value`s.
macro_rules! ask {
    ($tenant:ident, $types:ty, $parts:expr, $values:expr) => {{
        let values = $values;
        let asked = $crate::sql::statement::Yielding::<$types> {
            head: $crate::sql::statement::Prepared { parts: $parts, values: &values },
            rows: &[],
            tail: $crate::sql::statement::Prepared::plain(&[]),
            yields: std::marker::PhantomData,
        };
        asked.load($tenant.connection()?).map_err($crate::error::Error::from)?
    }};
}
use ask;

/// Looks at a law until its end, or until it is told to stop. One moment of the rows is seen where
/// the session shows one (`Session::snapshot`).
pub fn check(tenant: &mut Tenant<'_>, law: Check, stop: Stop<'_>) -> Result<Finding> {
    let mut look = Look { finding: Finding::new(law), stop };
    let walked = match law {
        Check::AllocationsSum => payouts::allocations_sum(tenant, &mut look),
        Check::ObligationOnce => payouts::obligation_once(tenant, &mut look),
        Check::TriggerOnce => payouts::trigger_once(tenant, &mut look),
        Check::MetricsFollowCredits => payouts::metrics_follow_credits(tenant, &mut look),
        Check::AmountsFollowDeals | Check::SlicesSum => revenue::walk(tenant, law, &mut look),
    };
    look.finding.is_complete = walked? == Walk::Ended;
    Ok(look.finding)
}

/// A law while it is looked at.
struct Look<'s> {
    finding: Finding,
    stop: Stop<'s>,
}

impl Look<'_> {
    fn is_over(&mut self) -> bool {
        (self.stop)(&self.finding)
    }
}

/// How a walk over the subjects came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// All were seen.
    Ended,
    /// It was told to stop.
    Stopped,
}
