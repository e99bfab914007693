//! What a deal has distributed: the sums over its revenue distributions, and what is left.
//!
//! Sums are exact: one that does not fit `i64` refuses the change that leads to it. More than the
//! whole deal may be distributed; what is left is then of the other sign.

use crate::money::decimal::Percent;
use crate::revenue::deal::DealMoney;
use crate::revenue::revenue_distribution::Amounts;
use crate::rules::fault::Fault;

/// What one distribution takes of its deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DealPart {
    /// The part of the deal's value.
    pub percent: Percent,
    /// The same in minor units of the deal's currency.
    pub amount: i64,
}

/// The sums over the distributions of one deal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DealTotals {
    /// Units of `10^-10` percent.
    pub percent_units: i64,
    /// Minor units of the deal's currency.
    pub amount: i64,
}

/// The distributions of a deal after a change of its value, currency or rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecomputedDeal {
    /// What each distribution comes to now, in the order asked.
    pub amounts: Vec<Amounts>,
    /// Their sums.
    pub totals: DealTotals,
}

impl DealTotals {
    /// The sums over all distributions, whatever their order.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` where a sum does not fit `i64`.
    pub fn from_parts(shares: impl IntoIterator<Item = DealPart>) -> Result<Self, Fault> {
        let (percent, amount) = shares.into_iter().fold((0, 0), sum_with);
        Self::fitting(percent, amount)
    }

    /// The sums with one distribution more.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` where a sum does not fit `i64`.
    pub fn with(self, added: DealPart) -> Result<Self, Fault> {
        let (percent, amount) = sum_with(self.wide(), added);
        Self::fitting(percent, amount)
    }

    /// The sums with one distribution less.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` where a sum does not fit `i64`, which a distribution that was
    /// added before cannot bring about.
    pub fn without(self, removed: DealPart) -> Result<Self, Fault> {
        let (percent, amount) = difference(self.wide(), removed);
        Self::fitting(percent, amount)
    }

    /// The sums with one distribution changed.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` where a sum does not fit `i64`.
    pub fn replacing(self, old: DealPart, new: DealPart) -> Result<Self, Fault> {
        let (percent, amount) = sum_with(difference(self.wide(), old), new);
        Self::fitting(percent, amount)
    }

    /// What is left of the deal, in minor units of its currency.
    ///
    /// # Errors
    ///
    /// A fault at `amount_percent` where it does not fit `i64`.
    pub fn undistributed(&self, value: i64) -> Result<i64, Fault> {
        value.checked_sub(self.amount).ok_or_else(unfitting)
    }

    /// Recomputes every distribution of a deal that was changed, one for each percentage.
    ///
    /// What is left of the deal fits too: the amounts have the sign of its value.
    ///
    /// # Errors
    ///
    /// A fault at `value`, the field of the deal, where any figure does not fit `i64`.
    pub fn recompute(deal: &DealMoney, percents: &[Percent]) -> Result<RecomputedDeal, Fault> {
        Self::redistribute(deal, percents).map_err(|fault| fault.at("value"))
    }

    fn redistribute(deal: &DealMoney, percents: &[Percent]) -> Result<RecomputedDeal, Fault> {
        let amounts = percents
            .iter()
            .map(|percent| Amounts::from_percent(*percent, deal).map_err(|_| unfitting()))
            .collect::<Result<Vec<_>, _>>()?;
        let shares = percents
            .iter()
            .zip(&amounts)
            .map(|(percent, amounts)| DealPart { percent: *percent, amount: amounts.amount });
        let distributed = Self::from_parts(shares)?;
        Ok(RecomputedDeal { amounts, totals: distributed })
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
fn sum_with((percent, amount): Sums, share: DealPart) -> Sums {
    (percent + i128::from(share.percent.units()), amount + i128::from(share.amount))
}

#[expect(clippy::arithmetic_side_effects, reason = "both operands are within 64 bits")]
fn difference((percent, amount): Sums, share: DealPart) -> Sums {
    (percent - i128::from(share.percent.units()), amount - i128::from(share.amount))
}

fn unfitting() -> Fault {
    Fault::new("amount_percent", "makes the distributions of the deal not fit 64 bits")
}
