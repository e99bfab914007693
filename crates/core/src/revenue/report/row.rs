//! What comes out of a report: its rows, and the totals of each currency.

use std::cmp::Ordering;
use std::fmt;

use chrono::NaiveDate;
use thiserror::Error;

use crate::calendar::Period;
use crate::money::currency::Currency;

use super::figure::{DEFAULT, Figure, OWN, Three};
use super::order::{RowOrder, SortBy, nulls_last};
use super::sums::{Slices, narrow};
use super::{BlockKey, Group, Grouping, Report};

/// Why a report cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReportError {
    /// A sum of a row is past `i64`.
    #[error("{} of {row} does not fit 64 bits of minor units", .figure.name())]
    RowOverflow {
        /// Which sum.
        figure: Figure,
        /// The id of the row: the first in order that has such a sum.
        row: String,
    },
    /// A total of a currency is past `i64`.
    #[error("{} of all in {currency} does not fit 64 bits of minor units", .figure.name())]
    TotalOverflow {
        /// Which total.
        figure: Figure,
        /// The first currency, by code, that has such a total.
        currency: Currency,
    },
    /// Too many combinations of what is grouped by.
    #[error("there are more than {max_rows} rows")]
    TooManyRows {
        /// How many there may be.
        max_rows: usize,
    },
}

/// One combination of keys that has a day in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    keys: BlockKey,
    starts_on: i32,
    count: i64,
    currency: Option<Currency>,
    own: Option<Three<i64>>,
    default: Three<i64>,
}

/// The value of a group in a row. Its text is that of the wire: `17`, `-`, `EUR`, `2025-07`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The id of an entity, where there is one.
    Id(Option<i64>),
    /// A currency.
    Currency(Currency),
    /// A period, and the day that it starts on.
    Date(Period, NaiveDate),
}

/// What all rows of one currency come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyTotal {
    /// The currency of the deals.
    pub currency: Currency,
    /// How many revenue items there are.
    pub count: i64,
    own: Three<i64>,
    default: Three<i64>,
}

impl Row {
    /// How many revenue items, which is days, at least 1.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.count
    }

    /// The currency of what is not in the organization's; `None` where it is several.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// A figure in minor units; `None` where it would mix currencies.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> Option<i64> {
        figure.amount_in(self.own, self.default)
    }

    /// Its value of a group. Only what the report is grouped by has one that means something.
    #[must_use]
    pub fn key(&self, group: Group) -> Key {
        match group {
            Group::Organization => Key::Id(Some(self.keys.organization)),
            Group::Deal => Key::Id(Some(self.keys.deal)),
            Group::Creator => Key::Id(self.keys.creator),
            Group::RevenueDistribution => Key::Id(Some(self.keys.revenue_distribution)),
            Group::Currency => self.currency.map_or(Key::Id(None), Key::Currency),
            Group::Date(period) => {
                let starts_on = NaiveDate::from_epoch_days(self.starts_on);
                Key::Date(period, starts_on.unwrap_or_default())
            }
        }
    }

    fn compare_by(&self, other: &Self, group: Group, descending: bool) -> Ordering {
        if group == Group::Creator {
            return nulls_last(self.keys.creator, other.keys.creator, descending);
        }
        let [mine, theirs] = [self, other].map(|row| (&row.keys, row.starts_on));
        let ascending = compare(mine, theirs, group);
        if descending { ascending.reverse() } else { ascending }
    }

    /// Compares two rows by all steps of an order, the first step first.
    fn compare_by_orders(&self, other: &Self, orders: &[RowOrder]) -> Ordering {
        let steps = orders.iter().map(|order| self.compare_by_order(other, *order));
        steps.fold(Ordering::Equal, Ordering::then)
    }

    fn compare_by_order(&self, other: &Self, RowOrder { by, descending }: RowOrder) -> Ordering {
        match by {
            SortBy::Group(group) => self.compare_by(other, group, descending),
            SortBy::Count => nulls_last(Some(self.count), Some(other.count), descending),
            SortBy::Figure(figure) => {
                nulls_last(self.figure(figure), other.figure(figure), descending)
            }
        }
    }
}

impl CurrencyTotal {
    /// A figure in minor units.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> i64 {
        figure.amount_in(Some(self.own), self.default).unwrap_or_default()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(Some(id)) => id.fmt(f),
            Self::Id(None) => f.write_str("-"),
            Self::Currency(currency) => currency.fmt(f),
            Self::Date(period, starts_on) => f.write_str(&period.key(*starts_on)),
        }
    }
}

impl Grouping {
    /// The id of a row: its keys in the order asked, with dots between them; without groups `all`.
    #[must_use]
    pub fn row_id(&self, row: &Row) -> String {
        let keys: Vec<String> = self.groups().iter().map(|g| row.key(*g).to_string()).collect();
        if keys.is_empty() { "all".to_owned() } else { keys.join(".") }
    }

    /// The name of the row's period, such as `2025-07`; `None` without a date group.
    #[must_use]
    pub fn date_period(&self, row: &Row) -> Option<String> {
        self.period().map(|period| row.key(Group::Date(period)).to_string())
    }
}

/// Where sums stand: keys and the first day of the period.
type Place<'a> = (&'a BlockKey, i32);

fn compare((mine, my_start): Place<'_>, (theirs, their_start): Place<'_>, by: Group) -> Ordering {
    match by {
        Group::Organization => mine.organization.cmp(&theirs.organization),
        Group::Deal => mine.deal.cmp(&theirs.deal),
        Group::Creator => nulls_last(mine.creator, theirs.creator, false),
        Group::Currency => mine.currency.cmp(&theirs.currency),
        Group::RevenueDistribution => mine.revenue_distribution.cmp(&theirs.revenue_distribution),
        Group::Date(_) => my_start.cmp(&their_start),
    }
}

impl Report {
    /// The rows, in the orders given and then in that of their keys.
    ///
    /// # Errors
    ///
    /// [`ReportError`]: too many rows, or a sum that does not fit.
    pub fn rows(&self, orders: &[RowOrder]) -> Result<Vec<Row>, ReportError> {
        self.check_size()?;
        let groups = self.grouping().groups();
        let in_order = |a: &Place<'_>, b: &Place<'_>| {
            let mut compared = groups.iter().map(|by| compare(*a, *b, *by));
            compared.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        let mut places: Vec<(Place<'_>, usize)> = self.places().collect();
        places.sort_unstable_by(|(a, _), (b, _)| in_order(a, b));
        let mut rows = places
            .chunk_by(|(a, _), (b, _)| in_order(a, b).is_eq())
            .filter_map(|same| Some(self.row(same.first()?.0, same)))
            .collect::<Result<Vec<Row>, _>>()?;
        rows.sort_by(|a, b| a.compare_by_orders(b, orders));
        Ok(rows)
    }

    /// The totals of every currency, by code; none where nothing was added.
    ///
    /// # Errors
    ///
    /// [`ReportError`]: too many rows, or a total that does not fit.
    pub fn totals(&self) -> Result<Vec<CurrencyTotal>, ReportError> {
        self.check_size()?;
        let mut currencies = self.currencies.clone();
        currencies.sort_unstable_by_key(|(code, _)| *code);
        currencies.into_iter().map(|(code, currency)| self.total(code, currency)).collect()
    }

    fn check_size(&self) -> Result<(), ReportError> {
        let max_rows = self.query.max_rows;
        if self.is_too_large() { Err(ReportError::TooManyRows { max_rows }) } else { Ok(()) }
    }

    /// All sums that have a day, by place and number.
    fn places(&self) -> impl Iterator<Item = (Place<'_>, usize)> {
        self.keys.iter().zip((0_usize..).step_by(self.stride)).flat_map(move |(key, start)| {
            let run = usize::try_from(key.run).unwrap_or(0);
            let first = run.saturating_mul(self.stride);
            (0..self.stride).filter_map(move |at| {
                let sum = Some(start.saturating_add(at)).filter(|sum| self.sums.has(*sum))?;
                Some(((key, self.periods.starts_on(first.saturating_add(at))), sum))
            })
        })
    }

    /// The row of sums that differ in nothing but, where it is not grouped by, their currency.
    fn row(
        &self,
        (key, starts_on): Place<'_>,
        same: &[(Place<'_>, usize)],
    ) -> Result<Row, ReportError> {
        let sum = self.sum(same.iter().map(|(_, at)| *at));
        let currency = if same.len() == 1 { self.currency(key.currency) } else { None };
        let code = currency.map_or(0, |_| key.currency);
        let keys = BlockKey { currency: code, run: 0, ..*key };
        let row = Row { keys, starts_on, count: sum.count, currency, own: None, default: [0; 3] };
        let overflow =
            |figure| ReportError::RowOverflow { figure, row: self.grouping().row_id(&row) };
        let own = currency.map(|_| narrow(sum.own, OWN)).transpose().map_err(overflow)?;
        let default = narrow(sum.default, DEFAULT).map_err(overflow)?;
        Ok(Row { own, default, ..row })
    }

    fn total(&self, code: u32, currency: Currency) -> Result<CurrencyTotal, ReportError> {
        let in_currency = self.places().filter(|((key, _), _)| key.currency == code);
        let sum = self.sum(in_currency.map(|(_, at)| at));
        let overflow = |figure| ReportError::TotalOverflow { figure, currency };
        Ok(CurrencyTotal {
            currency,
            count: sum.count,
            own: narrow(sum.own, OWN).map_err(overflow)?,
            default: narrow(sum.default, DEFAULT).map_err(overflow)?,
        })
    }

    fn sum(&self, numbers: impl Iterator<Item = usize>) -> Slices<i128> {
        numbers.fold(Slices::default(), |mut sum, at| {
            sum.add(&self.sums.get(at));
            sum
        })
    }

    fn currency(&self, code: u32) -> Option<Currency> {
        self.currencies.iter().find(|(known, _)| *known == code).map(|(_, currency)| *currency)
    }
}
