//! Sets of days: what is left of the calendar by conditions that may leave gaps. Not here: the one
//! unbroken span that a report looks at (`window`).

use chrono::NaiveDate;

use crate::calendar::day_span::DaySpan;
use crate::calendar::window::Window;

/// A set of days of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySet {
    /// The spans, in order; none of them overlaps or touches another.
    spans: Vec<DaySpan>,
}

impl DaySet {
    /// Returns the set of all days of the calendar.
    #[must_use]
    pub fn all() -> Self {
        Self::from(Window::ALL)
    }

    /// Returns the set of all days but one.
    #[must_use]
    pub fn all_but(date: NaiveDate) -> Self {
        let after = Self::from(Window::ALL.more_than(date));
        Self::from(Window::ALL.less_than(date)).union(&after)
    }

    /// Returns the days that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut all: Vec<DaySpan> = self.spans.iter().chain(&other.spans).copied().collect();
        all.sort_unstable();
        let mut spans: Vec<DaySpan> = Vec::with_capacity(all.len());
        for span in all {
            match spans.last_mut() {
                Some(last) if span.first() <= last.last().saturating_add(1) => {
                    *last = last.hull(span);
                }
                _ => spans.push(span),
            }
        }
        Self { spans }
    }

    /// Returns the days that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { spans: self.spans.iter().flat_map(|span| other.clip(*span)).collect() }
    }

    /// Returns those days of a span that are in the set, as spans in order.
    pub fn clip(&self, span: DaySpan) -> impl Iterator<Item = DaySpan> + use<'_> {
        let from = self.spans.partition_point(|own| own.last() < span.first());
        let near = self.spans.get(from..).unwrap_or_default().iter();
        near.map_while(move |own| Window::from(*own).clip(span))
    }
}

impl From<Window> for DaySet {
    fn from(window: Window) -> Self {
        Self { spans: window.span().into_iter().collect() }
    }
}
