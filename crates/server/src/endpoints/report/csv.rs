//! A report as a table for spreadsheets. Not here: how cells are written (`endpoints::table`).

use std::collections::HashMap;

use apportion_core::currency::Currency;
use apportion_core::report::{Figure, Group, Grouping, Key, Row};

pub use crate::endpoints::table::Dialect;
use crate::endpoints::table::Table;

/// The names of the entities that rows are grouped by.
pub type Names = HashMap<(Group, i64), String>;

/// Writes all rows in their order, below a line of headings: the groups, each entity with its name
/// beside its id, `count`, `currency`, `currency_default` and the six figures. A field is empty if
/// JSON has null.
///
/// # Errors
///
/// Those of the CSV writer, none of which occurs when it writes to memory.
pub fn write(
    grouping: &Grouping,
    rows: &[Row],
    default_currency: Currency,
    names: &Names,
    dialect: Dialect,
) -> Result<Vec<u8>, csv::Error> {
    let mut table = Table::new(dialect);
    for group in grouping.groups() {
        table.word(group.name())?;
        if is_named(*group) {
            table.word(&format!("{}_name", group.name()))?;
        }
    }
    table.word("count")?;
    // A report that is grouped by currency has the column already.
    if !grouping.has(Group::Currency) {
        table.word("currency")?;
    }
    table.word("currency_default")?;
    for figure in Figure::ALL {
        table.word(figure.name())?;
    }
    table.end_row()?;
    for row in rows {
        for group in grouping.groups() {
            write_key(&mut table, row, *group, names)?;
        }
        table.word(&row.count().to_string())?;
        if !grouping.has(Group::Currency) {
            table.word(row.currency().map_or("", Currency::code))?;
        }
        table.word(default_currency.code())?;
        for figure in Figure::ALL {
            write_figure(&mut table, row, figure, default_currency)?;
        }
        table.end_row()?;
    }
    table.finish()
}

/// Whether the entities of a group have names.
pub(super) const fn is_named(group: Group) -> bool {
    matches!(group, Group::Organization | Group::Deal | Group::Creator)
}

fn write_key(table: &mut Table, row: &Row, group: Group, names: &Names) -> csv::Result<()> {
    let name = match row.key(group) {
        Key::Id(None) => {
            table.nothing()?;
            None
        }
        key => {
            table.word(&key.to_string())?;
            if let Key::Id(Some(id)) = key { names.get(&(group, id)) } else { None }
        }
    };
    if is_named(group) { table.text(name.map_or("", String::as_str)) } else { Ok(()) }
}

fn write_figure(
    table: &mut Table,
    row: &Row,
    figure: Figure,
    default_currency: Currency,
) -> csv::Result<()> {
    let currency = if is_default(figure) { Some(default_currency) } else { row.currency() };
    match row.figure(figure).zip(currency) {
        Some((minor, currency)) => table.amount(minor, currency.decimals()),
        None => table.nothing(),
    }
}

/// Whether a figure is in the organization's currency.
const fn is_default(figure: Figure) -> bool {
    match figure {
        Figure::Revenue | Figure::Recognised | Figure::Projected => false,
        Figure::RevenueDefault | Figure::RecognisedDefault | Figure::ProjectedDefault => true,
    }
}
