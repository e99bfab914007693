//! What is read of deals and their distributions for a ledger.

use std::ops::Range;
use std::sync::Arc;

use apportion_core::currency::Currency;
use apportion_core::day_span::DaySpan;
use chrono::NaiveDate;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{Date, Text};
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::database::connection::on_backend;
use crate::error::{Error, Result};
use crate::session::books::{Account, Ledger, Line};
use crate::session::tenant::Tenant;
use crate::tables::revenue::deal::deals;
use crate::tables::revenue::revenue_distribution::revenue_distributions;

/// How many deals are read at once.
const CHUNK: usize = 250;

/// The ledger as the snapshot has it; none where it is the one that is known.
pub(super) fn current(tenant: &mut Tenant<'_>, known: &Ledger) -> Result<Option<Ledger>> {
    let versions: Vec<(i64, i64)> = deals::table
        .filter(deals::organization_id.eq(tenant.id()))
        .order(deals::id)
        .select((deals::id, deals::version))
        .load(tenant.connection()?)?;
    let mut accounts: Vec<Option<Arc<Account>>> = Vec::with_capacity(versions.len());
    let mut old = known.accounts.iter().peekable();
    for (id, version) in &versions {
        while old.next_if(|account| account.deal < *id).is_some() {}
        let same = old.next_if(|account| account.deal == *id);
        accounts.push(same.filter(|account| account.version == *version).cloned());
    }
    if known.accounts.len() == accounts.len() && accounts.iter().all(Option::is_some) {
        return Ok(None);
    }
    let changed: Vec<i64> = versions
        .iter()
        .zip(&accounts)
        .filter(|(_, account)| account.is_none())
        .map(|((id, _), _)| *id)
        .collect();
    let mut read = Vec::with_capacity(changed.len());
    // Few that are far between are read one by one; many, with those in between.
    let few = changed.len().saturating_mul(8) < versions.len();
    for chunk in changed.chunks(if few { 1 } else { CHUNK }) {
        read_accounts(tenant, chunk, &mut read)?;
    }
    // Both are by id; a deal without a row of its own here is not in the snapshot.
    let mut read = read.into_iter().map(Arc::new);
    let accounts = accounts.into_iter().filter_map(|account| account.or_else(|| read.next()));
    Ok(Some(Ledger { organization: tenant.id(), accounts: accounts.collect() }))
}

/// Reads these deals, by id. Those in between are read too where several are asked for.
fn read_accounts(tenant: &mut Tenant<'_>, ids: &[i64], into: &mut Vec<Account>) -> Result<()> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
    let heads = heads(tenant, *first, *last)?;
    let mut lines: Vec<(i64, Line)> = Vec::new();
    let rows = revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .filter(revenue_distributions::deal_id.between(*first, *last))
        .order((revenue_distributions::deal_id, revenue_distributions::id))
        .select(COLUMNS);
    each!(rows, tenant.connection()?, |row| lines.push(line(row)?));
    let mut by_deal = lines.chunk_by(|a, b| a.0 == b.0).peekable();
    for head in heads {
        let mut lines: Box<[Line]> = Box::default();
        let own = |lines: &&[(i64, Line)]| lines.first().is_some_and(|(deal, _)| *deal <= head.0);
        while let Some(of_deal) = by_deal.next_if(own) {
            if of_deal.first().is_some_and(|(deal, _)| *deal == head.0) {
                lines = of_deal.iter().map(|(_, line)| *line).collect();
            }
        }
        if ids.binary_search(&head.0).is_ok() {
            into.push(account(head, lines));
        }
    }
    Ok(())
}

/// A deal without its distributions: id, version, currency, probability.
pub(super) type Head = (i64, i64, Currency, i64);

/// The deals from one id to another, by id.
pub(super) fn heads(tenant: &mut Tenant<'_>, first: i64, last: i64) -> Result<Vec<Head>> {
    deals::table
        .filter(deals::organization_id.eq(tenant.id()))
        .filter(deals::id.between(first, last))
        .order(deals::id)
        .select((deals::id, deals::version, deals::currency, deals::probability))
        .load(tenant.connection()?)
        .map_err(Error::from)
}

pub(super) fn account((deal, version, currency, probability): Head, lines: Box<[Line]>) -> Account {
    Account { deal, version, currency, probability, lines }
}

/// The number of a day, without a date in between.
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

/// A distribution as it is read: deal, id, first and last day, amounts, creator.
pub(super) type Read = (i64, i64, Day, Day, i64, i64, Option<i64>);

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

/// Row by row, as far as the database's own library does.
pub(super) type Loading = diesel::connection::DefaultLoadingMode;

/// Does something with each row, as they come.
macro_rules! each {
    ($query:expr, $connection:expr, |$row:ident| $work:expr) => {
        on_backend!($connection, inner => {
            for $row in $query.load_iter::<$crate::ledger::rows::Read, Loading>(inner)? {
                let $row = $row?;
                $work;
            }
        })
    };
}
pub(super) use each;

/// The deal of a row, and the rest of it.
pub(super) fn line(row: Read) -> Result<(i64, Line)> {
    let (deal, id, Day(first), Day(last), amount, amount_default, creator) = row;
    let days = DaySpan::new(first, last).map_err(|error| corrupt(id, &error))?;
    Ok((deal, Line { id, days, amount, amount_default, creator: creator.unwrap_or(0) }))
}

fn corrupt(id: i64, error: &dyn std::fmt::Display) -> Error {
    Error::Query(format!("row {id} cannot be what it is: {error}"))
}
