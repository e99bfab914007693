//! The items that a list selects: the days of each distribution that its filter admits. Conditions
//! on the date may leave gaps, and may be alternatives to conditions on the distribution. Deals
//! that are lost are left out unless there is a condition on the status. Not here: the unbroken
//! window of a report (`revenue::selection`).

use apportion_core::day_set::DaySet;
use apportion_core::day_span::DaySpan;
use apportion_core::report::Entry;
use apportion_core::window::Window;
use apportion_store::{Field, Filter, Test, Value};
use chrono::NaiveDate;

use crate::revenue::report_row::{DATE, STATUS};
use crate::revenue::selection::{mentions, value_of};

/// The items of a list.
pub(super) struct Selection {
    /// The days that the conditions on the date alone admit.
    days: DaySet,
    /// Whether lost deals are left out, because no condition is on the status.
    leaves_out_lost: bool,
    /// The conditions on everything but the date.
    rest: Filter,
    /// The conditions that combine both.
    mixed: Vec<Filter>,
}

impl Selection {
    /// Makes the selection of a filter.
    pub(super) fn new(filter: Option<&Filter>) -> Self {
        let (mut rest, mut mixed) = (Vec::new(), Vec::new());
        let mut days = DaySet::all();
        let leaves_out_lost = !filter.is_some_and(|filter| mentions(filter, STATUS));
        let mut all: Vec<&Filter> = filter.into_iter().collect();
        while let Some(next) = all.pop() {
            match next {
                Filter::All(members) => all.extend(members),
                other if !mentions(other, DATE) => rest.push(other.clone()),
                other if is_about_dates(other) => {
                    days = days.intersection(&admitted(other, &|_| Value::Null));
                }
                other => mixed.push(other.clone()),
            }
        }
        Self { days, leaves_out_lost, rest: Filter::All(rest), mixed }
    }

    /// Visits the adjacent days of a distribution that are selected, in order.
    pub(super) fn each_span(&self, entry: &Entry, visit: impl FnMut(DaySpan)) {
        let value = |field: Field| value_of(entry, field);
        let is_hidden = self.leaves_out_lost && entry.status.is_left_out();
        if is_hidden || !self.rest.is_met(&value) {
            return;
        }
        if self.mixed.is_empty() {
            return self.days.clip(entry.days).for_each(visit);
        }
        let mut days = self.days.clone();
        for filter in &self.mixed {
            days = days.intersection(&admitted(filter, &value));
        }
        days.clip(entry.days).for_each(visit);
    }
}

/// Whether a filter has no condition but on the date.
fn is_about_dates(filter: &Filter) -> bool {
    match filter {
        Filter::All(members) | Filter::Any(members) => members.iter().all(is_about_dates),
        Filter::Test(field, _) => *field == DATE,
    }
}

/// Returns the days on which a filter holds, where the other fields have these values.
fn admitted(filter: &Filter, value: &impl Fn(Field) -> Value) -> DaySet {
    match filter {
        Filter::All(members) => {
            let each = members.iter().map(|member| admitted(member, value));
            each.fold(DaySet::all(), |all, days| all.intersection(&days))
        }
        Filter::Any(members) => {
            let each = members.iter().map(|member| admitted(member, value));
            each.fold(DaySet::default(), |any, days| any.union(&days))
        }
        Filter::Test(DATE, test) => tested(test),
        other if other.is_met(value) => DaySet::all(),
        _ => DaySet::default(),
    }
}

/// Returns the days that pass a test. No day is null, and none is compared as text.
fn tested(test: &Test) -> DaySet {
    match test {
        Test::In(values) => {
            let each = values.iter().filter_map(date).map(|date| Window::ALL.only(date).into());
            each.fold(DaySet::default(), |any, days| any.union(&days))
        }
        Test::NotIn(values) => {
            let each = values.iter().filter_map(date).map(DaySet::all_but);
            each.fold(DaySet::all(), |all, days| all.intersection(&days))
        }
        Test::Order(sign, bound) => date(bound).map_or_else(DaySet::default, |date| {
            DaySet::from(match *sign {
                ">" => Window::ALL.more_than(date),
                ">=" => Window::ALL.at_least(date),
                "<" => Window::ALL.less_than(date),
                _ => Window::ALL.at_most(date),
            })
        }),
        Test::NotNull => DaySet::all(),
        Test::Null | Test::Like(_) | Test::NotLike(_) => DaySet::default(),
    }
}

fn date(value: &Value) -> Option<NaiveDate> {
    if let Value::Date(date) = value { Some(*date) } else { None }
}
