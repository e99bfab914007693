//! Distributions that wait for the engine, of every tenant: those whose trigger date has passed,
//! and those that are open at all. The only look across tenants that the engine takes; what it then
//! reads, locks and writes, it does in the name of one.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};

use crate::error::Result;
use crate::id::OrganizationId;
use crate::session::Session;
use crate::sql::criteria::Value;
use crate::sql::statement::{Prepared, Yielding};

/// An open distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// The tenant.
    pub organization: OrganizationId,
    /// Who pays.
    pub distributor_id: i64,
    /// The distribution.
    pub distribution_id: i64,
    /// When it is to be triggered, UTC.
    pub trigger_date: NaiveDateTime,
}

macro_rules! waiting {
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

const DUE: &[&str] = &[
    waiting!("AND distributors.status = 'active' AND distributions.trigger_date <= "),
    " AND (distributions.trigger_date, distributions.id) > (",
    ", ",
    ") ORDER BY distributions.trigger_date, distributions.id LIMIT ",
];
const OPEN: &[&str] = &[
    waiting!("AND distributors.status <> 'deleted' AND distributions.id > "),
    " ORDER BY distributions.id LIMIT ",
];

/// Active distributors whose trigger date has come, after a place, by that date.
pub fn due(
    session: &mut Session,
    now: NaiveDateTime,
    after: Option<Waiting>,
    limit: i64,
) -> Result<Vec<Waiting>> {
    // Before any date of the calendar.
    let first = DateTime::from_timestamp(-62_135_596_800, 0).unwrap_or_default().naive_utc();
    let (date, id) = after.map_or((first, 0), |it| (it.trigger_date, it.distribution_id));
    let values =
        [Value::Instant(now), Value::Instant(date), Value::Integer(id), Value::Integer(limit)];
    run(session, DUE, &values)
}

/// Open distributions of any date with higher ids than that, by id.
pub fn open(session: &mut Session, after: i64, limit: i64) -> Result<Vec<Waiting>> {
    run(session, OPEN, &[Value::Integer(after), Value::Integer(limit)])
}

type Columns = (BigInt, BigInt, BigInt, Timestamp);

fn run(
    session: &mut Session,
    parts: &'static [&'static str],
    values: &[Value],
) -> Result<Vec<Waiting>> {
    let head = Prepared { parts, values };
    let tail = Prepared::plain(&[]);
    let statement = Yielding::<Columns> { head, rows: &[], tail, yields: PhantomData };
    let rows: Vec<(i64, i64, i64, NaiveDateTime)> = statement.load(session.everybody()?)?;
    let waiting = |(organization, distributor_id, distribution_id, trigger_date)| Waiting {
        organization: OrganizationId(organization),
        distributor_id,
        distribution_id,
        trigger_date,
    };
    Ok(rows.into_iter().map(waiting).collect())
}
