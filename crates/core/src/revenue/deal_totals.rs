//! Deal totals: the sums over the revenue distributions of a deal, and the rest of its value.
//!
//! Sums are exact: a change is refused if it leads to a sum that does not fit `i64`. More than the
//! whole deal may be distributed; the rest then has the opposite sign.

use crate::money::decimal::Percent;
use crate::revenue::deal::DealMoney;
use crate::revenue::revenue_distribution::Amounts;
use crate::rules::fault::Fault;

/// The part of a deal that one distribution takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DealPart {
    /// The percentage of the deal's value.
    pub percent: Percent,
    /// The part in minor units of the deal's currency.
    pub amount: i64,
}

/// The sums over the distributions of one deal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DealTotals {
    /// The sum of the percentages, in units of `10^-10` percent.
    pub percent_units: i64,
    /// The sum of the amounts, in minor units of the deal's currency.
    pub amount: i64,
}

/// The distributions of a deal after a change of its value, currency or rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecomputedDeal {
    /// The new amounts of each distribution, in the order of the percentages given.
    pub amounts: Vec<Amounts>,
    /// The sums of the new percentages and amounts.
    pub totals: DealTotals,
}

impl DealTotals {
    /// Sums up all distributions, in any order.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` if a sum does not fit `i64`.
    pub fn from_parts(parts: impl IntoIterator<Item = DealPart>) -> Result<Self, Fault> {
        let (percent, amount) = parts.into_iter().fold((0, 0), sum_with);
        Self::fitting(percent, amount)
    }

    /// Adds one distribution to the sums.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` if a sum does not fit `i64`.
    pub fn with(self, added: DealPart) -> Result<Self, Fault> {
        let (percent, amount) = sum_with(self.wide(), added);
        Self::fitting(percent, amount)
    }

    /// Subtracts one distribution from the sums.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` if a sum does not fit `i64`, which cannot happen for a
    /// distribution that was added before.
    pub fn without(self, removed: DealPart) -> Result<Self, Fault> {
        let (percent, amount) = difference(self.wide(), removed);
        Self::fitting(percent, amount)
    }

    /// Replaces one distribution in the sums by another.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` if a sum does not fit `i64`.
    pub fn replacing(self, old: DealPart, new: DealPart) -> Result<Self, Fault> {
        let (percent, amount) = sum_with(difference(self.wide(), old), new);
        Self::fitting(percent, amount)
    }

    /// Returns the rest of the deal's value, in minor units of its currency.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` if the rest does not fit `i64`.
    pub fn undistributed(&self, value: i64) -> Result<i64, Fault> {
        value.checked_sub(self.amount).ok_or_else(unfitting)
    }

    /// Computes every distribution of a changed deal again, one for each percentage.
    ///
    /// The rest of the value then fits `i64` too, because all amounts have the sign of the value.
    ///
    /// # Errors
    ///
    /// A fault at `value`, the field of the deal, if any figure does not fit `i64`.
    pub fn recompute(deal: &DealMoney, percents: &[Percent]) -> Result<RecomputedDeal, Fault> {
        Self::recompute_each(deal, percents).map_err(|fault| fault.at("value"))
    }

    fn recompute_each(deal: &DealMoney, percents: &[Percent]) -> Result<RecomputedDeal, Fault> {
        let amounts = percents
            .iter()
            .map(|percent| Amounts::from_percent(*percent, deal).map_err(|_| unfitting()))
            .collect::<Result<Vec<_>, _>>()?;
        let parts = percents
            .iter()
            .zip(&amounts)
            .map(|(percent, amounts)| DealPart { percent: *percent, amount: amounts.amount });
        let totals = Self::from_parts(parts)?;
        Ok(RecomputedDeal { amounts, totals })
    }

    fn wide(self) -> (i128, i128) {
        (self.percent_units.into(), self.amount.into())
    }

    fn fitting(percent: i128, amount: i128) -> Result<Self, Fault> {
        match (i64::try_from(percent), i64::try_from(amount)) {
            (Ok(percent_units), Ok(amount)) => Ok(Self { percent_units, amount }),
            _ => Err(unfitting()),
        }
    }
}

type Sums = (i128, i128);

#[expect(clippy::arithmetic_side_effects, reason = "overflow would take 2^64 distributions")]
fn sum_with((percent, amount): Sums, part: DealPart) -> Sums {
    (percent + i128::from(part.percent.units()), amount + i128::from(part.amount))
}

#[expect(clippy::arithmetic_side_effects, reason = "both operands fit 64 bits")]
fn difference((percent, amount): Sums, part: DealPart) -> Sums {
    (percent - i128::from(part.percent.units()), amount - i128::from(part.amount))
}

fn unfitting() -> Fault {
    Fault::new(
        "amount_percent",
        "makes a sum of the deal's distributions that does not fit 64 bits",
    )
}
