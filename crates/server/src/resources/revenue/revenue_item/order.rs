//! The order of revenue items in a list. The beginning of a page and its items are found by
//! counting days, without computing the items before the page. Not here: the amounts of an item
//! (`rows`).

use apportion_core::day_span::DaySpan;
use apportion_core::report::Entry;
use apportion_core::revenue_item_page::{self as pages, ItemPage};
use apportion_core::window::Window;
use apportion_store::{Field, Ledger, Order};
use std::cmp::Ordering;

use super::selection::Selection;
use crate::revenue::report_row::{DATE, DEAL_ID, ORGANIZATION_ID, REVENUE_DISTRIBUTION_ID};

/// The keys of an item: the id of its deal, the id of its distribution, and its day, which is
/// counted from 1970-01-01.
pub(super) type Keys = (i64, i64, i32);

/// Adjacent days of a distribution that are items of the list. A distribution has several where the
/// list leaves out days between them.
#[derive(Clone, Copy)]
struct Spread {
    deal: i64,
    revenue_distribution: i64,
    days: DaySpan,
}

/// The grouping of the items of a list. It follows from the sort fields of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// The items of a distribution are adjacent.
    Distribution,
    /// The items of a day are adjacent.
    Date,
    /// The items of a deal are adjacent, and are ordered by day.
    DealAndDate,
}

/// The distributions of a list of items, in the order in which the list sorts them.
pub(super) struct Listed {
    spreads: Vec<Spread>,
    spans: Vec<DaySpan>,
    lead: Lead,
    /// Whether later days come first.
    descending: bool,
    order: Vec<(Field, bool)>,
}

impl Listed {
    pub(super) fn new(ledger: &Ledger, selection: &Selection, order: &[Order]) -> Self {
        let order: Vec<(Field, bool)> =
            order.iter().flat_map(|order| keys_of(order.field, order.descending)).collect();
        let at = |field| order.iter().position(|(own, _)| *own == field).unwrap_or(usize::MAX);
        let (date, deal, own) = (at(DATE), at(DEAL_ID), at(REVENUE_DISTRIBUTION_ID));
        let lead = match () {
            () if own < date => Lead::Distribution,
            () if deal < date => Lead::DealAndDate,
            () => Lead::Date,
        };
        let descending = order.get(date).is_some_and(|(_, descending)| *descending);
        let mut spreads: Vec<Spread> = Vec::new();
        for part in ledger.parts(1) {
            for entry in part.deals().flatten() {
                let Entry { deal, revenue_distribution, .. } = entry;
                let spread = |days| Spread { deal, revenue_distribution, days };
                selection.each_span(&entry, |days| spreads.push(spread(days)));
            }
        }
        spreads.sort_unstable_by(|a, b| {
            let by_day = a.days.cmp(&b.days);
            let by_day = if descending { by_day.reverse() } else { by_day };
            compare(&order, key(a), key(b)).then(by_day)
        });
        let spans = spreads.iter().map(|spread| spread.days).collect();
        Self { spreads, spans, lead, descending, order }
    }

    /// Returns the number of items in the list.
    pub(super) fn count(&self) -> u64 {
        pages::count(self.spans.iter().copied(), Window::ALL)
    }

    pub(super) fn page(&self, offset: u64, limit: usize) -> ItemPage {
        ItemPage { window: Window::ALL, offset, limit, descending: self.descending }
    }

    /// Returns the keys of the items on a page.
    pub(super) fn places(&self, page: &ItemPage) -> Vec<Keys> {
        let spans = self.spans.iter().copied();
        let places = match self.lead {
            Lead::Distribution => page.by_distribution(spans),
            Lead::Date => page.by_date(spans),
            Lead::DealAndDate => {
                let groups = self.spreads.chunk_by(|a, b| a.deal == b.deal);
                page.by_group_and_date(&self.spans, groups.map(<[Spread]>::len))
            }
        };
        let keys = places.into_iter().filter_map(|place| {
            let spread = self.spreads.get(place.distribution)?;
            Some((spread.deal, spread.revenue_distribution, place.day))
        });
        keys.collect()
    }

    /// Returns the number of items before an item, which may no longer exist. If `with` is set, the
    /// item itself counts too, as far as it exists.
    pub(super) fn rank(&self, item: Keys, with: bool) -> u64 {
        let before = |spread: &Spread| {
            let (deal, own, day) = item;
            let order = compare(&self.order, key(spread), (deal, own));
            let days = |window: Window| window.days_of(spread.days).unsigned_abs();
            // The days before the day of the item: first without that day, then with it.
            let date = self.day(day);
            let (earlier, until) = match date {
                Some(date) if self.descending => {
                    (Window::ALL.more_than(date), Window::ALL.at_least(date))
                }
                Some(date) => (Window::ALL.less_than(date), Window::ALL.at_most(date)),
                None => (Window::NONE, Window::NONE),
            };
            match (self.lead, order) {
                (Lead::Distribution, Ordering::Less) => days(Window::ALL),
                (Lead::Distribution, Ordering::Greater) => 0,
                (Lead::DealAndDate, _) if spread.deal != deal => match order {
                    Ordering::Less => days(Window::ALL),
                    _ => 0,
                },
                (_, Ordering::Less) => days(until),
                (_, Ordering::Equal) if with => days(until),
                _ => days(earlier),
            }
        };
        self.spreads.iter().map(before).sum()
    }

    fn day(&self, day: i32) -> Option<chrono::NaiveDate> {
        chrono::NaiveDate::from_epoch_days(day)
    }
}

/// Returns the fields by which a list is sorted for a sort field. The id sorts by distribution and
/// then by day.
fn keys_of(field: Field, descending: bool) -> Vec<(Field, bool)> {
    match field {
        DATE | DEAL_ID | REVENUE_DISTRIBUTION_ID => vec![(field, descending)],
        // All items belong to one tenant.
        ORGANIZATION_ID => Vec::new(),
        _ => vec![(REVENUE_DISTRIBUTION_ID, descending), (DATE, descending)],
    }
}

fn key(spread: &Spread) -> (i64, i64) {
    (spread.deal, spread.revenue_distribution)
}

/// Compares two distributions, given as deal and distribution ids, without regard to days.
fn compare(order: &[(Field, bool)], a: (i64, i64), b: (i64, i64)) -> Ordering {
    let by = |(field, descending): &(Field, bool)| {
        let ascending = match *field {
            DEAL_ID => a.0.cmp(&b.0),
            REVENUE_DISTRIBUTION_ID => a.1.cmp(&b.1),
            _ => Ordering::Equal,
        };
        if *descending { ascending.reverse() } else { ascending }
    };
    order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// Parses the keys of an item from the JSON array in a cursor.
pub(super) fn read_keys(text: &str) -> Option<Keys> {
    serde_json::from_str(text).ok()
}
