//! The rows of deals and revenue distributions, as far as a ledger needs them.

use std::ops::Range;
use std::sync::Arc;

use apportion_core::currency::Currency;
use apportion_core::day_span::DaySpan;
use apportion_core::deal::DealStatus;
use chrono::NaiveDate;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{Date, Text};
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::database::connection::on_backend;
use crate::error::{Error, Result, intact};
use crate::session::books::{Account, Ledger, Line};
use crate::session::tenant::{RowVersion, Tenant};
use crate::tables::revenue::deal::deals;
use crate::tables::revenue::revenue_distribution::revenue_distributions;

/// The number of deals that are read at once.
const CHUNK: usize = 250;

/// Returns the tenant's ledger as the current transaction sees it, or `None` if `known` is still up
/// to date.
pub(super) fn current(tenant: &mut Tenant<'_>, known: &Ledger) -> Result<Option<Ledger>> {
    let versions: Vec<RowVersion> = deals::table
        .filter(deals::organization_id.eq(tenant.id()))
        .order(deals::id)
        .select((deals::id, deals::version))
        .load(tenant.connection()?)?;
    let mut accounts: Vec<Option<Arc<Account>>> = Vec::with_capacity(versions.len());
    let mut old = known.accounts.iter().peekable();
    for deal in &versions {
        while old.next_if(|account| account.deal < deal.id).is_some() {}
        let same = old.next_if(|account| account.deal == deal.id);
        accounts.push(same.filter(|account| account.version == deal.version).cloned());
    }
    if known.accounts.len() == accounts.len() && accounts.iter().all(Option::is_some) {
        return Ok(None);
    }
    let changed: Vec<i64> = versions
        .iter()
        .zip(&accounts)
        .filter(|(_, account)| account.is_none())
        .map(|(deal, _)| deal.id)
        .collect();
    let mut read = Vec::with_capacity(changed.len());
    // A few deals are read one by one; many are read together with those in between.
    let few = changed.len().saturating_mul(8) < versions.len();
    for chunk in changed.chunks(if few { 1 } else { CHUNK }) {
        read_accounts(tenant, chunk, &mut read)?;
    }
    // Both are ordered by id, so that each gap takes the next account that was read.
    let mut read = read.into_iter().map(Arc::new);
    let accounts = accounts.into_iter().filter_map(|account| account.or_else(|| read.next()));
    Ok(Some(Ledger { organization: tenant.id(), accounts: accounts.collect() }))
}

/// Reads the accounts of these deals, ordered by id. The rows of the deals in between are read too,
/// but not returned.
fn read_accounts(tenant: &mut Tenant<'_>, ids: &[i64], into: &mut Vec<Account>) -> Result<()> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
    let heads = heads(tenant, *first, *last)?;
    let mut lines: Vec<LineOfDeal> = Vec::new();
    let rows = revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .filter(revenue_distributions::deal_id.between(*first, *last))
        .order((revenue_distributions::deal_id, revenue_distributions::id))
        .select(COLUMNS);
    for_each_row!(rows, tenant.connection()?, |row| lines.push(row.line_of_deal()?));
    let mut by_deal = lines.chunk_by(|one, next| one.deal == next.deal).peekable();
    for head in heads {
        let mut lines: Box<[Line]> = Box::default();
        let is_due = |lines: &&[LineOfDeal]| lines.first().is_some_and(|it| it.deal <= head.id);
        while let Some(of_deal) = by_deal.next_if(is_due) {
            if of_deal.first().is_some_and(|it| it.deal == head.id) {
                lines = of_deal.iter().map(|it| it.line).collect();
            }
        }
        if ids.binary_search(&head.id).is_ok() {
            into.push(head.account(lines));
        }
    }
    Ok(())
}

/// A deal without its distributions.
#[derive(Clone, Copy, Queryable)]
pub(super) struct Head {
    pub(super) id: i64,
    version: i64,
    currency: Currency,
    probability: i64,
    status: DealStatus,
}

impl Head {
    /// Returns the account of the deal with these distributions.
    pub(super) fn account(self, lines: Box<[Line]>) -> Account {
        let Self { id, version, currency, probability, status } = self;
        Account { deal: id, version, currency, probability, status, lines }
    }
}

/// Reads the deals with ids from `first` to `last`, ordered by id.
pub(super) fn heads(tenant: &mut Tenant<'_>, first: i64, last: i64) -> Result<Vec<Head>> {
    deals::table
        .filter(deals::organization_id.eq(tenant.id()))
        .filter(deals::id.between(first, last))
        .order(deals::id)
        .select((deals::id, deals::version, deals::currency, deals::probability, deals::status))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

/// The number of a day, which is read without making a date in between where that is possible.
#[derive(Clone, Copy, FromSqlRow)]
pub(super) struct Day(i32);

impl FromSql<Date, Pg> for Day {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(<NaiveDate as FromSql<Date, Pg>>::from_sql(value)?.to_epoch_days()))
    }
}

impl FromSql<Date, Sqlite> for Day {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        let year = text.get(0..4).and_then(|year| year.parse().ok());
        let part = |range| text.get::<Range<usize>>(range).and_then(|part| part.parse().ok());
        let date = match (year, part(5..7), part(8..10)) {
            (Some(year), Some(month), Some(day)) if text.len() == 10 => {
                NaiveDate::from_ymd_opt(year, month, day)
            }
            _ => None,
        };
        Ok(Self(date.ok_or_else(|| format!("{text} is no date"))?.to_epoch_days()))
    }
}

/// A revenue distribution, as far as it is read here.
#[derive(Queryable)]
pub(super) struct Row {
    deal: i64,
    id: i64,
    first: Day,
    last: Day,
    amount: i64,
    amount_default: i64,
    creator: Option<i64>,
}

/// A line with the deal that it is of.
pub(super) struct LineOfDeal {
    pub(super) deal: i64,
    pub(super) line: Line,
}

impl Row {
    /// Returns the line of the row.
    pub(super) fn line_of_deal(self) -> Result<LineOfDeal> {
        let Self { deal, id, first: Day(first), last: Day(last), .. } = self;
        let days = intact("revenue_distributions", id, DaySpan::new(first, last))?;
        let Self { amount, amount_default, creator, .. } = self;
        let line = Line { id, days, amount, amount_default, creator: creator.unwrap_or(0) };
        Ok(LineOfDeal { deal, line })
    }
}

type Columns = (
    revenue_distributions::deal_id,
    revenue_distributions::id,
    revenue_distributions::start_on,
    revenue_distributions::end_on,
    revenue_distributions::amount,
    revenue_distributions::amount_default,
    revenue_distributions::creator_id,
);

pub(super) const COLUMNS: Columns = (
    revenue_distributions::deal_id,
    revenue_distributions::id,
    revenue_distributions::start_on,
    revenue_distributions::end_on,
    revenue_distributions::amount,
    revenue_distributions::amount_default,
    revenue_distributions::creator_id,
);

/// The mode that reads row by row, as far as the database's own library does.
pub(super) type Loading = diesel::connection::DefaultLoadingMode;

/// Expands to a loop that does something with each [`Row`] of a query while they are read.
macro_rules! for_each_row {
    ($query:expr, $connection:expr, |$row:ident| $work:expr) => {
        on_backend!($connection, inner => {
            for $row in $query.load_iter::<$crate::ledger::rows::Row, Loading>(inner)? {
                let $row = $row?;
                $work;
            }
        })
    };
}
pub(super) use for_each_row;
