//! The revenue of a distributor on some days, summed while its rows are read: however many there
//! are, one is held at a time. It is one statement, so that it sees one moment. Not here: the
//! ledger of reports, which holds a tenant's revenue in memory, and the rounding of a day's part,
//! which is a rule.

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result, intact};
use crate::session::tenant::Tenant;
use crate::sql::exists::exists;
use crate::tables::links::distributor_deals;
use crate::tables::revenue::revenue_distribution::revenue_distributions;
use apportion_core::calendar::DateRange;
use apportion_core::engine::{self, RevenueIn};
use apportion_core::id::DistributorId;
use apportion_core::slicing::SpreadAmount;
use chrono::NaiveDate;
use diesel::connection::DefaultLoadingMode;
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

/// Returns the revenue that the deals of a distributor recognise on these days, in minor units. A
/// distributor that names no deals has all of them.
pub fn recognized(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    revenue: RevenueIn,
    days: DateRange,
) -> Result<i128> {
    let named = distributor_deals::table
        .filter(distributor_deals::organization_id.eq(tenant.id()))
        .filter(distributor_deals::distributor_id.eq(distributor.0))
        .select(distributor_deals::deal_id);
    let names_deals = exists!(named, tenant.connection()?)?;
    let organization = tenant.id();
    macro_rules! sum {
        ($connection:expr, $backend:ty, $mode:ty) => {{
            let mut query = revenue_distributions::table
                .filter(revenue_distributions::organization_id.eq(organization))
                .filter(revenue_distributions::start_on.le(days.end()))
                .filter(revenue_distributions::end_on.ge(days.start()))
                .select((
                    revenue_distributions::id,
                    revenue_distributions::start_on,
                    revenue_distributions::end_on,
                    revenue_distributions::amount,
                    revenue_distributions::amount_default,
                ))
                .into_boxed::<$backend>();
            if let RevenueIn::Deals(currency) = revenue {
                query = query.filter(revenue_distributions::currency.eq(currency.code()));
            }
            if names_deals {
                query = query.filter(revenue_distributions::deal_id.eq_any(named));
            }
            add_up(query.load_iter::<Spread, $mode>($connection)?, revenue, days)
        }};
    }
    match tenant.connection()? {
        AnyConnection::Postgres(inner) => sum!(inner, diesel::pg::Pg, PgRowByRowLoadingMode),
        AnyConnection::Sqlite(inner) => sum!(inner, diesel::sqlite::Sqlite, DefaultLoadingMode),
    }
}

fn add_up(
    rows: impl Iterator<Item = QueryResult<Spread>>,
    revenue: RevenueIn,
    days: DateRange,
) -> Result<i128> {
    let mut failure = None;
    let spans = rows.map_while(|row| {
        let span = row.map_err(Error::from).and_then(|row| span(row, revenue));
        span.map_err(|error| failure = Some(error)).ok()
    });
    let sum = engine::recognized(spans, Some(days));
    failure.map_or(Ok(sum), Err)
}

fn span(row: Spread, revenue: RevenueIn) -> Result<SpreadAmount> {
    let range = DateRange::new(row.start_on, row.end_on);
    let range = intact("revenue_distributions", row.id, range)?;
    let total = match revenue {
        RevenueIn::Default => row.amount_default,
        RevenueIn::Deals(_) => row.amount,
    };
    Ok(SpreadAmount { range, total })
}
