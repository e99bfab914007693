//! The results of a report: its rows, and the totals of each currency.

use std::cmp::Ordering;
use std::fmt;

use chrono::NaiveDate;
use thiserror::Error;

use crate::calendar::Period;
use crate::money::currency::Currency;
use crate::revenue::deal::DealStatus;

use super::figure::{DEFAULT, Figure, OWN, Three};
use super::order::{RowOrder, SortBy, nulls_last};
use super::sums::{Slices, narrow};
use super::{BlockKey, Group, Grouping, Report};

/// An error: a report cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReportError {
    /// A sum of a row does not fit `i64`.
    #[error("{} of {row} does not fit 64 bits of minor units", .figure.name())]
    RowOverflow {
        /// The sum that does not fit.
        figure: Figure,
        /// The id of the first row that has such a sum.
        row: String,
    },
    /// A total of a currency does not fit `i64`.
    #[error("{} of all rows in {currency} does not fit 64 bits of minor units", .figure.name())]
    TotalOverflow {
        /// The total that does not fit.
        figure: Figure,
        /// The first currency, by code, that has such a total.
        currency: Currency,
    },
    /// There are too many combinations of keys.
    #[error("there are more than {max_rows} rows; group by less or narrow the dates")]
    TooManyRows {
        /// The most rows that are allowed.
        max_rows: usize,
    },
}

/// A combination of keys that has at least one day in the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    keys: BlockKey,
    starts_on: i32,
    count: i64,
    currency: Option<Currency>,
    own: Option<Three<i64>>,
    default: Three<i64>,
}

/// The value of a group in a row, displayed as in the API: `17`, `-`, `EUR`, `won`, `2025-07`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The id of an entity; `None` if the row has no such entity.
    Id(Option<i64>),
    /// A currency.
    Currency(Currency),
    /// The status of deals.
    Status(DealStatus),
    /// A period, and the day that it starts on.
    Date(Period, NaiveDate),
}

/// The totals over all rows of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyTotal {
    /// The currency of the deals.
    pub currency: Currency,
    /// The number of revenue items.
    pub count: i64,
    own: Three<i64>,
    default: Three<i64>,
}

impl Row {
    /// Returns the number of revenue items, which is a number of days and at least 1.
    #[must_use]
    pub const fn count(&self) -> i64 {
        self.count
    }

    /// Returns the currency of the figures that are not in the organization's; `None` if they would
    /// mix several.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Returns a figure in minor units, or `None` if it would mix currencies.
    #[must_use]
    pub fn figure(&self, figure: Figure) -> Option<i64> {
        figure.amount_in(self.own, self.default)
    }

    /// Returns the row's value for a group. It means nothing unless the report is grouped by that
    /// group.
    #[must_use]
    pub fn key(&self, group: Group) -> Key {
        match group {
            Group::Organization => Key::Id(Some(self.keys.organization)),
            Group::Deal => Key::Id(Some(self.keys.deal)),
            Group::Creator => Key::Id(self.keys.creator),
            Group::RevenueDistribution => Key::Id(Some(self.keys.revenue_distribution)),
            Group::Currency => self.currency.map_or(Key::Id(None), Key::Currency),
            Group::Status => self.keys.status.map_or(Key::Id(None), Key::Status),
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

    /// Compares two rows by all steps of an order.
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
    /// Returns a figure in minor units.
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
            Self::Status(status) => status.fmt(f),
            Self::Date(period, starts_on) => f.write_str(&period.key(*starts_on)),
        }
    }
}

impl Grouping {
    /// Returns the id of a row: its keys in the order of the groups, joined by dots; `all` without
    /// groups.
    #[must_use]
    pub fn row_id(&self, row: &Row) -> String {
        let keys: Vec<String> = self.groups().iter().map(|g| row.key(*g).to_string()).collect();
        if keys.is_empty() { "all".to_owned() } else { keys.join(".") }
    }

    /// Returns the name of the row's period, such as `2025-07`, or `None` without a date group.
    #[must_use]
    pub fn date_period(&self, row: &Row) -> Option<String> {
        self.period().map(|period| row.key(Group::Date(period)).to_string())
    }
}

/// The place of a sum: its keys, and the first day of its period.
type Place<'a> = (&'a BlockKey, i32);

fn compare((mine, my_start): Place<'_>, (theirs, their_start): Place<'_>, by: Group) -> Ordering {
    match by {
        Group::Organization => mine.organization.cmp(&theirs.organization),
        Group::Deal => mine.deal.cmp(&theirs.deal),
        Group::Creator => nulls_last(mine.creator, theirs.creator, false),
        Group::Currency => mine.currency.cmp(&theirs.currency),
        Group::Status => {
            mine.status.map(DealStatus::name).cmp(&theirs.status.map(DealStatus::name))
        }
        Group::RevenueDistribution => mine.revenue_distribution.cmp(&theirs.revenue_distribution),
        Group::Date(_) => my_start.cmp(&their_start),
    }
}

impl Report {
    /// Returns the rows, sorted by the given orders and then by their keys.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if there are too many rows, or if a sum does not fit.
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

    /// Returns the totals of each currency, sorted by code.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if there are too many rows, or if a total does not fit.
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

    /// Iterates over the places and positions of all sums that include at least one day.
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

    /// Makes one row from the sums at the same place, which can differ in their currency only.
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
