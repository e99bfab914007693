//! The subjects of the check that everybody who waits is told why: obligations that the last
//! trigger of their distributor could have paid, by the rows as they are now.

use std::collections::HashSet;

use apportion_core::checks::WaitingObligation;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Timestamp};

use super::pages::Pages;
use super::{Circumstances, EXPLANATIONS_AT_ONCE, End, Run};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::Statement;

pub(super) fn explained(
    tenant: &mut Tenant<'_>,
    circumstances: Circumstances,
    run: &mut Run<'_>,
) -> Result<End> {
    let pages = Pages { load: last_triggers, key: |it| it.distributor_id };
    pages.each(tenant, run, |tenant, run, page| {
        for trigger in page {
            // A date that lies ahead was played, and what was written since looks as if it had been
            // there.
            if trigger.trigger_date > circumstances.now {
                continue;
            }
            let waiting = waiting(tenant, &trigger)?;
            let explanation = trigger.explanation.as_deref().unwrap_or_default();
            let explained: HashSet<i64> =
                (circumstances.read_waiting)(explanation).into_iter().collect();
            for Waiting { id, collaborator_id } in waiting {
                let obligation = WaitingObligation {
                    id,
                    collaborator_id,
                    distribution_id: trigger.id,
                    is_explained: explained.contains(&collaborator_id),
                };
                run.finding.note(obligation.waiting_explained());
            }
            if run.is_stopped() {
                return Ok(End::Stopped);
            }
        }
        Ok(End::Complete)
    })
}

/// The last distribution of a distributor that was triggered and did not fail.
#[derive(Queryable)]
struct Trigger {
    distributor_id: i64,
    id: i64,
    trigger_date: NaiveDateTime,
    explanation: Option<String>,
}

fn last_triggers(tenant: &mut Tenant<'_>, after: i64) -> Result<Vec<Trigger>> {
    Statement::new(
        "SELECT paid.distributor_id, paid.id, paid.trigger_date, paid.explanation \
         FROM distributions AS paid INNER JOIN (SELECT MAX(id) AS id FROM distributions \
         WHERE organization_id = :organization AND status IN ('complete', 'processing') \
         AND distributor_id > :after GROUP BY distributor_id \
         ORDER BY distributor_id LIMIT :limit) AS last ON last.id = paid.id \
         WHERE paid.organization_id = :organization ORDER BY paid.distributor_id",
    )
    .bind("organization", tenant.id())
    .bind("after", after)
    .bind("limit", EXPLANATIONS_AT_ONCE)
    .yielding::<(BigInt, BigInt, Timestamp, Nullable<Text>)>()
    .load(tenant.connection()?)
    .map_err(Error::from)
}

/// An obligation that waits.
struct Waiting {
    id: i64,
    collaborator_id: i64,
}

/// Returns the obligations that a trigger could have paid and did not: those that are approved, and
/// the shares of earlier pools. An obligation that was changed after the trigger date may have been
/// another at that time, and is left out, as is one that was due only on the day itself, which
/// depends on the time zone.
fn waiting(tenant: &mut Tenant<'_>, trigger: &Trigger) -> Result<Vec<Waiting>> {
    // The condition that is met twice is that of the index, as it stands there.
    let rows: Vec<(i64, i64, Option<NaiveDate>)> = Statement::new(
        "SELECT id, collaborator_id, due_on FROM obligations \
         WHERE organization_id = :organization AND distributor_id = :distributor \
         AND status IN ('pending', 'approved') AND allocation_id IS NULL \
         AND (status = 'approved' OR shared_in_id IS NOT NULL) \
         AND created_at < :trigger_date AND updated_at < :trigger_date \
         ORDER BY collaborator_id, id",
    )
    .bind("organization", tenant.id())
    .bind("distributor", trigger.distributor_id)
    .bind("trigger_date", trigger.trigger_date)
    .yielding::<(BigInt, BigInt, Nullable<Date>)>()
    .load(tenant.connection()?)?;
    let day = trigger.trigger_date.date();
    let due = rows.into_iter().filter(|(_, _, due_on)| due_on.is_none_or(|due_on| due_on < day));
    Ok(due.map(|(id, collaborator_id, _)| Waiting { id, collaborator_id }).collect())
}
