//! Pages over the revenue items of many distributions: which distribution and which day each is.
//!
//! Found by counting, at any depth: no item before the page is made. The distributions come in an
//! order that the caller has chosen, as the spans of their days; a place of a page names one by its
//! number in that order.

use std::ops::Range;

use crate::calendar::day_span::DaySpan;
use crate::calendar::window::Window;

/// A page of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemPage {
    /// The days whose items are listed.
    pub window: Window,
    /// How many items come before the page.
    pub offset: u64,
    /// How many items the page has at most.
    pub limit: usize,
    /// Whether later days come first.
    pub descending: bool,
}

/// Where an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemPlace {
    /// The number of the distribution in the order given, from 0.
    pub distribution: usize,
    /// The day, counted from 1970-01-01.
    pub day: i32,
}

/// How many distributions are under way on each day of a window.
///
/// Kept as changes from one day to the next, so that a distribution costs two additions however
/// long it is; what is kept can be brought up to date by [`DayCounts::remove`] and
/// [`DayCounts::add`].
struct DayCounts {
    window: Window,
    first: i32,
    changes: Vec<i64>,
}

/// The number of items of the days that are in the window.
pub fn count(spans: impl IntoIterator<Item = DaySpan>, window: Window) -> u64 {
    spans.into_iter().map(|span| window.days_of(span).unsigned_abs()).sum()
}

impl DayCounts {
    /// Counts of nothing so far, for the days of a window: 8 bytes each.
    fn new(window: Window) -> Self {
        let days = window.span().map_or(0, DaySpan::days);
        let first = window.span().map_or(0, DaySpan::first);
        Self { window, first, changes: vec![0; usize::try_from(days).unwrap_or(0)] }
    }

    /// Counts a distribution in.
    #[expect(clippy::arithmetic_side_effects, reason = "fewer than 2^63 distributions; days")]
    fn add(&mut self, span: DaySpan) {
        let Some(days) = self.window.clip(span) else { return };
        for (day, change) in [(days.first(), 1), (days.last() + 1, -1)] {
            let at = usize::try_from(day - self.first).unwrap_or(usize::MAX);
            if let Some(sum) = self.changes.get_mut(at) {
                *sum += change;
            }
        }
    }

    /// The days of the window and the number of distributions that are under way, in order.
    fn days(&self) -> Vec<(i32, u64)> {
        let running = self.changes.iter().scan(0_i64, |sum, change| {
            *sum = sum.saturating_add(*change);
            Some(u64::try_from(*sum).unwrap_or(0))
        });
        (self.first..).zip(running).collect()
    }
}

/// The part of a day's items that is on the page.
struct DayPart {
    day: i32,
    ranks: Range<u64>,
    seen: u64,
    distributions: Vec<usize>,
}

impl ItemPage {
    /// The page where distributions come in the order given, and each with its days in order.
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

    /// The page where days come first, and the items of a day in the order of the distributions.
    ///
    /// Goes through the distributions twice, and once more over those days that the page touches.
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

    /// The page where groups of distributions that stand together come in the order given, the
    /// items of a group by day, and those of a day in the order of the distributions.
    ///
    /// `lengths` says how many distributions each group has; together they have all of them.
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

    /// Which items of which days are on the page, by day.
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

/// The part of the window from the first day of any of the spans to the last.
fn extent(spans: impl IntoIterator<Item = DaySpan>, window: Window) -> Window {
    let clipped = spans.into_iter().filter_map(|span| window.clip(span));
    let hull = clipped.reduce(|a, b| a.hull(b));
    hull.map_or(Window::NONE, Window::from)
}
