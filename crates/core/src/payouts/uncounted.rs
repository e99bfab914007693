//! Revenue that a pool cannot count: deals in its scope whose currency is neither the units of the
//! pool nor converted to them.
//!
//! Amounts are converted to one currency only, the organization's. So a pool in that currency
//! counts every deal, and a pool in another one only those deals that are in it. Which rows these
//! are is decided by the store; nothing here changes what a pool is.

use std::collections::BTreeMap;

use crate::calendar::DateRange;
use crate::money::currency::Currency;
use crate::money::units::Units;
use crate::revenue::slicing::SpreadAmount;

/// The revenue in one currency that a pool does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UncountedRevenue {
    /// The currency of the deals.
    pub currency: Currency,
    /// The revenue recognised in the period, in minor units of `currency`; never 0.
    pub amount: i128,
}

/// Sums up the daily slices of amounts on some days by their currencies, ordered by code. A
/// currency whose sum is 0 is left out.
pub fn add_up_by_currency(
    spans: impl IntoIterator<Item = (Currency, SpreadAmount)>,
    days: DateRange,
) -> Vec<UncountedRevenue> {
    let mut sums: BTreeMap<&'static str, UncountedRevenue> = BTreeMap::new();
    for (currency, span) in spans {
        let sum = sums.entry(currency.code());
        let sum = sum.or_insert(UncountedRevenue { currency, amount: 0 });
        sum.amount = sum.amount.saturating_add(i128::from(span.window(days)));
    }
    sums.into_values().filter(|sum| sum.amount != 0).collect()
}

impl UncountedRevenue {
    /// Says that the revenue is not in a pool of these units, and why.
    #[must_use]
    pub fn sentence(&self, units: &Units) -> String {
        let Self { currency, amount } = *self;
        let shown = Units::Currency(currency).amount(amount);
        format!("Revenue of {shown} is not counted, as {currency} is not converted to {units}.")
    }
}
