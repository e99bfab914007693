//! What a chart shows of a report: bars, each of a few parts.
//!
//! Many parts become few by keeping the largest and adding the others up, so that bars of periods
//! come to what they should; of many bars that are no periods the largest are kept, and the others
//! are said to be missing. No places and no colours here.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::iter;

use apportion_core::calendar::Period;
use apportion_core::report::{Figure, Group, Grouping, Key, Row};
use chrono::NaiveDate;

use super::{MAX_BARS, Names};

/// The bars of a chart, from left to right.
#[derive(Debug)]
pub(super) struct Bars {
    pub(super) labels: Vec<String>,
    /// What the labels are: `month`, `deal`; empty where there is but one bar for all.
    pub(super) axis: String,
    /// What the labels are periods of.
    pub(super) period: Option<Period>,
    /// What the series are: `deal`, `revenue`.
    pub(super) stacked_by: String,
    /// Whether that is a group.
    pub(super) stacks: bool,
    /// From the bottom to the top; none where all is 0.
    pub(super) series: Vec<Series>,
    /// What all rows come to, in minor units.
    pub(super) total: i128,
    /// How many bars there would be besides.
    pub(super) missing: usize,
}

/// One part of every bar.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) shade: Shade,
    /// For each bar, in minor units. Sums of more rows than an `i64` may hold.
    pub(super) amounts: Vec<i128>,
}

/// How the parts of a bar are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    /// Colours from 0, below [`MAX_SERIES`].
    Colour(usize),
    /// The first colour, paler.
    Pale,
    /// What is none of the others.
    Other,
}

/// Most series that eyes tell apart; what is left is one more.
const MAX_SERIES: usize = 8;
/// How many bars have no spaces between them.
const DENSE: usize = 150;
/// Most bars that are not periods.
const MAX_KEYS: usize = 20;

const RECOGNISED: &str = "recognized";
const TO_COME: &str = "to come";
const OTHER: &str = "other";

impl Bars {
    /// `None` where there are more than [`MAX_BARS`]. Bars that are no periods are as many as have
    /// room for their labels where so many letters stand side by side.
    pub(super) fn of(grouping: &Grouping, rows: &[Row], letters: usize) -> Option<Self> {
        let period = grouping.period();
        let (across, stacked_by) = (across(grouping), stacked_by(grouping));
        let columns = match period {
            Some(period) => Places::periods(period, rows)?,
            None => {
                let sizes = sizes(rows.iter(), |row| vec![(text(row, across), total(row))]);
                Places::largest(&sizes, letters)
            }
        };
        let parts = |row: &Row| parts(row, stacked_by);
        let shown = rows.iter().filter(|row| columns.find(&text(row, across)).is_some());
        let sizes = sizes(shown, parts);
        let mut layers = Layers::of(sizes, stacked_by.is_some(), columns.names.len());
        for row in rows {
            let Some(column) = columns.find(&text(row, across)) else { continue };
            for (name, amount) in parts(row) {
                layers.add(&name, column, amount);
            }
        }
        Some(Self {
            total: rows.iter().map(total).sum(),
            missing: columns.missing,
            labels: columns.names,
            axis: across.map_or_else(String::new, axis),
            period,
            stacks: stacked_by.is_some(),
            stacked_by: stacked_by.map_or_else(|| "revenue".to_owned(), axis),
            series: layers.series,
        })
    }

    /// Calls the parts that go by ids by the names that these have. Where two look the same, as
    /// `short` makes them, their ids come first.
    pub(super) fn call_parts(&mut self, names: &Names, short: impl Fn(&str) -> String) {
        let name_of = |id: &str| id.parse().ok().and_then(|id: i64| names.get(&id));
        let named = self.series.iter().filter_map(|series| name_of(&series.name));
        let shown: Vec<String> = named.map(|name| short(name)).collect();
        for series in &mut self.series {
            let Some(name) = name_of(&series.name) else { continue };
            let alone = shown.iter().filter(|other| **other == short(name)).count() == 1;
            series.name = if alone { name.clone() } else { format!("{} {name}", series.name) };
        }
    }

    /// Whether they are too many for spaces between them.
    pub(super) fn are_dense(&self) -> bool {
        self.labels.len() >= DENSE
    }
}

/// What there is a bar for each of.
fn across(grouping: &Grouping) -> Option<Group> {
    let groups = grouping.groups();
    grouping.period().map(Group::Date).or_else(|| groups.first().copied())
}

/// What the parts of bars are.
pub(super) fn stacked_by(grouping: &Grouping) -> Option<Group> {
    let across = across(grouping);
    grouping.groups().iter().copied().find(|group| Some(*group) != across)
}

fn total(row: &Row) -> i128 {
    row.figure(Figure::RevenueDefault).unwrap_or_default().into()
}

/// What a row adds to a bar, by the name of the series; nothing that is 0.
fn parts(row: &Row, stacked_by: Option<Group>) -> Vec<(String, i128)> {
    let recognised = i128::from(row.figure(Figure::RecognisedDefault).unwrap_or_default());
    let mut parts = match stacked_by {
        Some(_) => vec![(text(row, stacked_by), total(row))],
        None => vec![
            (RECOGNISED.to_owned(), recognised),
            (TO_COME.to_owned(), total(row).saturating_sub(recognised)),
        ],
    };
    parts.retain(|(_, amount)| *amount != 0);
    parts
}

fn text(row: &Row, group: Option<Group>) -> String {
    match group.map(|group| row.key(group)) {
        None => "all".to_owned(),
        Some(Key::Id(None)) => "none".to_owned(),
        Some(key) => key.to_string(),
    }
}

fn axis(group: Group) -> String {
    match group {
        Group::Date(period) => format!("{period:?}").to_lowercase(),
        group => group.name().replace('_', " "),
    }
}

/// How much there is of each name, whatever its sign, in the order of their first rows.
fn sizes<'r>(
    rows: impl Iterator<Item = &'r Row>,
    parts: impl Fn(&Row) -> Vec<(String, i128)>,
) -> Vec<(String, u128)> {
    let mut at: HashMap<String, usize> = HashMap::new();
    let mut sizes: Vec<(String, u128)> = Vec::new();
    for (name, amount) in rows.flat_map(parts) {
        let size = amount.unsigned_abs();
        match at.get(&name).and_then(|at| sizes.get_mut(*at)) {
            Some((_, sum)) => *sum = sum.saturating_add(size),
            None => {
                at.insert(name.clone(), sizes.len());
                sizes.push((name, size));
            }
        }
    }
    sizes
}

/// The names of the `count` largest, in their order.
fn keep(sizes: &[(String, u128)], count: usize) -> Vec<(String, u128)> {
    let mut largest: Vec<usize> = (0..sizes.len()).collect();
    largest.sort_by_key(|at| Reverse(sizes.get(*at).map(|(_, size)| *size)));
    largest.truncate(count);
    largest.sort_unstable();
    largest.iter().filter_map(|at| sizes.get(*at).cloned()).collect()
}

/// Which bar a row is in.
struct Places {
    names: Vec<String>,
    at: HashMap<String, usize>,
    /// How many names have none.
    missing: usize,
}

impl Places {
    fn new(names: Vec<String>, missing: usize) -> Self {
        let at = names.iter().cloned().zip(0..).collect();
        Self { names, at, missing }
    }

    /// Every period from the first to the last, also those without rows.
    fn periods(period: Period, rows: &[Row]) -> Option<Self> {
        let starts = || rows.iter().filter_map(|row| starts_on(row, period));
        let next = |day: &NaiveDate| period.containing(*day).ends_on.succ_opt();
        let last = starts().max();
        let days = iter::successors(starts().min(), next).take_while(|day| Some(*day) <= last);
        let names: Vec<String> =
            days.take(MAX_BARS.saturating_add(1)).map(|day| period.key(day)).collect();
        (names.len() <= MAX_BARS).then(|| Self::new(names, 0))
    }

    /// As many as have room for their labels.
    fn largest(sizes: &[(String, u128)], letters: usize) -> Self {
        let longest = sizes.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let room = letters.checked_div(longest.saturating_add(1)).unwrap_or_default();
        let kept = keep(sizes, room.clamp(1, MAX_KEYS));
        let missing = sizes.len().saturating_sub(kept.len());
        Self::new(kept.into_iter().map(|(name, _)| name).collect(), missing)
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.at.get(name).copied()
    }
}

fn starts_on(row: &Row, period: Period) -> Option<NaiveDate> {
    match row.key(Group::Date(period)) {
        Key::Date(_, day) => Some(day),
        _ => None,
    }
}

/// The series in the making.
struct Layers {
    at: HashMap<String, usize>,
    series: Vec<Series>,
}

impl Layers {
    /// The largest at the bottom, where they are of a group; what is not yet recognised on top.
    fn of(sizes: Vec<(String, u128)>, grouped: bool, columns: usize) -> Self {
        let mut kept = keep(&sizes, MAX_SERIES);
        if grouped {
            kept.sort_by_key(|(_, size)| Reverse(*size));
        } else {
            kept.sort_by_key(|(name, _)| name == TO_COME);
        }
        let others = sizes.len().saturating_sub(kept.len());
        let at = kept.iter().map(|(name, _)| name.clone()).zip(0..).collect();
        let named = kept.into_iter().zip(0..).map(|((name, _), at)| {
            let pale = !grouped && name == TO_COME;
            (name, if pale { Shade::Pale } else { Shade::Colour(at) })
        });
        let other = (others > 0).then(|| (format!("{OTHER} ({others})"), Shade::Other));
        let empty = |(name, shade)| Series { name, shade, amounts: vec![0; columns] };
        Self { at, series: named.chain(other).map(empty).collect() }
    }

    fn add(&mut self, name: &str, column: usize, amount: i128) {
        let last = self.series.len().saturating_sub(1);
        let at = self.at.get(name).copied().unwrap_or(last);
        let amounts = self.series.get_mut(at).map(|series| &mut series.amounts);
        if let Some(sum) = amounts.and_then(|amounts| amounts.get_mut(column)) {
            *sum = sum.saturating_add(amount);
        }
    }
}
