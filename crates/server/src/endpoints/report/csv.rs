//! A report as a table for spreadsheets: CSV by RFC 4180, in UTF-8, with lines that end with CRLF.
//!
//! Every field is an id, a code of ISO 4217, a period or a number, so that no field needs quotes or
//! can be taken for a formula. Names of entities, which people choose, are deliberately absent.
//! Amounts are in units of their currency, with all of its decimals and without thousands
//! separators.

use apportion_core::currency::Currency;
use apportion_core::report::{Figure, Group, Grouping, Key, Row};
use csv::{Terminator, Writer, WriterBuilder};

use super::amount;

/// Writes all rows in their order, below a line of headings: the groups, `date_period` if there is
/// a date group, `count`, `currency`, `currency_default` and the six figures. A field is empty if
/// JSON has null.
///
/// # Errors
///
/// Those of the CSV writer, none of which occurs when it writes to memory.
pub fn write(
    grouping: &Grouping,
    rows: &[Row],
    default_currency: Currency,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for group in grouping.groups() {
        writer.write_field(group.name())?;
    }
    if grouping.period().is_some() {
        writer.write_field("date_period")?;
    }
    writer.write_field("count")?;
    // A report that is grouped by currency has the column already.
    if !grouping.has(Group::Currency) {
        writer.write_field("currency")?;
    }
    writer.write_field("currency_default")?;
    writer.write_record(Figure::ALL.map(Figure::name))?;
    for row in rows {
        write_row(&mut writer, grouping, row, default_currency)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn write_row(
    writer: &mut Writer<Vec<u8>>,
    grouping: &Grouping,
    row: &Row,
    default_currency: Currency,
) -> Result<(), csv::Error> {
    for group in grouping.groups() {
        writer.write_field(key_text(row, *group))?;
    }
    if let Some(period) = grouping.date_period(row) {
        writer.write_field(period)?;
    }
    writer.write_field(row.count().to_string())?;
    if !grouping.has(Group::Currency) {
        writer.write_field(row.currency().map_or("", Currency::code))?;
    }
    writer.write_field(default_currency.code())?;
    writer.write_record(Figure::ALL.map(|figure| figure_text(row, figure, default_currency)))
}

fn key_text(row: &Row, group: Group) -> String {
    match row.key(group) {
        Key::Id(None) => String::new(),
        key => key.to_string(),
    }
}

fn figure_text(row: &Row, figure: Figure, default_currency: Currency) -> String {
    let currency = if is_default(figure) { Some(default_currency) } else { row.currency() };
    let amount = row.figure(figure).zip(currency);
    amount.map(|(minor, currency)| amount::decimal(minor.into(), currency)).unwrap_or_default()
}

/// Whether a figure is in the organization's currency.
const fn is_default(figure: Figure) -> bool {
    match figure {
        Figure::Revenue | Figure::Recognised | Figure::Projected => false,
        Figure::RevenueDefault | Figure::RecognisedDefault | Figure::ProjectedDefault => true,
    }
}
