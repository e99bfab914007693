//! The subjects of the checks of revenue: deals, each with its revenue distributions.

use std::collections::HashMap;

use apportion_core::checks::{Check, DealFigures, DistributionFigures};
use apportion_core::currency::Currency;
use apportion_core::deal::DealMoney;
use apportion_core::decimal::Rate;
use apportion_core::revenue_distribution::Amounts;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::pages::Pages;
use super::{End, Run, SUBJECTS_AT_ONCE, is_full};
use crate::error::{Error, Result, intact};
use crate::rows::select::Stored;
use crate::session::tenant::Tenant;
use crate::sql::statement::Statement;
use crate::tables::administration::organization::{self, OrganizationRow};

/// The number of revenue distributions that are read at once.
const ROWS_AT_ONCE: i64 = 1_000;

/// Runs one of the two checks of revenue over every deal.
pub(super) fn deals(tenant: &mut Tenant<'_>, run: &mut Run<'_>) -> Result<End> {
    let organization = organization::find(tenant)?.ok_or("there is no such row");
    let currency = intact(OrganizationRow::TABLE, tenant.id(), organization)?.currency;
    let pages = Pages { load: page_of_deals, key: |deal| deal.id };
    pages.each(tenant, run, |tenant, run, page| {
        let Some(sums) = distributions_of(tenant, &page, currency, run)? else {
            return Ok(End::Stopped);
        };
        for deal in &page {
            let sums = sums.get(&deal.id).copied().unwrap_or_default();
            run.finding.note(match run.finding.check {
                Check::SlicesSum => deal.figures().slices_sum(sums.slices),
                _ => deal.figures().amounts_follow_deals(sums.percents),
            });
        }
        Ok(End::Complete)
    })
}

#[derive(Queryable)]
struct Deal {
    id: i64,
    currency: String,
    /// Minor units.
    value: i64,
    /// Units of `10^-12`.
    exchange_rate: Option<i64>,
    /// Units of `10^-10` percent.
    distributed_percent: i64,
    /// Minor units.
    distributed_amount: i64,
    /// Minor units.
    undistributed_amount: i64,
}

impl Deal {
    /// Returns what amounts follow from, or `None` if the row holds no currency or no rate.
    fn money(&self, default_currency: Currency) -> Option<DealMoney> {
        Some(DealMoney {
            value: self.value,
            currency: self.currency.parse().ok()?,
            exchange_rate: self.exchange_rate.map(Rate::from_units).transpose().ok()?,
            default_currency,
        })
    }

    fn figures(&self) -> DealFigures {
        DealFigures {
            id: self.id,
            value: self.value,
            distributed_percent: self.distributed_percent,
            distributed_amount: self.distributed_amount,
            undistributed_amount: self.undistributed_amount,
        }
    }
}

fn page_of_deals(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Deal>> {
    Statement::new(
        "SELECT id, currency, value, exchange_rate_e12, distributed_percent_e10, \
         distributed_amount, undistributed_amount FROM deals \
         WHERE organization_id = :organization AND id > :after ORDER BY id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", SUBJECTS_AT_ONCE)
    .yielding::<(BigInt, Text, BigInt, Nullable<BigInt>, BigInt, BigInt, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

#[derive(Queryable)]
struct Distribution {
    deal_id: i64,
    id: i64,
    start_on: NaiveDate,
    end_on: NaiveDate,
    /// Units of `10^-10` percent.
    percent: i64,
    /// Minor units of the deal's currency.
    amount: i64,
    /// Minor units of the tenant's currency.
    amount_default: i64,
}

impl Distribution {
    fn figures(&self) -> DistributionFigures {
        DistributionFigures {
            id: self.id,
            start_on: self.start_on,
            end_on: self.end_on,
            percent: self.percent,
            amounts: Amounts { amount: self.amount, amount_default: self.amount_default },
        }
    }
}

/// The sums of the revenue distributions of a deal.
#[derive(Clone, Copy, Default)]
struct Sums {
    /// Units of `10^-10` percent.
    percents: i128,
    /// Minor units of the deal's currency.
    slices: i128,
}

/// Checks the revenue distributions of these deals, and returns their sums by deal. Returns `None`
/// if the run is stopped before.
fn distributions_of(
    tenant: &mut Tenant<'_>,
    deals: &[Deal],
    currency: Currency,
    run: &mut Run<'_>,
) -> Result<Option<HashMap<i64, Sums>>> {
    let (Some(first), Some(last)) = (deals.first(), deals.last()) else {
        return Ok(Some(HashMap::new()));
    };
    let mut sums: HashMap<i64, Sums> = HashMap::new();
    let mut after = (first.id, 0);
    loop {
        let page = page_of_distributions(tenant, after, last.id)?;
        for row in &page {
            let sums = sums.entry(row.deal_id).or_default();
            sums.percents = sums.percents.saturating_add(i128::from(row.percent));
            run.finding.note(if run.finding.check == Check::SlicesSum {
                let (comparison, slices) = row.figures().slices_sum();
                sums.slices = sums.slices.saturating_add(slices);
                comparison
            } else {
                let at = deals.binary_search_by_key(&row.deal_id, |deal| deal.id).ok();
                let money = at.and_then(|at| deals.get(at)?.money(currency));
                row.figures().amounts_follow_deals(money.as_ref())
            });
            after = (row.deal_id, row.id);
            // The days of a few can take long.
            if run.is_stopped() {
                return Ok(None);
            }
        }
        if !is_full(page.len(), ROWS_AT_ONCE) {
            return Ok(Some(sums));
        }
    }
}

/// Returns the revenue distributions that follow one, named by its deal and its own id, up to the
/// last of a deal.
fn page_of_distributions(
    tenant: &mut Tenant<'_>,
    (after_deal, after): (i64, i64),
    last_deal: i64,
) -> Result<Vec<Distribution>> {
    Statement::new(
        "SELECT deal_id, id, start_on, end_on, amount_percent_e10, amount, amount_default \
         FROM revenue_distributions \
         WHERE organization_id = :organization AND deal_id <= :last_deal \
         AND (deal_id, id) > (:after_deal, :after) ORDER BY deal_id, id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("last_deal", last_deal)
    .bind("after_deal", after_deal)
    .bind("after", after)
    .bind("limit", ROWS_AT_ONCE)
    .yielding::<(BigInt, BigInt, Date, Date, BigInt, BigInt, BigInt)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}
