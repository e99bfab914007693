//! The ledgers that sessions share: the revenue of tenants in memory, those used last, up to a limit.
//! Not here: how a ledger is read and brought up to date (`ledger`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use apportion_core::currency::Currency;
use apportion_core::day_span::DaySpan;
use apportion_core::report::Entry;

/// One distribution: 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) days: DaySpan,
    pub(crate) amount: i64,
    pub(crate) amount_default: i64,
    /// 0 where there is none.
    pub(crate) creator: i64,
}

/// A deal and what is spread of it.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) deal: i64,
    pub(crate) version: i64,
    pub(crate) currency: Currency,
    pub(crate) probability: i64,
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
    /// By the ids of the deals.
    pub(crate) accounts: Vec<Arc<Account>>,
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
    pub(crate) fn bytes(&self) -> usize {
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

impl Ledgers {
    pub(crate) fn slot(&self, organization: i64) -> Arc<Mutex<Arc<Ledger>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = kept.values().map(|it| it.used).max().unwrap_or(0).saturating_add(1);
        let slot = kept.entry(organization).or_default();
        slot.used = now;
        Arc::clone(&slot.ledger)
    }

    /// Notes how much a ledger takes, and lets go of those not used for longest.
    pub(crate) fn note(&self, organization: i64, bytes: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(organization).or_default().bytes = bytes;
        while kept.values().map(|it| it.bytes).sum::<usize>() > MAX_BYTES {
            let oldest = kept.iter().min_by_key(|(_, it)| it.used).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            kept.remove(&oldest);
        }
    }
}
