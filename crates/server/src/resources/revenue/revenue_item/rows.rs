//! The revenue items of a response. Not here: the choice of the items (`order`).

use apportion_core::calendar::DateRange;
use apportion_core::currency::Currency;
use apportion_core::organization::today;
use apportion_core::report::Entry;
use apportion_core::revenue_item::{RevenueItem, RevenueItems};
use apportion_jsonapi::{Rows, Scalar};
use apportion_store::organization;
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::json;

/// A revenue item: a distribution and one of its days.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub(super) entry: Entry,
    pub(super) date: NaiveDate,
}

impl Item {
    /// Returns the deal, the distribution and the day as the JSON array of a cursor.
    pub(super) fn keys(&self) -> String {
        let Self { entry, date } = self;
        json!([entry.deal, entry.revenue_distribution, date.to_epoch_days()]).to_string()
    }

    fn spread(&self) -> Option<RevenueItems> {
        let day = NaiveDate::from_epoch_days;
        let (start, end) = (day(self.entry.days.first())?, day(self.entry.days.last())?);
        Some(RevenueItems {
            range: DateRange::new(start, end).ok()?,
            amount: self.entry.amount,
            amount_default: self.entry.amount_default,
            probability: self.entry.probability,
        })
    }
}

/// The items of a page, with their amounts and explanations.
pub(super) struct ItemRows {
    items: Vec<(Item, Option<RevenueItem>, String)>,
    currency_default: Currency,
    today: NaiveDate,
}

impl ItemRows {
    pub(super) fn new(
        items: Vec<Item>,
        organization: &organization::OrganizationRow,
        now: NaiveDateTime,
    ) -> Self {
        let computed = |item: Item| {
            let spread = item.spread();
            let slice = spread.and_then(|spread| spread.on(item.date));
            (item, slice, spread.map_or_else(String::new, |spread| explanation(&spread, item.date)))
        };
        Self {
            items: items.into_iter().map(computed).collect(),
            currency_default: organization.currency,
            today: today(&organization.time_zone, now),
        }
    }
}

/// Returns the computation of the item's amount as a JSON object, or `null` if the distribution
/// does not cover the day.
fn explanation(spread: &RevenueItems, date: NaiveDate) -> String {
    let Some(why) = spread.explain(date) else { return "null".to_owned() };
    json!({
        "total": why.total, "days": why.days, "k": why.k, "before": why.before,
        "upto": why.upto, "sentence": why.sentence,
    })
    .to_string()
}

impl Rows for ItemRows {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn id(&self, row: usize) -> i64 {
        let item = self.items.get(row).map(|(item, ..)| item);
        item.and_then(|it| super::packed(it.entry.revenue_distribution, it.date)).unwrap_or(0)
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        let Some((item, slice, explanation)) = self.items.get(row) else { return Scalar::Null };
        let figure = |read: fn(&RevenueItem) -> i64| {
            slice.as_ref().map_or(Scalar::Null, |slice| Scalar::Integer(read(slice)))
        };
        match attribute {
            0 => Scalar::Date(item.date),
            1 => figure(|slice| slice.amount),
            2 => figure(|slice| slice.amount_default),
            3 => figure(|slice| slice.projected_amount),
            4 => figure(|slice| slice.projected_amount_default),
            5 => Scalar::Text(item.entry.currency.code()),
            6 => Scalar::Text(self.currency_default.code()),
            7 => Scalar::Boolean(item.entry.status.is_recognised() && item.date <= self.today),
            _ => Scalar::Json(explanation.into()),
        }
    }

    fn decimals(&self, row: usize, attribute: usize, _: u32) -> u32 {
        let currency = self.items.get(row).map(|(item, ..)| item.entry.currency);
        match attribute {
            1 | 3 => currency.map_or(0, Currency::decimals),
            2 | 4 => self.currency_default.decimals(),
            _ => 0,
        }
    }

    fn linkage(&self, row: usize, relationship: usize) -> Option<i64> {
        let entry = &self.items.get(row)?.0.entry;
        Some(if relationship == 0 { entry.revenue_distribution } else { entry.deal })
    }
}
