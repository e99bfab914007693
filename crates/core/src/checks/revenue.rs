//! The laws of revenue: amounts follow from deals, and days add up to amounts.

use chrono::NaiveDate;

use super::{Comparison, CounterExample, Subject, compare};
use crate::calendar::{DateRange, Period};
use crate::money::decimal::Percent;
use crate::revenue::deal::DealMoney;
use crate::revenue::revenue_distribution::Amounts;
use crate::revenue::slicing::SpreadAmount;

/// A deal's own figures of what it has distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DealFigures {
    /// Its id.
    pub id: i64,
    /// Minor units of its currency.
    pub value: i64,
    /// Units of `10^-10` percent.
    pub distributed_percent: i64,
    /// Minor units.
    pub distributed_amount: i64,
    /// Minor units.
    pub undistributed_amount: i64,
}

impl DealFigures {
    /// What is left is the value without what is distributed, and the percentages sum to that of
    /// the deal. `percents`: their sum, in units of `10^-10` percent.
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "the difference of two 64-bit numbers")]
    pub fn amounts_follow_deals(&self, percents: i128) -> Comparison {
        let left = i128::from(self.value) - i128::from(self.distributed_amount);
        let what = "what is left of the deal";
        let rest = compare(self.subject(), self.undistributed_amount.into(), left, what);
        let own = i128::from(self.distributed_percent);
        let broken = rest.broken.or_else(|| {
            (own != percents).then(|| CounterExample {
                kind: "deals",
                id: self.id,
                detail: format!("percentages: {own} units on the deal, {percents} on its rows"),
            })
        });
        Comparison { broken, ..rest }
    }

    /// What is distributed is the sum of the slices of its distributions, in minor units.
    #[must_use]
    pub fn slices_sum(&self, slices: i128) -> Comparison {
        let what = "what the deal has distributed, and the slices";
        compare(self.subject(), self.distributed_amount.into(), slices, what)
    }

    fn subject(&self) -> Subject {
        Subject { kind: "deals", id: self.id }
    }
}

/// A revenue distribution as its row has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionFigures {
    /// Its id.
    pub id: i64,
    /// The first day.
    pub start_on: NaiveDate,
    /// The last day.
    pub end_on: NaiveDate,
    /// Units of `10^-10` percent.
    pub percent: i64,
    /// Minor units of the deal's currency and of the organization's.
    pub amounts: Amounts,
}

impl DistributionFigures {
    /// Both amounts follow from the deal as it is; `None` where its money cannot be.
    #[must_use]
    pub fn amounts_follow_deals(&self, deal: Option<&DealMoney>) -> Comparison {
        let percent = Percent::from_units(self.percent).ok();
        let due =
            percent.zip(deal).and_then(|(percent, deal)| Amounts::from_percent(percent, deal).ok());
        let left = both(self.amounts);
        let detail = match due {
            Some(due) if due == self.amounts => None,
            Some(due) => {
                Some(format!("{}; the deal makes {}", describe(self.amounts), describe(due)))
            }
            None => Some("the deal makes no amount of its percentage".to_owned()),
        };
        let broken = detail.map(|detail| self.example(detail));
        Comparison { left, right: due.map_or(0, both), broken }
    }

    /// The daily slices sum to both amounts. Answers with the sum of those of `amount` as well.
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "sums of at most 2^17 64-bit numbers")]
    pub fn slices_sum(&self) -> (Comparison, i128) {
        let left = both(self.amounts);
        let Ok(range) = DateRange::new(self.start_on, self.end_on) else {
            let detail = format!("{} to {} are no days", self.start_on, self.end_on);
            return (Comparison { left, right: 0, broken: Some(self.example(detail)) }, 0);
        };
        let slices = |total| -> i128 {
            let days = SpreadAmount { range, total }.by_period(Period::Day);
            days.map(|slice| i128::from(slice.amount)).sum()
        };
        let amount = slices(self.amounts.amount);
        let amount_default = slices(self.amounts.amount_default);
        let what = "amounts and slices";
        let subject = Subject { kind: "revenue_distributions", id: self.id };
        let mut comparison = compare(subject, left, amount + amount_default, what);
        // Two faults that make up for each other are two faults.
        if comparison.broken.is_none() && amount != i128::from(self.amounts.amount) {
            comparison.broken = Some(self.example(what.to_owned()));
        }
        (comparison, amount)
    }

    fn example(&self, detail: String) -> CounterExample {
        CounterExample { kind: "revenue_distributions", id: self.id, detail }
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "the sum of two 64-bit numbers")]
fn both(amounts: Amounts) -> i128 {
    i128::from(amounts.amount) + i128::from(amounts.amount_default)
}

fn describe(amounts: Amounts) -> String {
    format!("amount {}, amount_default {}", amounts.amount, amounts.amount_default)
}
