//! The first reading of a long ledger: rows in the order in which they are stored, on several
//! connections at once, each of which sees its own moment of the database. The result is a draft:
//! versions were read before the rows, and a deal that changed since has another version in the
//! snapshot that follows, where only that deal is read again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use apportion_limits::deadline::within;
use diesel::dsl::{max, min};
use diesel::prelude::*;

use super::rows::{COLUMNS, Head, LineOfDeal, Loading, for_each_row, heads};
use crate::database::connection::on_backend;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::session::books::{Ledger, Line};
use crate::session::tenant::Tenant;
use crate::tables::revenue::revenue_distribution::revenue_distributions;

/// The number of ids that are read at once, unless that makes too many pieces. Fewer ids are not
/// worth a draft.
const PIECE: i64 = 32 * 1024;
/// The most pieces that a ledger is read in.
const MAX_PIECES: i64 = 256;
/// The most connections that read at once.
const MAX_READERS: usize = 4;

/// The lines of a range of ids, each after the position of its deal among all deals.
type Piece = Vec<(u32, Line)>;

/// Reads all distributions of the tenant, or returns `None` if they are not worth a draft.
pub(super) fn read(tenant: &mut Tenant<'_>) -> Result<Option<Ledger>> {
    let (Some(first), Some(last)) = revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .select((min(revenue_distributions::id), max(revenue_distributions::id)))
        .get_result::<(Option<i64>, Option<i64>)>(tenant.connection()?)?
    else {
        return Ok(None);
    };
    let span = last.saturating_sub(first).saturating_add(1);
    if span <= PIECE {
        return Ok(None);
    }
    let heads = heads(tenant, i64::MIN, i64::MAX)?;
    let step = PIECE.max(span.saturating_div(MAX_PIECES));
    let starts = Starts { next: AtomicI64::new(first), first, last, step };
    let readers = thread::available_parallelism().map_or(1, usize::from).min(MAX_READERS);
    let (scope, address) = (*tenant.scope(), tenant.session().address().clone());
    let deadline = apportion_limits::deadline::current();
    let read = thread::scope(|threads| {
        let reader = || {
            within(deadline, || {
                let mut session = Session::open(&address)?;
                starts.read_pieces(|start, end| {
                    read_piece(&mut Tenant::new(scope, &mut session), &heads, start, end)
                })
            })
        };
        let all: Vec<_> = (0..readers).map(|_| threads.spawn(reader)).collect();
        let joined = all.into_iter().map(|one| one.join().map_err(|_| Error::Panicked)?);
        joined.collect::<Result<Vec<_>>>()
    })?;
    let mut pieces: Vec<(i64, Piece)> = read.into_iter().flatten().collect();
    pieces.sort_unstable_by_key(|(start, _)| *start);
    let pieces = pieces.into_iter().map(|(_, piece)| piece).collect();
    Ok(Some(assemble(tenant, heads, pieces)))
}

/// The ranges of ids, each of which is handed out once. The first and the last have no end on the
/// outside: what was inserted there after the ends were read, and before the versions, is read too.
struct Starts {
    next: AtomicI64,
    first: i64,
    last: i64,
    step: i64,
}

impl Starts {
    /// Reads pieces until no range is left. Returns each piece after the first id of its range.
    fn read_pieces(
        &self,
        mut read: impl FnMut(i64, i64) -> Result<Piece>,
    ) -> Result<Vec<(i64, Piece)>> {
        let mut pieces = Vec::new();
        loop {
            let start = self.next.fetch_add(self.step, Ordering::Relaxed);
            if start > self.last {
                return Ok(pieces);
            }
            let from = if start == self.first { i64::MIN } else { start };
            let next = start.saturating_add(self.step);
            let to = if next > self.last { i64::MAX } else { next.saturating_sub(1) };
            pieces.push((start, read(from, to)?));
        }
    }
}

fn read_piece(tenant: &mut Tenant<'_>, heads: &[Head], start: i64, end: i64) -> Result<Piece> {
    // A vector that grows would leave holes in memory.
    let mut piece = Vec::with_capacity(usize::try_from(PIECE).unwrap_or(0));
    let rows = revenue_distributions::table
        .filter(revenue_distributions::organization_id.eq(tenant.id()))
        .filter(revenue_distributions::id.between(start, end))
        .order(revenue_distributions::id)
        .select(COLUMNS);
    for_each_row!(rows, tenant.connection()?, |row| {
        let LineOfDeal { deal, line } = row.line_of_deal()?;
        // A deal that was inserted since is read in the snapshot.
        if let Ok(at) = heads.binary_search_by_key(&deal, |head| head.id) {
            piece.push((u32::try_from(at).unwrap_or(u32::MAX), line));
        }
    });
    piece.shrink_to_fit();
    Ok(piece)
}

/// Puts the lines, which are ordered by their ids, to their deals.
fn assemble(tenant: &Tenant<'_>, heads: Vec<Head>, mut pieces: VecDeque<Piece>) -> Ledger {
    let mut counts = vec![0_usize; heads.len()];
    let position = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
    for (at, _) in pieces.iter().flatten() {
        if let Some(count) = counts.get_mut(position(*at)) {
            *count = count.saturating_add(1);
        }
    }
    let mut lines: Vec<Vec<Line>> = counts.into_iter().map(Vec::with_capacity).collect();
    // Pieces are dropped one by one, so that few lines are held twice.
    while let Some(piece) = pieces.pop_front() {
        for (at, line) in piece {
            if let Some(lines) = lines.get_mut(position(at)) {
                lines.push(line);
            }
        }
    }
    let accounts =
        heads.into_iter().zip(lines).map(|(head, lines)| head.account(lines.into_boxed_slice()));
    Ledger { organization: tenant.id(), accounts: accounts.map(Arc::new).collect() }
}
