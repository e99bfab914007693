//! Distributions of every tenant that wait for the engine: those whose trigger date has passed, and
//! those that are open at all. This is the only look across tenants that the engine takes; what it
//! reads, locks and writes after that, it does in the name of one tenant.

use apportion_core::id::OrganizationId;
use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};

use crate::error::Result;
use crate::session::Session;
use crate::sql::statement::Statement;

/// An open distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// The tenant.
    pub organization: OrganizationId,
    /// The distributor that pays.
    pub distributor_id: i64,
    /// The distribution.
    pub distribution_id: i64,
    /// The instant at which it is to be triggered, UTC.
    pub trigger_date: NaiveDateTime,
}

/// Expands to a statement on open distributions and their distributors.
macro_rules! select_waiting {
    ($conditions:literal) => {
        concat!(
            "SELECT distributions.organization_id, distributions.distributor_id, \
             distributions.id, distributions.trigger_date \
             FROM distributions INNER JOIN distributors \
             ON distributors.organization_id = distributions.organization_id \
             AND distributors.id = distributions.distributor_id \
             WHERE distributions.status = 'pending' ",
            $conditions
        )
    };
}

/// Returns the open distributions of active distributors whose trigger date has come, ordered by
/// that date and then by id: at most `limit` of those that follow `after`.
pub fn due(
    session: &mut Session,
    now: NaiveDateTime,
    after: Option<Waiting>,
    limit: i64,
) -> Result<Vec<Waiting>> {
    const TEXT: &str = select_waiting!(
        "AND distributors.status = 'active' AND distributions.trigger_date <= :now \
         AND (distributions.trigger_date, distributions.id) > (:after_date, :after_id) \
         ORDER BY distributions.trigger_date, distributions.id LIMIT :limit"
    );
    // The first of January of the year 1 is before any date that can be set.
    let first = DateTime::from_timestamp(-62_135_596_800, 0).unwrap_or_default().naive_utc();
    let (date, id) = after.map_or((first, 0), |it| (it.trigger_date, it.distribution_id));
    let statement = Statement::new(TEXT)
        .bind("now", now)
        .bind("after_date", date)
        .bind("after_id", id)
        .bind("limit", limit);
    load(session, statement)
}

/// Returns the open distributions of any date with ids above `after`, ordered by id: at most
/// `limit` of them.
pub fn open(session: &mut Session, after: i64, limit: i64) -> Result<Vec<Waiting>> {
    const TEXT: &str = select_waiting!(
        "AND distributors.status <> 'deleted' AND distributions.id > :after \
         ORDER BY distributions.id LIMIT :limit"
    );
    load(session, Statement::new(TEXT).bind("after", after).bind("limit", limit))
}

fn load(session: &mut Session, statement: Statement<'_>) -> Result<Vec<Waiting>> {
    let rows: Vec<(i64, i64, i64, NaiveDateTime)> =
        statement.yielding::<(BigInt, BigInt, BigInt, Timestamp)>().load(session.everybody()?)?;
    let waiting = |(organization, distributor_id, distribution_id, trigger_date)| Waiting {
        organization: OrganizationId(organization),
        distributor_id,
        distribution_id,
        trigger_date,
    };
    Ok(rows.into_iter().map(waiting).collect())
}
