//! What a distribution pays, written many rows at a time: obligations for the shares of a pool, and
//! an allocation for each obligation, made or found. The distributor is locked. Not here: the
//! distribution's own row, and what the distributor's obligations then sum to.

use std::marker::PhantomData;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::error::{Error, Result};
use crate::rows::select::Stored;
use crate::session::journal::Event;
use crate::session::tenant::Tenant;
use crate::session::totals;
use crate::sql::criteria::Value;
use crate::sql::statement::{Prepared, Yielding, powers_of_two};
use crate::tables::payouts::{allocation, distribution, obligation};
use apportion_core::event::Action;

/// A distribution that is triggered.
#[derive(Clone, Copy, Debug)]
pub struct Paying<'p> {
    /// Who pays.
    pub distributor_id: i64,
    /// The distribution.
    pub distribution_id: i64,
    /// What it is counted in.
    pub units: &'p str,
    /// When, UTC.
    pub now: NaiveDateTime,
}

/// What obligations are that shares make.
#[derive(Clone, Copy, Debug)]
pub struct Made<'p> {
    /// How far they are.
    pub status: &'p str,
    /// What kind of award they are.
    pub award_type: &'p str,
}

/// A share of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Who is paid.
    pub collaborator_id: i64,
    /// Minor units, not 0.
    pub value: i64,
    /// What it is by.
    pub weight: i64,
    /// The place of its remainder among all, from 1.
    pub rank: i64,
}

/// An obligation that is collected.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Which one.
    pub obligation_id: i64,
    /// Who is paid.
    pub collaborator_id: i64,
    /// Minor units, not 0.
    pub value: i64,
    /// The sum that it is part of, minor units.
    pub net_value: i64,
    /// How many there are in that sum.
    pub net_parts: i64,
}

/// Makes an obligation and its allocation for each share.
pub fn share(
    tenant: &mut Tenant<'_>,
    paying: Paying<'_>,
    made: Made<'_>,
    shares: &[Share],
) -> Result<()> {
    for shares in powers_of_two(shares) {
        // Each names the other, so that both ids are known before either row is there.
        let owed = reserve(tenant, RESERVE_OBLIGATIONS, shares.len())?;
        let covered = reserve(tenant, RESERVE_ALLOCATIONS, shares.len())?;
        let ids = || owed.iter().zip(&covered);
        let obligations = ids()
            .zip(shares)
            .map(|((owed, covered), share)| [*owed, *covered, share.collaborator_id, share.value]);
        let obligations: Vec<[i64; 4]> = obligations.collect();
        make_obligations(tenant, paying, made, &obligations)?;
        let allocations = ids().zip(shares).map(|((owed, covered), share)| {
            let Share { collaborator_id, value, weight, rank } = *share;
            [*covered, *owed, collaborator_id, value, weight, rank]
        });
        let allocations: Vec<[i64; 6]> = allocations.collect();
        make_allocations(tenant, paying, ALLOCATE_SHARES, &allocations)?;
    }
    totals::add_many(tenant, obligation::Row::TABLE, shares.len())?;
    note_allocated(tenant, paying, shares.len())
}

/// Makes an allocation for each obligation, which is changed by that.
pub fn collect(tenant: &mut Tenant<'_>, paying: Paying<'_>, parts: &[Part]) -> Result<()> {
    for parts in powers_of_two(parts) {
        let covered = reserve(tenant, RESERVE_ALLOCATIONS, parts.len())?;
        let allocations = covered.iter().zip(parts).map(|(covered, part)| {
            let Part { obligation_id, collaborator_id, value, net_value, net_parts } = *part;
            [*covered, obligation_id, collaborator_id, value, net_value, net_parts]
        });
        let allocations: Vec<[i64; 6]> = allocations.collect();
        make_allocations(tenant, paying, ALLOCATE_PARTS, &allocations)?;
        let pairs: Vec<[i64; 2]> =
            allocations.iter().map(|[covered, owed, ..]| [*owed, *covered]).collect();
        link(tenant, paying.now, &pairs)?;
    }
    note_allocated(tenant, paying, parts.len())
}

/// Counts the allocations, and notes that they were made.
fn note_allocated(tenant: &mut Tenant<'_>, paying: Paying<'_>, allocations: usize) -> Result<()> {
    if allocations == 0 {
        return Ok(());
    }
    totals::add_many(tenant, allocation::Row::TABLE, allocations)?;
    tenant.note(Event {
        action: Action::Allocate,
        ..tenant.event(distribution::Row::TABLE, paying.distribution_id, paying.now)
    })
}

/// How ids of a table are had before its rows.
struct Reserve {
    /// The last one that there was.
    sqlite: &'static [&'static str],
    /// So many.
    postgres: &'static [&'static str],
}

macro_rules! reserve {
    ($table:literal) => {
        Reserve {
            sqlite: &[concat!(
                "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = '",
                $table,
                "'"
            )],
            postgres: &[
                concat!(
                    "SELECT nextval(pg_get_serial_sequence('",
                    $table,
                    "', 'id')) FROM generate_series(1, "
                ),
                ")",
            ],
        }
    };
}

const RESERVE_OBLIGATIONS: &Reserve = &reserve!("obligations");
const RESERVE_ALLOCATIONS: &Reserve = &reserve!("allocations");

/// Ids that nobody else is given. On SQLite nobody else writes.
fn reserve(tenant: &mut Tenant<'_>, reserve: &Reserve, rows: usize) -> Result<Vec<i64>> {
    let past = |_| Error::Query("more rows than there are numbers".to_owned());
    let rows = i64::try_from(rows).map_err(past)?;
    if tenant.is_postgres() {
        let statement = Prepared { parts: reserve.postgres, values: &[Value::Integer(rows)] };
        return statement.yielding::<BigInt>().load(tenant.connection()?).map_err(Error::from);
    }
    let last = Prepared::plain(reserve.sqlite).yielding::<BigInt>();
    let last: i64 = last.get_result(tenant.connection()?).map_err(Error::from)?;
    Ok((1..=rows).map(|row| last.saturating_add(row)).collect())
}

/// Makes obligations of `[id, allocation, collaborator, value]`.
fn make_obligations(
    tenant: &mut Tenant<'_>,
    paying: Paying<'_>,
    made: Made<'_>,
    rows: &[[i64; 4]],
) -> Result<()> {
    let head = Prepared {
        parts: &[
            "INSERT INTO obligations (organization_id, distributor_id, status, award_type, units, \
             created_at, updated_at, id, allocation_id, collaborator_id, value) SELECT ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", column1, column2, column3, column4 FROM (VALUES ",
        ],
        values: &[
            Value::Integer(tenant.id()),
            Value::Integer(paying.distributor_id),
            Value::Text(made.status.to_owned()),
            Value::Text(made.award_type.to_owned()),
            Value::Text(paying.units.to_owned()),
            Value::Instant(paying.now),
            Value::Instant(paying.now),
        ],
    };
    tenant.note_shape(&("obligations", rows.len()));
    let tail = Prepared::plain(&[") AS shares"]);
    let statement = Yielding::<(), 4> { head, rows, tail, yields: PhantomData };
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

macro_rules! allocate {
    ($figures:literal) => {
        &[
            concat!(
                "INSERT INTO allocations (organization_id, distribution_id, status, created_at, \
                 updated_at, id, obligation_id, collaborator_id, value, ",
                $figures,
                ") SELECT "
            ),
            ", ",
            ", 'pending', ",
            ", ",
            ", column1, column2, column3, column4, column5, column6 FROM (VALUES ",
        ]
    };
}

const ALLOCATE_SHARES: &[&str] = allocate!("weight, rank");
const ALLOCATE_PARTS: &[&str] = allocate!("net_value, net_parts");

/// Makes allocations of `[id, obligation, collaborator, value, ..]`.
fn make_allocations(
    tenant: &mut Tenant<'_>,
    paying: Paying<'_>,
    parts: &'static [&'static str],
    rows: &[[i64; 6]],
) -> Result<()> {
    let values = &[
        Value::Integer(tenant.id()),
        Value::Integer(paying.distribution_id),
        Value::Instant(paying.now),
        Value::Instant(paying.now),
    ];
    let head = Prepared { parts, values };
    tenant.note_shape(&("allocations", parts, rows.len()));
    let tail = Prepared::plain(&[") AS parts"]);
    let statement = Yielding::<(), 6> { head, rows, tail, yields: PhantomData };
    statement.execute(tenant.connection()?).map(|_| ()).map_err(Error::from)
}

/// Notes allocations at their obligations, by pairs of both: whoever looked them up by what is in
/// the tables would depend on statistics, which new rows have none of. SQLite, where a statement
/// costs little, might look at every obligation to find many, and is given one at a time.
fn link(tenant: &mut Tenant<'_>, now: NaiveDateTime, pairs: &[[i64; 2]]) -> Result<()> {
    let linked: Vec<(i64, i64)> = if tenant.is_postgres() {
        let head = Prepared::plain(&["WITH links (obligation_id, id) AS (VALUES "]);
        let tail = Prepared {
            parts: &[
                ") UPDATE obligations SET version = obligations.version + 1, updated_at = ",
                ", allocation_id = links.id FROM links WHERE obligations.organization_id = ",
                " AND obligations.id = links.obligation_id \
                 RETURNING obligations.id, obligations.version",
            ],
            values: &[Value::Instant(now), Value::Integer(tenant.id())],
        };
        tenant.note_shape(&("links", pairs.len()));
        let statement =
            Yielding::<(BigInt, BigInt), 2> { head, rows: pairs, tail, yields: PhantomData };
        statement.load(tenant.connection()?).map_err(Error::from)?
    } else {
        let mut linked = Vec::with_capacity(pairs.len());
        for [obligation, id] in pairs {
            let statement = Prepared {
                parts: &[
                    "UPDATE obligations SET version = version + 1, updated_at = ",
                    ", allocation_id = ",
                    " WHERE organization_id = ",
                    " AND id = ",
                    " RETURNING id, version",
                ],
                values: &[
                    Value::Instant(now),
                    Value::Integer(*id),
                    Value::Integer(tenant.id()),
                    Value::Integer(*obligation),
                ],
            };
            let statement = statement.yielding::<(BigInt, BigInt)>();
            linked.push(statement.get_result(tenant.connection()?).map_err(Error::from)?);
        }
        linked
    };
    if linked.len() != pairs.len() {
        let (were, are) = (pairs.len(), linked.len());
        return Err(Error::Query(format!("{were} obligations were to be allocated, not {are}")));
    }
    tenant.record_updates(obligation::Row::TABLE, &linked, now)
}
