//! The ledgers that sessions share: the revenue of tenants in memory, of those that were used last,
//! up to a limit. Not here: how a ledger is read and brought up to date (`ledger`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use apportion_core::currency::Currency;
use apportion_core::day_span::DaySpan;
use apportion_core::deal::DealStatus;
use apportion_core::report::Entry;

/// A revenue distribution, in 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) days: DaySpan,
    pub(crate) amount: i64,
    pub(crate) amount_default: i64,
    /// The person who created it, or 0 if no token named one.
    pub(crate) creator: i64,
}

/// A deal with its revenue distributions.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) deal: i64,
    pub(crate) version: i64,
    pub(crate) currency: Currency,
    pub(crate) probability: i64,
    pub(crate) status: DealStatus,
    /// Ordered by their ids.
    pub(crate) lines: Box<[Line]>,
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
            status: self.status,
            days: line.days,
            amount: line.amount,
            amount_default: line.amount_default,
        }
    }
}

/// The revenue of one tenant at one moment.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(crate) organization: i64,
    /// Ordered by the ids of the deals.
    pub(crate) accounts: Vec<Arc<Account>>,
}

impl Ledger {
    /// Returns the number of distributions.
    pub fn len(&self) -> usize {
        self.accounts.iter().map(|account| account.lines.len()).sum()
    }

    /// Returns the number of deals.
    pub fn deals(&self) -> usize {
        self.accounts.len()
    }

    /// Whether there are no distributions.
    pub fn is_empty(&self) -> bool {
        self.accounts.iter().all(|account| account.lines.is_empty())
    }

    /// Returns a distribution of a deal.
    pub fn entry(&self, deal: i64, revenue_distribution: i64) -> Option<Entry> {
        let at = self.accounts.binary_search_by_key(&deal, |account| account.deal).ok()?;
        self.entry_in(self.accounts.get(at)?, revenue_distribution)
    }

    /// Returns a distribution, whatever its deal.
    pub fn find(&self, revenue_distribution: i64) -> Option<Entry> {
        self.accounts.iter().find_map(|account| self.entry_in(account, revenue_distribution))
    }

    fn entry_in(&self, account: &Account, revenue_distribution: i64) -> Option<Entry> {
        let at = account.lines.binary_search_by_key(&revenue_distribution, |line| line.id).ok()?;
        Some(account.entry(self.organization, account.lines.get(at)?))
    }

    /// Returns the number of bytes that the ledger takes, without what the allocator adds.
    pub(crate) fn bytes(&self) -> usize {
        let account = size_of::<Account>().saturating_add(size_of::<usize>().saturating_mul(3));
        let accounts = self.accounts.len().saturating_mul(account);
        self.len().saturating_mul(size_of::<Line>()).saturating_add(accounts)
    }

    /// Splits the ledger into at most `count` parts of about equal size.
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
    /// Iterates over the deals, and for each over its distributions, ordered by their ids.
    pub fn deals(self) -> impl Iterator<Item = impl Iterator<Item = Entry> + 'l> + 'l {
        self.accounts.iter().map(move |account| {
            account.lines.iter().map(move |line| account.entry(self.organization, line))
        })
    }
}

/// The most bytes that ledgers take together, unless a limit is given.
pub(crate) const LEDGER_MEMORY: usize = 256 * 1024 * 1024;

/// The ledgers in memory, by tenant: those that were used last, up to a limit of memory.
#[derive(Debug)]
pub(crate) struct Ledgers {
    slots: Mutex<HashMap<i64, Slot>>,
    /// The most bytes that they take together.
    most: usize,
}

impl Default for Ledgers {
    fn default() -> Self {
        Self::within(LEDGER_MEMORY)
    }
}

#[derive(Clone, Debug, Default)]
struct Slot {
    /// Locked while the ledger is brought up to date.
    ledger: Arc<Mutex<Arc<Ledger>>>,
    bytes: usize,
    /// Higher than that of all slots which were used before.
    last_use: u64,
}

impl Ledgers {
    /// Makes room for ledgers, up to a limit in bytes.
    pub(crate) fn within(most: usize) -> Self {
        Self { slots: Mutex::default(), most }
    }

    /// Returns the slot with a tenant's ledger, and marks it as used last. The ledger is empty if
    /// it was not in memory.
    pub(crate) fn slot(&self, organization: i64) -> Arc<Mutex<Arc<Ledger>>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let now = slots.values().map(|slot| slot.last_use).max().unwrap_or(0).saturating_add(1);
        let slot = slots.entry(organization).or_default();
        slot.last_use = now;
        Arc::clone(&slot.ledger)
    }

    /// Notes the size of a ledger. Drops the ledgers that were not used for longest if all of them
    /// take too much.
    pub(crate) fn note(&self, organization: i64, bytes: usize) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(organization).or_default().bytes = bytes;
        while slots.values().map(|slot| slot.bytes).sum::<usize>() > self.most {
            let oldest = slots.iter().min_by_key(|(_, slot)| slot.last_use).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            slots.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Ledgers;

    #[test]
    fn those_that_were_used_last_are_kept_within_the_limit() {
        let ledgers = Ledgers::within(100);
        let held: Vec<_> = [1, 2, 3].map(|id| (id, ledgers.slot(id))).into();
        let is_kept = |id: usize| {
            held.get(id - 1).is_some_and(|(id, slot)| Arc::ptr_eq(slot, &ledgers.slot(*id)))
        };
        ledgers.note(1, 50);
        ledgers.note(2, 50);
        assert!(is_kept(2) && is_kept(1), "both fit, and the first is used last");
        ledgers.slot(3);
        ledgers.note(3, 1);
        assert!(is_kept(1) && !is_kept(2), "the second makes room");
        ledgers.note(1, 101);
        assert!(!is_kept(1), "one that is too large by itself is not kept");
    }
}
