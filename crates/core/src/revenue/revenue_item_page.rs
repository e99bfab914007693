//! Pages over the revenue items of many distributions: the distribution and the day of each item.
//!
//! A page is found by counting, so no item before it is computed, however deep it is. The caller
//! passes the distributions as spans of days, in an order of its choice; a place on a page refers
//! to a distribution by its position in that order.

use std::ops::Range;

use crate::calendar::day_span::DaySpan;
use crate::calendar::window::Window;

/// A page of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemPage {
    /// The days whose items are listed.
    pub window: Window,
    /// The number of items before the page.
    pub offset: u64,
    /// The most items on the page.
    pub limit: usize,
    /// Whether later days come first.
    pub descending: bool,
}

/// The place of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemPlace {
    /// The position of the distribution in the given order, from 0.
    pub distribution: usize,
    /// The day, counted from 1970-01-01.
    pub day: i32,
}

/// The number of distributions that run on each day of a window.
///
/// Only the changes from one day to the next are stored, so that adding a distribution takes two
/// additions, however long it is.
struct DayCounts {
    window: Window,
    first: i32,
    changes: Vec<i64>,
}

/// Counts the items on the days of the window.
pub fn count(spans: impl IntoIterator<Item = DaySpan>, window: Window) -> u64 {
    spans.into_iter().map(|span| window.days_of(span).unsigned_abs()).sum()
}

impl DayCounts {
    /// Creates counts of 0 for the days of a window, of 8 bytes each.
    fn new(window: Window) -> Self {
        let days = window.span().map_or(0, DaySpan::days);
        let first = window.span().map_or(0, DaySpan::first);
        Self { window, first, changes: vec![0; usize::try_from(days).unwrap_or(0)] }
    }

    /// Counts a distribution in.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "there are fewer than 2^63 distributions, and days are far from the limits"
    )]
    fn add(&mut self, span: DaySpan) {
        let Some(days) = self.window.clip(span) else { return };
        for (day, change) in [(days.first(), 1), (days.last() + 1, -1)] {
            let at = usize::try_from(day - self.first).unwrap_or(usize::MAX);
            if let Some(sum) = self.changes.get_mut(at) {
                *sum += change;
            }
        }
    }

    /// Returns the days of the window in order, each with the number of distributions that run on
    /// it.
    fn days(&self) -> Vec<(i32, u64)> {
        let running = self.changes.iter().scan(0_i64, |sum, change| {
            *sum = sum.saturating_add(*change);
            Some(u64::try_from(*sum).unwrap_or(0))
        });
        (self.first..).zip(running).collect()
    }
}

/// The items of one day that are on the page.
struct DayPart {
    day: i32,
    ranks: Range<u64>,
    seen: u64,
    distributions: Vec<usize>,
}

impl ItemPage {
    /// Lists the page by distribution in the given order, and within a distribution by day.
    pub fn by_distribution(&self, spans: impl IntoIterator<Item = DaySpan>) -> Vec<ItemPlace> {
        let (mut before, mut places) = (self.offset, Vec::new());
        for (distribution, span) in spans.into_iter().enumerate() {
            let left = self.limit.saturating_sub(places.len());
            if left == 0 {
                break;
            }
            let Some(days) = self.window.clip(span) else { continue };
            let Some(rest) = days.days().unsigned_abs().checked_sub(before).filter(|n| *n > 0)
            else {
                before = before.saturating_sub(days.days().unsigned_abs());
                continue;
            };
            let skipped = i32::try_from(before).unwrap_or(i32::MAX);
            before = 0;
            let taken = usize::try_from(rest).unwrap_or(left).min(left);
            let place = |day| ItemPlace { distribution, day };
            if self.descending {
                let from = days.last().saturating_sub(skipped);
                places.extend((days.first()..=from).rev().take(taken).map(place));
            } else {
                let from = days.first().saturating_add(skipped);
                places.extend((from..=days.last()).take(taken).map(place));
            }
        }
        places
    }

    /// Lists the page by day, and within a day by distribution in the given order.
    ///
    /// Visits all distributions twice, and then once more for the days that the page touches.
    pub fn by_date<S>(&self, spans: S) -> Vec<ItemPlace>
    where
        S: IntoIterator<Item = DaySpan> + Clone,
    {
        let mut counts = DayCounts::new(extent(spans.clone(), self.window));
        spans.clone().into_iter().for_each(|span| counts.add(span));
        let mut parts = self.parts(&counts);
        let first = parts.first().map_or(0, |part| part.day);
        let last = parts.last().map_or(-1, |part| part.day);
        for (distribution, span) in spans.into_iter().enumerate() {
            if span.last() < first || last < span.first() {
                continue;
            }
            let from = parts.partition_point(|part| part.day < span.first());
            let touched = parts.get_mut(from..).unwrap_or_default().iter_mut();
            for part in touched.take_while(|part| part.day <= span.last()) {
                if part.ranks.contains(&part.seen) {
                    part.distributions.push(distribution);
                }
                part.seen = part.seen.saturating_add(1);
            }
        }
        if self.descending {
            parts.reverse();
        }
        let places = |part: DayPart| {
            let place = move |distribution| ItemPlace { distribution, day: part.day };
            part.distributions.into_iter().map(place)
        };
        parts.into_iter().flat_map(places).collect()
    }

    /// Lists the page by group of distributions, within a group by day, and within a day by
    /// distribution in the given order.
    ///
    /// The distributions of a group must be next to each other.
    ///
    /// `lengths` is the number of distributions in each group; the groups together contain all
    /// distributions.
    pub fn by_group_and_date(
        &self,
        spans: &[DaySpan],
        lengths: impl IntoIterator<Item = usize>,
    ) -> Vec<ItemPlace> {
        let (mut rest, mut numbered) = (*self, 0_usize);
        let (mut spans, mut places) = (spans, Vec::new());
        for length in lengths {
            let (group, after) = spans.split_at_checked(length).unwrap_or((spans, &[]));
            let items = count(group.iter().copied(), self.window);
            if let Some(left) = rest.offset.checked_sub(items) {
                rest.offset = left;
            } else {
                let page = rest.by_date(group.iter().copied());
                rest = Self { offset: 0, limit: rest.limit.saturating_sub(page.len()), ..rest };
                places.extend(page.into_iter().map(|place| ItemPlace {
                    distribution: place.distribution.saturating_add(numbered),
                    ..place
                }));
            }
            if rest.limit == 0 {
                break;
            }
            (spans, numbered) = (after, numbered.saturating_add(length));
        }
        places
    }

    /// Returns the items of each day that are on the page, sorted by day.
    fn parts(&self, counts: &DayCounts) -> Vec<DayPart> {
        let days = counts.days().into_iter().filter(|(day, active)| *active > 0 && self.has(*day));
        let mut parts = if self.descending { self.cut(days.rev()) } else { self.cut(days) };
        parts.sort_by_key(|part| part.day);
        parts
    }

    fn has(&self, day: i32) -> bool {
        self.window.span().is_some_and(|days| (days.first()..=days.last()).contains(&day))
    }

    fn cut(&self, days: impl Iterator<Item = (i32, u64)>) -> Vec<DayPart> {
        let mut before = self.offset;
        let mut left = u64::try_from(self.limit).unwrap_or(u64::MAX);
        let mut parts = Vec::new();
        for (day, active) in days {
            if left == 0 {
                break;
            }
            let ranks = before.min(active)..active.min(before.saturating_add(left));
            before = before.saturating_sub(active);
            left = left.saturating_sub(ranks.end.saturating_sub(ranks.start));
            if !ranks.is_empty() {
                parts.push(DayPart { day, ranks, seen: 0, distributions: Vec::new() });
            }
        }
        parts
    }
}

/// Returns the part of the window from the first to the last day of all spans.
fn extent(spans: impl IntoIterator<Item = DaySpan>, window: Window) -> Window {
    let clipped = spans.into_iter().filter_map(|span| window.clip(span));
    let hull = clipped.reduce(|a, b| a.hull(b));
    hull.map_or(Window::NONE, Window::from)
}
