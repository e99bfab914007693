//! The checks of revenue: amounts follow from deals, and daily slices add up to amounts.

use chrono::NaiveDate;

use super::{Comparison, CounterExample, Side, Subject, compare};
use crate::calendar::{DateRange, Period};
use crate::money::decimal::Percent;
use crate::revenue::deal::DealMoney;
use crate::revenue::revenue_distribution::Amounts;
use crate::revenue::slicing::SpreadAmount;

const SLICES: &str = "the sum of the slices";

/// The figures that a deal's row has of its distributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DealFigures {
    /// The id of the deal.
    pub id: i64,
    /// The value in minor units of its currency.
    pub value: i64,
    /// The sum of its distributions' percentages, in units of `10^-10` percent.
    pub distributed_percent: i64,
    /// The sum of its distributions' amounts, in minor units.
    pub distributed_amount: i64,
    /// The rest of the value, in minor units.
    pub undistributed_amount: i64,
}

impl DealFigures {
    /// Checks the rest of the value and the sum of the percentages.
    ///
    /// `percents` is the sum of the percentages on the rows of the distributions, in units of
    /// `10^-10` percent.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the difference of two 64-bit numbers fits 128 bits"
    )]
    pub fn amounts_follow_deals(&self, percents: i128) -> Comparison {
        let expected = i128::from(self.value) - i128::from(self.distributed_amount);
        let expected = Side { name: "the value less distributed_amount", value: expected };
        let undistributed =
            Side { name: "undistributed_amount", value: self.undistributed_amount.into() };
        let rest = compare(self.subject(), undistributed, expected);
        let own = i128::from(self.distributed_percent);
        let broken = rest.broken.or_else(|| {
            (own != percents).then(|| CounterExample {
                kind: "deals",
                id: self.id,
                detail: format!(
                    "distributed_percent is {own} units of 10^-10 percent, the sum of the \
                     percentages is {percents}"
                ),
            })
        });
        Comparison { broken, ..rest }
    }

    /// Checks that the distributed amount is the sum of the daily slices, which is in minor units.
    #[must_use]
    pub fn slices_sum(&self, slices: i128) -> Comparison {
        let distributed =
            Side { name: "distributed_amount", value: self.distributed_amount.into() };
        compare(self.subject(), distributed, Side { name: SLICES, value: slices })
    }

    fn subject(&self) -> Subject {
        Subject { kind: "deals", id: self.id }
    }
}

/// The figures that the row of a revenue distribution has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionFigures {
    /// The id of the revenue distribution.
    pub id: i64,
    /// The first day.
    pub start_on: NaiveDate,
    /// The last day.
    pub end_on: NaiveDate,
    /// The percentage of the deal's value, in units of `10^-10` percent.
    pub percent: i64,
    /// The amounts in minor units of the deal's currency and of the organization's.
    pub amounts: Amounts,
}

impl DistributionFigures {
    /// Checks that both amounts follow from the deal; `deal` is `None` if its money is
    /// inconsistent.
    #[must_use]
    pub fn amounts_follow_deals(&self, deal: Option<&DealMoney>) -> Comparison {
        let percent = Percent::from_units(self.percent).ok();
        let due =
            percent.zip(deal).and_then(|(percent, deal)| Amounts::from_percent(percent, deal).ok());
        let left = both(self.amounts);
        let detail = match due {
            Some(due) if due == self.amounts => None,
            Some(due) => {
                Some(format!("{}; from the deal follow {}", describe(self.amounts), describe(due)))
            }
            None => Some("no amounts follow from the deal and the percentage".to_owned()),
        };
        let broken = detail.map(|detail| self.example(detail));
        Comparison { left, right: due.map_or(0, both), broken }
    }

    /// Checks that the daily slices sum to both amounts. Returns the sum of the slices of `amount`
    /// too.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a sum of at most 2^17 64-bit numbers fits 128 bits"
    )]
    pub fn slices_sum(&self) -> (Comparison, i128) {
        let left = both(self.amounts);
        let Ok(range) = DateRange::new(self.start_on, self.end_on) else {
            let detail = format!(
                "start_on {} and end_on {} are not a range of days",
                self.start_on, self.end_on
            );
            return (Comparison { left, right: 0, broken: Some(self.example(detail)) }, 0);
        };
        let slices = |total| -> i128 {
            let days = SpreadAmount { range, total }.by_period(Period::Day);
            days.map(|slice| i128::from(slice.amount)).sum()
        };
        let amount = slices(self.amounts.amount);
        let amount_default = slices(self.amounts.amount_default);
        let subject = Subject { kind: "revenue_distributions", id: self.id };
        let amounts = Side { name: "the sum of both amounts", value: left };
        let slices = Side { name: SLICES, value: amount + amount_default };
        let mut comparison = compare(subject, amounts, slices);
        // Differences that cancel each other out in the sum are found here.
        if comparison.broken.is_none() && amount != i128::from(self.amounts.amount) {
            let detail = format!("amount is {}, {SLICES} is {amount}", self.amounts.amount);
            comparison.broken = Some(self.example(detail));
        }
        (comparison, amount)
    }

    fn example(&self, detail: String) -> CounterExample {
        CounterExample { kind: "revenue_distributions", id: self.id, detail }
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "the sum of two 64-bit numbers fits 128 bits")]
fn both(amounts: Amounts) -> i128 {
    i128::from(amounts.amount) + i128::from(amounts.amount_default)
}

fn describe(amounts: Amounts) -> String {
    format!("amount {}, amount_default {}", amounts.amount, amounts.amount_default)
}
