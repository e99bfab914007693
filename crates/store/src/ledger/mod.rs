//! The revenue of a tenant in memory, for reports: what each distribution spreads over which days,
//! by deal. Exact at every report: a deal's version rises with each of its distributions, so the
//! versions of all deals, read in one snapshot with what changed, tell what to read again. No
//! writer does anything for it, on this server or another. docs/decisions/0012-ledgers.md.

mod draft;
pub(crate) mod recognized;
mod rows;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use apportion_core::currency::Currency;
use apportion_core::day_span::DaySpan;
use apportion_core::report::Entry;

use crate::error::Result;
use crate::scope::Scope;
use crate::session::Session;

/// One distribution: 40 bytes.
#[derive(Clone, Copy, Debug)]
struct Line {
    id: i64,
    days: DaySpan,
    amount: i64,
    amount_default: i64,
    /// 0 where there is none.
    creator: i64,
}

/// A deal and what is spread of it.
#[derive(Debug)]
struct Account {
    deal: i64,
    version: i64,
    currency: Currency,
    probability: i64,
    lines: Box<[Line]>,
}

impl Account {
    fn entry(&self, organization: i64, line: &Line) -> Entry {
        Entry {
            organization,
            deal: self.deal,
            creator: (line.creator != 0).then_some(line.creator),
            revenue_distribution: line.id,
            currency: self.currency,
            probability: self.probability,
            days: line.days,
            amount: line.amount,
            amount_default: line.amount_default,
        }
    }
}

/// The revenue of one tenant at one moment.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    organization: i64,
    /// By the ids of the deals.
    accounts: Vec<Arc<Account>>,
}

impl Ledger {
    /// How many distributions there are.
    pub fn len(&self) -> usize {
        self.accounts.iter().map(|account| account.lines.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.accounts.iter().all(|account| account.lines.is_empty())
    }

    /// A distribution of a deal.
    pub fn entry(&self, deal: i64, revenue_distribution: i64) -> Option<Entry> {
        let at = self.accounts.binary_search_by_key(&deal, |account| account.deal).ok()?;
        self.of(self.accounts.get(at)?, revenue_distribution)
    }

    /// A distribution, of whatever deal.
    pub fn find(&self, revenue_distribution: i64) -> Option<Entry> {
        self.accounts.iter().find_map(|account| self.of(account, revenue_distribution))
    }

    fn of(&self, account: &Account, revenue_distribution: i64) -> Option<Entry> {
        let at = account.lines.binary_search_by_key(&revenue_distribution, |line| line.id).ok()?;
        Some(account.entry(self.organization, account.lines.get(at)?))
    }

    /// How many bytes it takes, as far as it is known here.
    fn bytes(&self) -> usize {
        let account = size_of::<Account>().saturating_add(size_of::<usize>().saturating_mul(3));
        let accounts = self.accounts.len().saturating_mul(account);
        self.len().saturating_mul(size_of::<Line>()).saturating_add(accounts)
    }

    /// The ledger in so many parts of about equal size.
    pub fn parts(&self, count: usize) -> Vec<LedgerPart<'_>> {
        let share = self.len().checked_div(count).unwrap_or(0).max(1);
        let mut parts = Vec::with_capacity(count);
        let (mut start, mut lines) = (0, 0_usize);
        for (at, account) in self.accounts.iter().enumerate() {
            lines = lines.saturating_add(account.lines.len());
            if lines >= share && parts.len().saturating_add(1) < count {
                let end = at.saturating_add(1);
                parts.push(self.part(start, end));
                (start, lines) = (end, 0);
            }
        }
        parts.push(self.part(start, self.accounts.len()));
        parts
    }

    fn part(&self, start: usize, end: usize) -> LedgerPart<'_> {
        let accounts = self.accounts.get(start..end).unwrap_or_default();
        LedgerPart { organization: self.organization, accounts }
    }
}

/// Some deals of a ledger.
#[derive(Clone, Copy, Debug)]
pub struct LedgerPart<'l> {
    organization: i64,
    accounts: &'l [Arc<Account>],
}

impl<'l> LedgerPart<'l> {
    /// Each deal, with its distributions by their ids.
    pub fn deals(self) -> impl Iterator<Item = impl Iterator<Item = Entry> + 'l> + 'l {
        self.accounts.iter().map(move |account| {
            account.lines.iter().map(move |line| account.entry(self.organization, line))
        })
    }
}

/// How many bytes ledgers may take together.
const MAX_BYTES: usize = 512 * 1024 * 1024;

/// The ledgers that are kept, by tenant: those that were used last, up to a limit of memory.
#[derive(Debug, Default)]
pub(crate) struct Ledgers {
    kept: Mutex<HashMap<i64, Kept>>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    /// Held while the ledger is brought up to date.
    ledger: Arc<Mutex<Arc<Ledger>>>,
    bytes: usize,
    used: u64,
}

/// The tenant's revenue as it is now.
pub fn ledger(scope: &Scope, session: &mut Session) -> Result<Arc<Ledger>> {
    let ledgers = Arc::clone(session.ledgers());
    let slot = ledgers.slot(scope.id());
    if session.depth() > 0 {
        // What a transaction has not committed yet is for its own eyes.
        let known = Arc::clone(&slot.lock().unwrap_or_else(PoisonError::into_inner));
        return Ok(rows::current(scope, session, &known)?.map_or(known, Arc::new));
    }
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let draft = if slot.accounts.is_empty() { draft::read(scope, session)? } else { None };
    let known = draft.map_or_else(|| Arc::clone(&slot), Arc::new);
    // The snapshot is taken after the lock, so that it never goes back.
    let fresh = session.snapshot(scope, |session| rows::current(scope, session, &known))?;
    let fresh = fresh.map_or(known, Arc::new);
    if !Arc::ptr_eq(&fresh, &slot) {
        ledgers.note(scope.id(), fresh.bytes());
        *slot = fresh;
    }
    Ok(Arc::clone(&slot))
}

impl Ledgers {
    fn slot(&self, organization: i64) -> Arc<Mutex<Arc<Ledger>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = kept.values().map(|it| it.used).max().unwrap_or(0).saturating_add(1);
        let slot = kept.entry(organization).or_default();
        slot.used = now;
        Arc::clone(&slot.ledger)
    }

    /// Notes how much a ledger takes, and lets go of those not used for longest.
    fn note(&self, organization: i64, bytes: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(organization).or_default().bytes = bytes;
        while kept.values().map(|it| it.bytes).sum::<usize>() > MAX_BYTES {
            let oldest = kept.iter().min_by_key(|(_, it)| it.used).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            kept.remove(&oldest);
        }
    }
}
