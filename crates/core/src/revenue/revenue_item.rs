//! Revenue items: the day slices of a revenue distribution, one for each of its days.
//!
//! An item is computed on demand and never stored; it is found by its date. Pages over the items of
//! many distributions are [`crate::revenue_item_page`].

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use thiserror::Error;

use crate::calendar::DateRange;
use crate::money::projected;
use crate::revenue::slicing::{SliceExplanation, SpreadAmount};

/// The id of an item, made of its distribution and its date: `4-2025-07-01`.
///
/// # Examples
///
/// ```
/// use apportion_core::revenue_item::RevenueItemId;
///
/// let id: RevenueItemId = "4-2025-07-01".parse()?;
/// assert_eq!((id.revenue_distribution, id.to_string()), (4, "4-2025-07-01".to_owned()));
/// # Ok::<(), apportion_core::revenue_item::RevenueItemIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RevenueItemId {
    /// The id of the distribution.
    pub revenue_distribution: i64,
    /// The day of the item.
    pub date: NaiveDate,
}

/// An error: the text is not the id of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be the id of a revenue distribution and a date, such as 4-2025-07-01")]
pub struct RevenueItemIdError;

impl fmt::Display for RevenueItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.revenue_distribution, self.date)
    }
}

impl FromStr for RevenueItemId {
    type Err = RevenueItemIdError;

    /// Parses exactly what [`RevenueItemId`] writes: `04-2025-07-01` and `4-2025-7-1` are not ids.
    fn from_str(text: &str) -> Result<Self, RevenueItemIdError> {
        let (distribution, date) = text.split_once('-').ok_or(RevenueItemIdError)?;
        let id = Self {
            revenue_distribution: distribution.parse().map_err(|_| RevenueItemIdError)?,
            date: date.parse().map_err(|_| RevenueItemIdError)?,
        };
        if id.to_string() == text { Ok(id) } else { Err(RevenueItemIdError) }
    }
}

/// The figures of one distribution that all of its items are computed from.
///
/// # Examples
///
/// 1000.00 is spread over July; the second day gets a share, and an explanation of it:
///
/// ```
/// use apportion_core::calendar::DateRange;
/// use apportion_core::revenue_item::RevenueItems;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let july = DateRange::new("2025-07-01".parse()?, "2025-07-31".parse()?)?;
/// let items =
///     RevenueItems { range: july, amount: 100_000, amount_default: 100_000, probability: 50 };
/// let second = items.on("2025-07-02".parse()?).ok_or("a day of July")?;
/// assert_eq!((second.amount, second.projected_amount), (3_226, 1_613));
/// let why = items.explain(second.date).ok_or("a day of July")?;
/// assert_eq!((why.before, why.upto), (3_226, 6_452));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueItems {
    /// The days of the distribution.
    pub range: DateRange,
    /// The amount in minor units of the deal's currency.
    pub amount: i64,
    /// The amount in minor units of the organization's currency.
    pub amount_default: i64,
    /// The deal's probability in percent, 0 to 100.
    pub probability: i64,
}

/// The slices of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevenueItem {
    /// The day.
    pub date: NaiveDate,
    /// The slice of the amount, in minor units of the deal's currency.
    pub amount: i64,
    /// The slice of the amount, in minor units of the organization's currency.
    pub amount_default: i64,
    /// The slice of `round(amount * probability / 100)`, in minor units of the deal's currency.
    pub projected_amount: i64,
    /// The slice of `round(amount_default * probability / 100)`, in minor units of the
    /// organization's currency.
    pub projected_amount_default: i64,
}

impl RevenueItems {
    /// Returns the item of a day, or `None` for a day outside the range.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<RevenueItem> {
        let slice = |total| self.spread(total).slice(date);
        Some(RevenueItem {
            date,
            amount: slice(self.amount)?,
            amount_default: slice(self.amount_default)?,
            projected_amount: slice(projected(self.amount, self.probability))?,
            projected_amount_default: slice(projected(self.amount_default, self.probability))?,
        })
    }

    /// Explains the `amount` of a day; `None` for a day outside the range.
    #[must_use]
    pub fn explain(&self, date: NaiveDate) -> Option<SliceExplanation> {
        self.spread(self.amount).explain(date)
    }

    const fn spread(&self, total: i64) -> SpreadAmount {
        SpreadAmount { range: self.range, total }
    }
}
