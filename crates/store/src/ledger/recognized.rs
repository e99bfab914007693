//! The revenue of a distributor on some days, summed while its rows are read: however many there
//! are, one is held at a time. Each sum is one statement, so that it sees one moment. Deals that
//! are not won count for nothing. Not here: the ledger of reports, which holds a tenant's revenue
//! in memory, and the rounding of a day's part, which is a rule.

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result, intact};
use crate::session::tenant::Tenant;
use crate::tables::links::distributor_deals;
use crate::tables::payouts::distributor::distributors;
use crate::tables::revenue::deal::deals;
use crate::tables::revenue::revenue_distribution::revenue_distributions;
use apportion_core::calendar::DateRange;
use apportion_core::currency::Currency;
use apportion_core::deal::DealStatus;
use apportion_core::distributor::RevenueScope;
use apportion_core::engine::{self, RevenueIn};
use apportion_core::id::DistributorId;
use apportion_core::slicing::SpreadAmount;
use apportion_core::uncounted::{UncountedRevenue, add_up_by_currency};
use chrono::NaiveDate;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{exists, not};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;

/// A revenue distribution, as far as it is read here.
#[derive(Queryable)]
struct Spread {
    id: i64,
    start_on: NaiveDate,
    end_on: NaiveDate,
    /// Minor units of the deal's currency.
    amount: i64,
    /// Minor units of the tenant's currency.
    amount_default: i64,
}

/// A revenue distribution in a currency that is not counted.
#[derive(Queryable)]
struct Foreign {
    id: i64,
    start_on: NaiveDate,
    end_on: NaiveDate,
    /// Minor units of `currency`.
    amount: i64,
    currency: String,
}

/// Expands to a boxed query for these columns of the revenue distributions of won deals that touch
/// the days and are in the scope of the distributor.
macro_rules! won {
    (
        $backend:ty, $organization:expr, $distributor:expr, $scope:expr, $days:expr, $columns:expr
    ) => {{
        let not_won = deals::table
            .filter(deals::organization_id.eq(revenue_distributions::organization_id))
            .filter(deals::id.eq(revenue_distributions::deal_id))
            .filter(deals::status.ne(DealStatus::Won.name()));
        let query = revenue_distributions::table
            .filter(revenue_distributions::organization_id.eq($organization))
            .filter(revenue_distributions::start_on.le($days.end()))
            .filter(revenue_distributions::end_on.ge($days.start()))
            .filter(not(exists(not_won)))
            .select($columns)
            .into_boxed::<$backend>();
        match $scope {
            RevenueScope::All => query,
            RevenueScope::Deals => {
                let named = distributor_deals::table
                    .filter(distributor_deals::organization_id.eq($organization))
                    .filter(distributor_deals::distributor_id.eq($distributor.0))
                    .select(distributor_deals::deal_id);
                query.filter(revenue_distributions::deal_id.eq_any(named))
            }
        }
    }};
}

/// Returns the revenue that the won deals in the scope of a distributor recognise on these days, in
/// minor units.
pub fn recognized(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    revenue: RevenueIn,
    days: DateRange,
) -> Result<i128> {
    let (organization, scope) = (tenant.id(), scope(tenant, distributor)?);
    macro_rules! sum {
        ($connection:expr, $backend:ty, $mode:ty) => {{
            let columns = (
                revenue_distributions::id,
                revenue_distributions::start_on,
                revenue_distributions::end_on,
                revenue_distributions::amount,
                revenue_distributions::amount_default,
            );
            let mut query = won!($backend, organization, distributor, scope, days, columns);
            if let RevenueIn::Deals(currency) = revenue {
                query = query.filter(revenue_distributions::currency.eq(currency.code()));
            }
            let rows = query.load_iter::<Spread, $mode>($connection)?;
            add_up(rows, |row| span(&row, revenue), |spans| engine::recognized(spans, Some(days)))
        }};
    }
    match tenant.connection()? {
        AnyConnection::Postgres(inner) => sum!(inner, diesel::pg::Pg, PgRowByRowLoadingMode),
        AnyConnection::Sqlite(inner) => sum!(inner, diesel::sqlite::Sqlite, DefaultLoadingMode),
    }
}

/// Returns the revenue that the won deals in the scope of a distributor recognise on these days and
/// [`recognized`] does not count: that in other currencies than the one that counts, ordered by
/// currency.
pub fn uncounted(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    revenue: RevenueIn,
    days: DateRange,
) -> Result<Vec<UncountedRevenue>> {
    // Every deal has an amount in the tenant's currency.
    let RevenueIn::Deals(counted) = revenue else { return Ok(Vec::new()) };
    let (organization, scope) = (tenant.id(), scope(tenant, distributor)?);
    macro_rules! sum {
        ($connection:expr, $backend:ty, $mode:ty) => {{
            let columns = (
                revenue_distributions::id,
                revenue_distributions::start_on,
                revenue_distributions::end_on,
                revenue_distributions::amount,
                revenue_distributions::currency,
            );
            let query = won!($backend, organization, distributor, scope, days, columns)
                .filter(revenue_distributions::currency.ne(counted.code()));
            let rows = query.load_iter::<Foreign, $mode>($connection)?;
            add_up(rows, foreign_span, |spans| add_up_by_currency(spans, days))
        }};
    }
    match tenant.connection()? {
        AnyConnection::Postgres(inner) => sum!(inner, diesel::pg::Pg, PgRowByRowLoadingMode),
        AnyConnection::Sqlite(inner) => sum!(inner, diesel::sqlite::Sqlite, DefaultLoadingMode),
    }
}

/// Returns which deals count for a distributor. One that does not exist names none.
fn scope(tenant: &mut Tenant<'_>, distributor: DistributorId) -> Result<RevenueScope> {
    distributors::table
        .filter(distributors::organization_id.eq(tenant.id()))
        .filter(distributors::id.eq(distributor.0))
        .select(distributors::revenue_scope)
        .get_result(tenant.connection()?)
        .optional()
        .map(|scope| scope.unwrap_or(RevenueScope::Deals))
        .map_err(Error::from)
}

/// Adds up what rows become, one by one, or returns the first error.
fn add_up<Row, Span, Sum>(
    rows: impl Iterator<Item = QueryResult<Row>>,
    span: impl Fn(Row) -> Result<Span>,
    sum: impl FnOnce(&mut dyn Iterator<Item = Span>) -> Sum,
) -> Result<Sum> {
    let mut failure = None;
    let mut spans = rows.map_while(|row| {
        let span = row.map_err(Error::from).and_then(&span);
        span.map_err(|error| failure = Some(error)).ok()
    });
    let sum = sum(&mut spans);
    failure.map_or(Ok(sum), Err)
}

fn span(row: &Spread, revenue: RevenueIn) -> Result<SpreadAmount> {
    let range = DateRange::new(row.start_on, row.end_on);
    let range = intact("revenue_distributions", row.id, range)?;
    let total = match revenue {
        RevenueIn::Default => row.amount_default,
        RevenueIn::Deals(_) => row.amount,
    };
    Ok(SpreadAmount { range, total })
}

fn foreign_span(row: Foreign) -> Result<(Currency, SpreadAmount)> {
    let range = DateRange::new(row.start_on, row.end_on);
    let range = intact("revenue_distributions", row.id, range)?;
    let currency = intact("revenue_distributions", row.id, row.currency.parse())?;
    Ok((currency, SpreadAmount { range, total: row.amount }))
}
