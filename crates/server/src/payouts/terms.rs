//! The terms of a distributor, on their way between its row, requests and the rules. Not here: its
//! declaration, and what a change of the terms brings about (`resources::payouts::distributor`).

use apportion_core::decimal::Percent;
use apportion_core::distributor::{DistributorDraft, DistributorTerms};
use apportion_core::schedule::{Schedule, Tz};
use apportion_store::distributor::{DistributorRow, StoredDistributor, WrittenDistributor};
use apportion_store::{self as store, Stored};
use chrono::NaiveDateTime;

use crate::catalog::Work;
use crate::catalog::draft::draft;
use crate::failure::Result;
use crate::payouts::kept_json;

draft! {
    pub(crate) DistributorDraft of row: &StoredDistributor;
    WrittenDistributor of terms: &DistributorTerms, schedule_json: String,
        schedule_set_at: NaiveDateTime;
    {
        name: Some(row.name.clone()) => name: terms.name.clone(),
        description: row.description.clone() => description: terms.description.clone(),
        units: Some(row.units.clone()) => units: terms.units.name().to_owned(),
        status: Some(row.status.name().to_owned()) => status: terms.status,
        pool_resolver: Some(row.pool_resolver.name().to_owned())
            => pool_resolver: terms.pool_resolver,
        distribution_resolver: Some(row.distribution_resolver.name().to_owned())
            => distribution_resolver: terms.distribution_resolver,
        pool_amount: row.pool_amount => pool_amount: terms.pool_amount,
        revenue_percentage: row.revenue_percentage_e10
            => revenue_percentage_e10: terms.revenue_percentage.map(Percent::units),
        minimum_value: row.minimum_value => minimum_value: terms.minimum_value,
        revenue_scope: Some(row.revenue_scope.name().to_owned())
            => revenue_scope: terms.revenue_scope,
        requires_approval: Some(row.requires_approval)
            => requires_approval: terms.requires_approval,
        carry_over: Some(row.carry_over) => carry_over: terms.carry_over,
        starts_on: row.starts_on => starts_on: terms.starts_on,
        time_zone: Some(row.time_zone.clone()) => time_zone: terms.time_zone.name().to_owned(),
    }
    draft {
        gives_deals: false,
        metric_types: kept_json::read_metric_types(&row.metric_types)
    }
    written {
        schedule: schedule_json,
        anchor_at: schedule_set_at,
        metric_types: kept_json::write_metric_types(&terms.metric_types),
    }
}

/// Returns the terms and the schedule of a stored distributor.
///
/// Returns an error if the distributor is deleted or its columns cannot be read.
pub(crate) fn terms(stored: &StoredDistributor) -> store::Result<(DistributorTerms, Schedule)> {
    let terms = draft(stored).check(Tz::UTC).ok();
    let terms = terms.zip(kept_json::kept_schedule(&stored.schedule));
    let terms = terms.ok_or("its terms or its schedule break the rules");
    store::intact(DistributorRow::TABLE, stored.id.0, terms)
}

/// Returns the time zone of the tenant's organization.
pub(crate) fn home_zone(work: &mut Work<'_>) -> Result<Tz> {
    let organization = store::organization::find(&mut work.tenant)?;
    let zone = organization.map(|organization| organization.time_zone);
    Ok(zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC))
}
