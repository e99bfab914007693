//! The subjects of the check that pools follow revenue: the distributions that shared a part of it.
//! Not here: what was recognised, which later writes may have changed since.

use apportion_core::checks::RevenuePool;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Text};

use super::pages::Pages;
use super::{Circumstances, EXPLANATIONS_AT_ONCE, End, Run};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::Statement;

pub(super) fn follow_revenue(
    tenant: &mut Tenant<'_>,
    circumstances: Circumstances,
    run: &mut Run<'_>,
) -> Result<End> {
    Pages { load: triggered, key: |it| it.id }.each(tenant, run, |_, run, page| {
        for Triggered { id, carried, from, until, explanation } in page {
            let Some(told) = (circumstances.read_pool)(&explanation) else { continue };
            let pool = RevenuePool {
                id,
                pool: told.pool,
                carried,
                recognized: told.recognized,
                percentage: told.percentage,
                counted: (told.from, told.until),
                period: (from, until),
            };
            run.finding.note(pool.pools_follow_revenue());
        }
        Ok(End::Complete)
    })
}

/// A distribution that was triggered and did not fail.
#[derive(Queryable)]
struct Triggered {
    id: i64,
    carried: i64,
    from: NaiveDate,
    until: NaiveDate,
    explanation: String,
}

fn triggered(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Triggered>> {
    Statement::new(
        "SELECT id, carried, period_from, period_until, explanation FROM distributions \
         WHERE organization_id = :organization AND id > :after \
         AND status IN ('complete', 'processing') AND period_until IS NOT NULL \
         AND explanation LIKE '%recognized%' ORDER BY id LIMIT :limit",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", EXPLANATIONS_AT_ONCE)
    .yielding::<(BigInt, BigInt, Date, Date, Text)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}
