//! The subjects of the laws of revenue: deals, each with its revenue distributions.

use std::collections::HashMap;

use apportion_core::checks::{Check, DealFigures, DistributionFigures};
use apportion_core::currency::Currency;
use apportion_core::deal::DealMoney;
use apportion_core::decimal::Rate;
use apportion_core::revenue_distribution::Amounts;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::{Look, Walk, ask};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::criteria::Value::Integer;
use crate::tables::administration::organization;

/// How many revenue distributions are read at once.
const ROWS: usize = 1_000;

/// A deal as it is read: id, currency, value, rate, and what it has distributed.
type Deal = (i64, String, i64, Option<i64>, i64, i64, i64);
type DealTypes = (BigInt, Text, BigInt, Nullable<BigInt>, BigInt, BigInt, BigInt);
/// A revenue distribution: deal, id, days, percentage and amounts.
type Spread = (i64, i64, NaiveDate, NaiveDate, i64, i64, i64);
type SpreadTypes = (BigInt, BigInt, Date, Date, BigInt, BigInt, BigInt);

/// What the revenue distributions of a deal sum to: percentages in units of `10^-10`, and slices.
#[derive(Clone, Copy, Default)]
struct Sums {
    percents: i128,
    slices: i128,
}

pub(super) fn walk(tenant: &mut Tenant<'_>, law: Check, look: &mut Look<'_>) -> Result<Walk> {
    const PARTS: &[&str] = &[
        "SELECT id, currency, value, exchange_rate_e12, distributed_percent_e10, \
         distributed_amount, undistributed_amount FROM deals WHERE organization_id = ",
        " AND id > ",
        " ORDER BY id LIMIT ",
    ];
    let organization = organization::find(tenant)?;
    let currency = organization.and_then(|organization| organization.currency.parse().ok());
    let currency = currency.ok_or_else(|| Error::Query("the currency is not known".to_owned()))?;
    let mut after = 0;
    loop {
        let values = [tenant.id(), after, super::SUBJECTS].map(Integer);
        let page: Vec<Deal> = ask!(tenant, DealTypes, PARTS, values);
        let Some(last) = page.last() else { return Ok(Walk::Ended) };
        after = last.0;
        let Some(sums) = spreads(tenant, law, &page, currency, look)? else {
            return Ok(Walk::Stopped);
        };
        for deal in &page {
            let sums = sums.get(&deal.0).copied().unwrap_or_default();
            look.finding.note(match law {
                Check::SlicesSum => rows(deal).slices_sum(sums.slices),
                _ => rows(deal).amounts_follow_deals(sums.percents),
            });
        }
        if look.is_over() {
            return Ok(Walk::Stopped);
        }
    }
}

/// Looks at the revenue distributions of these deals; answers with their sums. None where the look
/// is over before.
fn spreads(
    tenant: &mut Tenant<'_>,
    law: Check,
    deals: &[Deal],
    currency: Currency,
    look: &mut Look<'_>,
) -> Result<Option<HashMap<i64, Sums>>> {
    const PARTS: &[&str] = &[
        "SELECT deal_id, id, start_on, end_on, amount_percent_e10, amount, amount_default \
         FROM revenue_distributions WHERE organization_id = ",
        " AND deal_id <= ",
        " AND (deal_id, id) > (",
        ", ",
        ") ORDER BY deal_id, id LIMIT ",
    ];
    let (Some(first), Some(last)) = (deals.first(), deals.last()) else {
        return Ok(Some(HashMap::new()));
    };
    let mut sums: HashMap<i64, Sums> = HashMap::new();
    let mut after = (first.0, 0);
    loop {
        let limit = i64::try_from(ROWS).unwrap_or(i64::MAX);
        let values = [tenant.id(), last.0, after.0, after.1, limit].map(Integer);
        let page: Vec<Spread> = ask!(tenant, SpreadTypes, PARTS, values);
        for spread in &page {
            let (deal, id, start_on, end_on, percent, amount, amount_default) = *spread;
            let amounts = Amounts { amount, amount_default };
            let spread = DistributionFigures { id, start_on, end_on, percent, amounts };
            let sum = sums.entry(deal).or_default();
            sum.percents = sum.percents.saturating_add(i128::from(percent));
            look.finding.note(if law == Check::SlicesSum {
                let (instance, slices) = spread.slices_sum();
                sum.slices = sum.slices.saturating_add(slices);
                instance
            } else {
                let at = deals.binary_search_by_key(&deal, |deal| deal.0).ok();
                let deal = at.and_then(|at| money(deals.get(at)?, currency));
                spread.amounts_follow_deals(deal.as_ref())
            });
            after = (deal, id);
            // The days of a few can take long.
            if look.is_over() {
                return Ok(None);
            }
        }
        if page.len() < ROWS {
            return Ok(Some(sums));
        }
    }
}

fn money(deal: &Deal, default_currency: Currency) -> Option<DealMoney> {
    let (_, currency, value, rate, ..) = deal;
    let exchange_rate = rate.map(Rate::from_units).transpose().ok()?;
    Some(DealMoney {
        value: *value,
        currency: currency.parse().ok()?,
        exchange_rate,
        default_currency,
    })
}

fn rows(deal: &Deal) -> DealFigures {
    let &(id, _, value, _, distributed_percent, distributed_amount, undistributed_amount) = deal;
    DealFigures { id, value, distributed_percent, distributed_amount, undistributed_amount }
}
