//! The bars of a chart, and the few parts that each bar has.
//!
//! If there are many parts, the largest are kept and the others are summed, so that a bar still has
//! the height of its total. If there are many bars and they are not periods, the largest are kept,
//! and the number of the others is given. Not here: places on the paper and colours.

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
    /// The name of what the labels are, such as `month` or `deal`; empty if there is one bar for
    /// all rows.
    pub(super) axis: String,
    /// The length of the periods, if the bars are periods.
    pub(super) period: Option<Period>,
    /// The name of what the series are, such as `deal` or `revenue`.
    pub(super) stacked_by: String,
    /// Whether the series are the keys of a group.
    pub(super) stacks_group: bool,
    /// The series from the bottom to the top; empty if every amount is 0.
    pub(super) series: Vec<Series>,
    /// The sum of all rows, in minor units.
    pub(super) total: i128,
    /// The number of bars that are left out.
    pub(super) missing: usize,
}

/// One part of every bar.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) shade: Shade,
    /// The amount in each bar, in minor units. It is a sum of rows, which may not fit an `i64`.
    pub(super) amounts: Vec<i128>,
}

/// The fill that distinguishes the parts of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    /// A colour by its number, from 0 and below [`MAX_SERIES`].
    Colour(usize),
    /// A pale tone of the first colour.
    Pale,
    /// The tone of the series that sums all other parts.
    Other,
}

/// The largest number of series that eyes can distinguish. One more sums the others.
const MAX_SERIES: usize = 8;
/// The number of bars from which on there are no spaces between them.
const DENSE: usize = 150;
/// The largest number of bars that are not periods.
const MAX_KEYS: usize = 20;

/// The series of a chart that is not stacked by a group.
const RECOGNISED: &str = "recognized";
const NOT_RECOGNISED: &str = "not recognized";
/// The series that sums the parts without a series of their own.
const OTHER: &str = "other";

impl Bars {
    /// Builds the bars; `None` if there are more than [`MAX_BARS`] periods. Bars that are not
    /// periods are at most as many as have room for their labels in a line of `letters`.
    pub(super) fn from_rows(grouping: &Grouping, rows: &[Row], letters: usize) -> Option<Self> {
        let period = grouping.period();
        let (bar_group, stack_group) = (bar_group(grouping), stack_group(grouping));
        let columns = match period {
            Some(period) => Columns::periods(period, rows)?,
            None => {
                let whole =
                    |row: &Row| vec![Part { name: key(row, bar_group), amount: total(row) }];
                Columns::largest(&sizes(rows.iter(), whole), letters)
            }
        };
        let parts = |row: &Row| parts(row, stack_group);
        let shown = rows.iter().filter(|row| columns.find(&key(row, bar_group)).is_some());
        let sizes = sizes(shown, parts);
        let mut layers = Layers::new(sizes, stack_group.is_some(), columns.names.len());
        for row in rows {
            let Some(column) = columns.find(&key(row, bar_group)) else { continue };
            for part in parts(row) {
                layers.add(&part, column);
            }
        }
        Some(Self {
            total: rows.iter().map(total).sum(),
            missing: columns.missing,
            labels: columns.names,
            axis: bar_group.map_or_else(String::new, axis_name),
            period,
            stacks_group: stack_group.is_some(),
            stacked_by: stack_group.map_or_else(|| "revenue".to_owned(), axis_name),
            series: layers.series,
        })
    }

    /// Replaces the ids of parts by their names. Names that look the same once `short` has cut them
    /// keep their ids in front.
    pub(super) fn name_parts(&mut self, names: &Names, short: impl Fn(&str) -> String) {
        let name_of = |id: &str| id.parse().ok().and_then(|id: i64| names.get(&id));
        let names_used = self.series.iter().filter_map(|series| name_of(&series.name));
        let shown: Vec<String> = names_used.map(|name| short(name)).collect();
        for series in &mut self.series {
            let Some(name) = name_of(&series.name) else { continue };
            let alone = shown.iter().filter(|other| **other == short(name)).count() == 1;
            series.name = if alone { name.clone() } else { format!("{} {name}", series.name) };
        }
    }

    /// Whether there are too many bars for spaces between them.
    pub(super) fn are_dense(&self) -> bool {
        self.labels.len() >= DENSE
    }
}

/// Returns the group whose keys are the bars: the periods if there are any, or else the first
/// group.
fn bar_group(grouping: &Grouping) -> Option<Group> {
    let groups = grouping.groups();
    grouping.period().map(Group::Date).or_else(|| groups.first().copied())
}

/// Returns the group whose keys are the parts of bars: the first that is not the group of the bars.
pub(super) fn stack_group(grouping: &Grouping) -> Option<Group> {
    let bar_group = bar_group(grouping);
    grouping.groups().iter().copied().find(|group| Some(*group) != bar_group)
}

fn total(row: &Row) -> i128 {
    row.figure(Figure::RevenueDefault).unwrap_or_default().into()
}

/// An amount that a row adds to a series, in minor units.
struct Part {
    name: String,
    amount: i128,
}

/// Lists what a row adds to its bar, without parts that are 0.
fn parts(row: &Row, stack_group: Option<Group>) -> Vec<Part> {
    let recognised = i128::from(row.figure(Figure::RecognisedDefault).unwrap_or_default());
    let rest = total(row).saturating_sub(recognised);
    let mut parts = match stack_group {
        Some(_) => vec![Part { name: key(row, stack_group), amount: total(row) }],
        None => vec![
            Part { name: RECOGNISED.to_owned(), amount: recognised },
            Part { name: NOT_RECOGNISED.to_owned(), amount: rest },
        ],
    };
    parts.retain(|part| part.amount != 0);
    parts
}

/// Returns the key of a row in a group as text; `all` if there is no group.
fn key(row: &Row, group: Option<Group>) -> String {
    match group.map(|group| row.key(group)) {
        None => "all".to_owned(),
        Some(Key::Id(None)) => "none".to_owned(),
        Some(key) => key.to_string(),
    }
}

fn axis_name(group: Group) -> String {
    match group {
        Group::Date(period) => format!("{period:?}").to_lowercase(),
        group => group.name().replace('_', " "),
    }
}

/// The sum of the magnitudes of all amounts of a name, in minor units.
#[derive(Clone)]
struct Size {
    name: String,
    sum: u128,
}

/// Sums the parts of rows by name, in the order in which the names first occur.
fn sizes<'r>(rows: impl Iterator<Item = &'r Row>, parts: impl Fn(&Row) -> Vec<Part>) -> Vec<Size> {
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut sizes: Vec<Size> = Vec::new();
    for Part { name, amount } in rows.flat_map(parts) {
        let magnitude = amount.unsigned_abs();
        match positions.get(&name).and_then(|at| sizes.get_mut(*at)) {
            Some(size) => size.sum = size.sum.saturating_add(magnitude),
            None => {
                positions.insert(name.clone(), sizes.len());
                sizes.push(Size { name, sum: magnitude });
            }
        }
    }
    sizes
}

/// Returns the `count` largest sizes in their former order. The first of equal ones is preferred.
fn largest(sizes: &[Size], count: usize) -> Vec<Size> {
    let mut largest: Vec<usize> = (0..sizes.len()).collect();
    largest.sort_by_key(|at| Reverse(sizes.get(*at).map(|size| size.sum)));
    largest.truncate(count);
    largest.sort_unstable();
    largest.iter().filter_map(|at| sizes.get(*at).cloned()).collect()
}

/// The bars by the keys of their rows.
struct Columns {
    names: Vec<String>,
    positions: HashMap<String, usize>,
    /// The number of keys without a bar.
    missing: usize,
}

impl Columns {
    fn new(names: Vec<String>, missing: usize) -> Self {
        let positions = names.iter().cloned().zip(0..).collect();
        Self { names, positions, missing }
    }

    /// Makes a bar of every period from the first to the last, also of those without rows; `None`
    /// if there are more than [`MAX_BARS`].
    fn periods(period: Period, rows: &[Row]) -> Option<Self> {
        let starts = || rows.iter().filter_map(|row| starts_on(row, period));
        let next = |day: &NaiveDate| period.containing(*day).ends_on.succ_opt();
        let last = starts().max();
        let days = iter::successors(starts().min(), next).take_while(|day| Some(*day) <= last);
        let names: Vec<String> =
            days.take(MAX_BARS.saturating_add(1)).map(|day| period.key(day)).collect();
        (names.len() <= MAX_BARS).then(|| Self::new(names, 0))
    }

    /// Makes a bar of each of the largest keys, at most as many as have room for their labels.
    fn largest(sizes: &[Size], letters: usize) -> Self {
        let longest = sizes.iter().map(|size| size.name.chars().count()).max().unwrap_or_default();
        let room = letters.checked_div(longest.saturating_add(1)).unwrap_or_default();
        let shown = largest(sizes, room.clamp(1, MAX_KEYS));
        let missing = sizes.len().saturating_sub(shown.len());
        Self::new(shown.into_iter().map(|size| size.name).collect(), missing)
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }
}

fn starts_on(row: &Row, period: Period) -> Option<NaiveDate> {
    match row.key(Group::Date(period)) {
        Key::Date(_, day) => Some(day),
        _ => None,
    }
}

/// The series while rows are added to them.
struct Layers {
    positions: HashMap<String, usize>,
    series: Vec<Series>,
}

impl Layers {
    /// Creates empty series for the largest parts. If they are keys of a group, the largest is at
    /// the bottom; if not, what is not recognised is on top.
    fn new(sizes: Vec<Size>, grouped: bool, columns: usize) -> Self {
        let mut shown = largest(&sizes, MAX_SERIES);
        if grouped {
            shown.sort_by_key(|size| Reverse(size.sum));
        } else {
            shown.sort_by_key(|size| size.name == NOT_RECOGNISED);
        }
        let others = sizes.len().saturating_sub(shown.len());
        let positions = shown.iter().map(|size| size.name.clone()).zip(0..).collect();
        let empty = |name, shade| Series { name, shade, amounts: vec![0; columns] };
        let mut series: Vec<Series> = (0..)
            .zip(shown)
            .map(|(number, size)| {
                let pale = !grouped && size.name == NOT_RECOGNISED;
                empty(size.name, if pale { Shade::Pale } else { Shade::Colour(number) })
            })
            .collect();
        if others > 0 {
            series.push(empty(format!("{OTHER} ({others})"), Shade::Other));
        }
        Self { positions, series }
    }

    /// Adds a part to its series, or to the last one, which sums the others.
    fn add(&mut self, part: &Part, column: usize) {
        let last = self.series.len().saturating_sub(1);
        let at = self.positions.get(&part.name).copied().unwrap_or(last);
        let amounts = self.series.get_mut(at).map(|series| &mut series.amounts);
        if let Some(sum) = amounts.and_then(|amounts| amounts.get_mut(column)) {
            *sum = sum.saturating_add(part.amount);
        }
    }
}
