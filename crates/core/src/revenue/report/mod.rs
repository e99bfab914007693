//! Revenue reports: day slices summed up by the groups that a client chooses.
//!
//! A [`Report`] takes entries in any order, and can be computed in parts that are merged
//! ([`Report::merge`]); its rows and totals are read at the end. An entry takes a few divisions for
//! each period that it touches in the window, and none for a single day. Nothing is stored here,
//! and no text of the API is written here.

mod entry;
mod figure;
mod grouping;
mod hash;
mod order;
mod periods;
mod row;
mod sums;

use std::collections::HashMap;
use std::collections::hash_map;

use chrono::NaiveDate;

pub use entry::Entry;
pub use figure::Figure;
pub use grouping::{Group, GroupError, Grouping};
pub use order::{RowOrder, SortBy};
pub use row::{CurrencyTotal, Key, ReportError, Row};

use crate::calendar::day_span::DaySpan;
use crate::calendar::window::Window;
use crate::money::currency::Currency;
use crate::revenue::deal::DealStatus;
use entry::Course;
use hash::BuildKeyHasher;
use periods::Periods;
use sums::Sums;

/// The number of periods of one set of keys that lie next to each other in memory. A larger number
/// is faster over long windows; a smaller one wastes less memory on keys with a single period.
const RUN: usize = 16;

/// The question that a report answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportQuery {
    /// The groups whose combinations are the rows.
    pub grouping: Grouping,
    /// The days that are summed up.
    pub window: Window,
    /// The day that counts as today: the last one that is recognised.
    pub as_of: NaiveDate,
    /// The most rows that the report may have; a row in several currencies counts once for each. A
    /// report holds at most 16 times as many sums in memory, of 56 bytes each.
    pub max_rows: usize,
}

/// A report that entries can still be added to.
///
/// # Examples
///
/// 1000.00 EUR over July 2025, by week, as recognised on the 10th:
///
/// ```
/// use apportion_core::calendar::DateRange;
/// use apportion_core::deal::DealStatus;
/// use apportion_core::report::{Entry, Figure, Grouping, Report, ReportQuery};
/// use apportion_core::window::Window;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let july = DateRange::new("2025-07-01".parse()?, "2025-07-31".parse()?)?;
/// let mut report = Report::new(ReportQuery {
///     grouping: Grouping::parse("date:week").unwrap(),
///     window: Window::ALL,
///     as_of: "2025-07-10".parse()?,
///     max_rows: 1_000,
/// });
/// report.add(&Entry {
///     organization: 1,
///     deal: 17,
///     creator: None,
///     revenue_distribution: 4,
///     currency: "EUR".parse()?,
///     probability: 100,
///     status: DealStatus::Won,
///     days: july.into(),
///     amount: 100_000,
///     amount_default: 100_000,
/// });
/// let rows: Vec<_> = report
///     .rows(&[])?
///     .iter()
///     .map(|row| (report.grouping().row_id(row), row.figure(Figure::Recognised)))
///     .collect();
/// assert_eq!(rows[0], ("2025-W27".to_owned(), Some(19_355)));
/// assert_eq!(rows[1], ("2025-W28".to_owned(), Some(12_903)));
/// assert_eq!(rows[2], ("2025-W29".to_owned(), Some(0)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    query: ReportQuery,
    as_of: i32,
    grouped_by: GroupedBy,
    periods: Periods,
    /// The number of sums in a block: the length of a run, or the number of periods if that is
    /// smaller.
    stride: usize,
    currencies: Vec<(u32, Currency)>,
    blocks: HashMap<BlockKey, usize, BuildKeyHasher>,
    keys: Vec<BlockKey>,
    sums: Sums,
    rows: usize,
    latest: Option<(BlockKey, usize)>,
}

/// Which properties the report is grouped by, apart from the currency and the date.
#[derive(Clone, Copy, Debug)]
struct GroupedBy {
    organization: bool,
    deal: bool,
    creator: bool,
    status: bool,
    revenue_distribution: bool,
}

/// The keys of a block, which is a run of rows. A key that is not grouped by is empty. The currency
/// is always set, so that sums of different currencies are not mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct BlockKey {
    organization: i64,
    deal: i64,
    creator: Option<i64>,
    status: Option<DealStatus>,
    revenue_distribution: i64,
    /// The letters of the currency's code as one number, which sorts like the code.
    currency: u32,
    run: u32,
}

impl Report {
    /// Creates a report without entries.
    #[must_use]
    pub fn new(query: ReportQuery) -> Self {
        let periods = Periods::new(query.grouping.period(), query.window);
        let has = |group| query.grouping.has(group);
        Self {
            as_of: query.as_of.to_epoch_days(),
            grouped_by: GroupedBy {
                organization: has(Group::Organization),
                deal: has(Group::Deal),
                creator: has(Group::Creator),
                status: has(Group::Status),
                revenue_distribution: has(Group::RevenueDistribution),
            },
            stride: periods.len().clamp(1, RUN),
            periods,
            currencies: Vec::new(),
            blocks: HashMap::default(),
            keys: Vec::new(),
            sums: Sums::default(),
            rows: 0,
            latest: None,
            query,
        }
    }

    /// Returns the groups of the report.
    #[must_use]
    pub const fn grouping(&self) -> &Grouping {
        &self.query.grouping
    }

    /// Returns the days that are summed up. An entry without any of these days need not be added.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.query.window
    }

    /// Returns whether there are too many rows, so that adding more entries is pointless.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        self.rows > self.query.max_rows
    }

    /// Returns the number of periods that a distribution with these days adds to, and so what it
    /// costs: at least 0, and 1 if the report is not grouped by date.
    #[must_use]
    pub fn slices(&self, days: DaySpan) -> u64 {
        let Some(days) = self.query.window.clip(days) else { return 0 };
        let [first, last] = [days.first(), days.last()].map(|day| self.periods.number_of(day));
        u64::try_from(last.saturating_sub(first)).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Returns the number of periods in the window: the most that a distribution can add to.
    #[must_use]
    pub fn periods(&self) -> usize {
        self.periods.len()
    }

    /// Adds one distribution. The order of the entries does not matter.
    #[inline]
    pub fn add(&mut self, entry: &Entry) {
        if let Some(days) = self.query.window.clip(entry.days) {
            self.add_days(entry, days);
        }
    }

    /// Adds the sums of another report of the same query, as if its entries had been added here.
    ///
    /// # Panics
    ///
    /// If the other report has another query.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "there are at most as many rows as sums in memory"
    )]
    pub fn merge(&mut self, other: &Self) {
        assert!(self.query == other.query, "only reports of the same query can be merged");
        for (_, currency) in &other.currencies {
            self.code(*currency);
        }
        for (key, theirs) in other.keys.iter().zip((0..).step_by(other.stride)) {
            if self.is_too_large() {
                return;
            }
            let mine = self.block(*key);
            for at in 0..self.stride {
                self.rows += usize::from(self.sums.merge(mine + at, &other.sums, theirs + at));
            }
        }
    }

    fn add_days(&mut self, entry: &Entry, days: DaySpan) {
        let (key, own, default) = (self.key(entry), entry.amount, entry.amount_default);
        // What is not recognised on any day is as if every day was still to come.
        let as_of = if entry.status.is_recognised() { self.as_of } else { i32::MIN };
        if own == default {
            self.follow(Course::new(entry, [own], days, as_of), key, days);
        } else {
            self.follow(Course::new(entry, [own, default], days, as_of), key, days);
        }
    }

    #[expect(
        clippy::arithmetic_side_effects,
        reason = "days and numbers of periods are far from the limits, and the stride is above 0"
    )]
    fn follow<const N: usize>(&mut self, mut course: Course<N>, mut key: BlockKey, days: DaySpan) {
        let mut from = days.first();
        let mut period = self.periods.number_of(from);
        while from <= days.last() && !self.is_too_large() {
            key.run = u32::try_from(period / self.stride).unwrap_or(u32::MAX);
            let start = self.block(key);
            let places = start + period % self.stride..start + self.stride;
            for (at, end) in places.zip(self.periods.ends_from(period)) {
                let until = days.last().min(*end);
                self.rows += usize::from(self.sums.add(at, &course.step_to(until)));
                period += 1;
                from = until + 1;
                if from > days.last() {
                    return;
                }
            }
        }
    }

    #[inline]
    fn key(&mut self, entry: &Entry) -> BlockKey {
        let key = |has, id| if has { id } else { 0 };
        BlockKey {
            organization: key(self.grouped_by.organization, entry.organization),
            deal: key(self.grouped_by.deal, entry.deal),
            creator: entry.creator.filter(|_| self.grouped_by.creator),
            status: self.grouped_by.status.then_some(entry.status),
            revenue_distribution: key(
                self.grouped_by.revenue_distribution,
                entry.revenue_distribution,
            ),
            currency: self.code(entry.currency),
            run: 0,
        }
    }

    /// Returns the letters of a currency as a number, and remembers the currency under it.
    #[inline]
    fn code(&mut self, currency: Currency) -> u32 {
        let letters = currency.code().bytes();
        let code = letters.fold(0_u32, |code, letter| (code << 8) | u32::from(letter));
        if !self.currencies.iter().any(|(known, _)| *known == code) {
            self.currencies.push((code, currency));
        }
        code
    }

    /// Returns the position in `sums` where the block with this key begins. Makes room for its sums
    /// if the block is new.
    #[inline]
    fn block(&mut self, key: BlockKey) -> usize {
        if let Some((_, start)) = self.latest.filter(|(latest, _)| *latest == key) {
            return start;
        }
        let start = match self.blocks.entry(key) {
            hash_map::Entry::Occupied(known) => *known.get(),
            hash_map::Entry::Vacant(place) => {
                let start = *place.insert(self.sums.len());
                self.keys.push(key);
                self.sums.grow(self.stride);
                start
            }
        };
        self.latest = Some((key, start));
        start
    }
}
