//! What a distribution pays, written many rows at a time: obligations for the shares of a pool, and
//! an allocation for each obligation, made or found. The distributor is locked. Not here: the
//! distribution's own row, and what the distributor's obligations then sum to.

use std::marker::PhantomData;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::criteria::Value;
use crate::error::{Error, Result};
use crate::prepared::{Prepared, Yielding};
use crate::scope::Scope;
use crate::select::Stored;
use crate::session::Session;
use crate::{allocation, obligation, totals};

/// The most rows of a statement: with five values a row, far below what either database binds.
const MAX_ROWS: usize = 512;

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

/// Makes an obligation and its allocation for each share; shares are by collaborator, each of whom
/// has one.
pub fn share(
    scope: &Scope,
    session: &mut Session,
    (paying, made): (Paying<'_>, Made<'_>),
    shares: &[Share],
) -> Result<()> {
    for shares in powers_of_two(shares) {
        let owed: Vec<[i64; 2]> =
            shares.iter().map(|share| [share.collaborator_id, share.value]).collect();
        let mut ids = obligations(scope, session, (paying, made), &owed)?;
        ids.sort_unstable_by_key(|(_, collaborator)| *collaborator);
        let parts = ids.iter().zip(shares).map(|((id, _), share)| {
            [*id, share.collaborator_id, share.value, share.weight, share.rank]
        });
        let parts: Vec<[i64; 5]> = parts.collect();
        let pairs = allocations(scope, session, (paying, ALLOCATE_SHARES), &parts)?;
        link(scope, session, (paying, LINK), &pairs)?;
    }
    count(scope, session, obligation::Row::TABLE, shares.len())?;
    count(scope, session, allocation::Row::TABLE, shares.len())
}

/// Makes an allocation for each obligation, which is changed by that.
pub fn collect(
    scope: &Scope,
    session: &mut Session,
    paying: Paying<'_>,
    parts: &[Part],
) -> Result<()> {
    for parts in powers_of_two(parts) {
        let part = |part: &Part| {
            let Part { obligation_id, collaborator_id, value, net_value, net_parts } = *part;
            [obligation_id, collaborator_id, value, net_value, net_parts]
        };
        let parts: Vec<[i64; 5]> = parts.iter().map(part).collect();
        let pairs = allocations(scope, session, (paying, ALLOCATE_PARTS), &parts)?;
        link(scope, session, (paying, LINK_CHANGED), &pairs)?;
    }
    count(scope, session, allocation::Row::TABLE, parts.len())
}

fn count(scope: &Scope, session: &mut Session, table: &str, rows: usize) -> Result<()> {
    match i64::try_from(rows) {
        Ok(0) => Ok(()),
        Ok(rows) => totals::add(scope, session, table, rows),
        Err(_) => Err(Error::Query("more rows than there are numbers".to_owned())),
    }
}

/// Slices in order, each as long as a power of two: few lengths, hence few statements.
fn powers_of_two<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = rest.len().min(MAX_ROWS);
        let power = length.checked_ilog2().and_then(|log| 1_usize.checked_shl(log))?;
        let (slice, left) = rest.split_at_checked(power)?;
        rest = left;
        Some(slice)
    })
}

/// Makes obligations of `[collaborator, value]`; answers with ids and collaborators.
fn obligations(
    scope: &Scope,
    session: &mut Session,
    (paying, made): (Paying<'_>, Made<'_>),
    rows: &[[i64; 2]],
) -> Result<Vec<(i64, i64)>> {
    let head = Prepared {
        parts: &[
            "INSERT INTO obligations (organization_id, distributor_id, status, award_type, units, \
             created_at, updated_at, collaborator_id, value) SELECT ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", ",
            ", column1, column2 FROM (VALUES ",
        ],
        values: &[
            Value::Integer(scope.id()),
            Value::Integer(paying.distributor_id),
            Value::Text(made.status.to_owned()),
            Value::Text(made.award_type.to_owned()),
            Value::Text(paying.units.to_owned()),
            Value::Instant(paying.now),
            Value::Instant(paying.now),
        ],
    };
    session.note_shape(&("obligations", rows.len()));
    let tail = Prepared::plain(&[") AS shares RETURNING id, collaborator_id"]);
    let statement = Yielding::<(BigInt, BigInt), 2> { head, rows, tail, yields: PhantomData };
    statement.load(session.tenant(scope)?).map_err(Error::from)
}

macro_rules! allocate {
    ($figures:literal) => {
        &[
            concat!(
                "INSERT INTO allocations (organization_id, distribution_id, status, created_at, \
                 updated_at, obligation_id, collaborator_id, value, ",
                $figures,
                ") SELECT "
            ),
            ", ",
            ", 'pending', ",
            ", ",
            ", column1, column2, column3, column4, column5 FROM (VALUES ",
        ]
    };
}

const ALLOCATE_SHARES: &[&str] = allocate!("weight, rank");
const ALLOCATE_PARTS: &[&str] = allocate!("net_value, net_parts");

/// Makes allocations of `[obligation, collaborator, value, ..]`; answers with `[obligation, id]`.
fn allocations(
    scope: &Scope,
    session: &mut Session,
    (paying, parts): (Paying<'_>, &'static [&'static str]),
    rows: &[[i64; 5]],
) -> Result<Vec<[i64; 2]>> {
    let values = &[
        Value::Integer(scope.id()),
        Value::Integer(paying.distribution_id),
        Value::Instant(paying.now),
        Value::Instant(paying.now),
    ];
    let head = Prepared { parts, values };
    session.note_shape(&("allocations", parts, rows.len()));
    let tail = Prepared::plain(&[") AS parts RETURNING obligation_id, id"]);
    let statement = Yielding::<(BigInt, BigInt), 5> { head, rows, tail, yields: PhantomData };
    let made: Vec<(i64, i64)> = statement.load(session.tenant(scope)?)?;
    Ok(made.into_iter().map(|(obligation, id)| [obligation, id]).collect())
}

macro_rules! link {
    ($changes:literal) => {
        Link {
            one: &[
                concat!("UPDATE obligations SET ", $changes, "updated_at = "),
                ", allocation_id = ",
                " WHERE organization_id = ",
                " AND id = ",
            ],
            many: &[
                concat!(") UPDATE obligations SET ", $changes, "updated_at = "),
                ", allocation_id = links.id FROM links WHERE obligations.organization_id = ",
                " AND obligations.id = links.obligation_id",
            ],
        }
    };
}

/// How allocations are noted at their obligations.
#[derive(Clone, Copy)]
struct Link {
    one: &'static [&'static str],
    many: &'static [&'static str],
}

/// Those just made have no version but their first.
const LINK: Link = link!("");
const LINK_CHANGED: Link = link!("version = obligations.version + 1, ");

/// Notes allocations at their obligations, by pairs of both: whoever looked them up by what is in
/// the tables would depend on statistics, which new rows have none of. SQLite, where a statement
/// costs little, might look at every obligation to find many, and is given one at a time.
fn link(
    scope: &Scope,
    session: &mut Session,
    (paying, link): (Paying<'_>, Link),
    pairs: &[[i64; 2]],
) -> Result<()> {
    let mut linked = 0_usize;
    if session.is_postgres() {
        let head = Prepared::plain(&["WITH links (obligation_id, id) AS (VALUES "]);
        let values = &[Value::Instant(paying.now), Value::Integer(scope.id())];
        let tail = Prepared { parts: link.many, values };
        session.note_shape(&("links", link.many, pairs.len()));
        let statement = Yielding::<(), 2> { head, rows: pairs, tail, yields: PhantomData };
        linked = statement.execute(session.tenant(scope)?).map_err(Error::from)?;
    } else {
        for [obligation, id] in pairs {
            let values = &[
                Value::Instant(paying.now),
                Value::Integer(*id),
                Value::Integer(scope.id()),
                Value::Integer(*obligation),
            ];
            let statement = Prepared { parts: link.one, values };
            let done = statement.execute(session.tenant(scope)?).map_err(Error::from)?;
            linked = linked.saturating_add(done);
        }
    }
    if linked == pairs.len() {
        Ok(())
    } else {
        Err(Error::Query(format!("{} obligations were to be allocated, not {linked}", pairs.len())))
    }
}
