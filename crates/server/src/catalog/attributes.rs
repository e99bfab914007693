//! The kinds of attributes that the declarations of Apportion's types are made of.

use apportion_core::units::Units;
use apportion_jsonapi::{Attribute, Bounds, Kind, Relationship};
use apportion_store::Field;

/// Percents, exact to ten decimals.
pub(crate) const PERCENT: Kind = Kind::Decimal { scale: 10, read: |text| units(text, 10) };
/// Rates, exact to twelve decimals.
pub(crate) const RATE: Kind = Kind::Decimal { scale: 12, read: |text| units(text, 12) };

fn units(text: &str, scale: u32) -> Result<i64, String> {
    apportion_core::decimal::parse_units(text, scale).map_err(|error| error.to_string())
}

/// The bounds of one line: 1 to 255 characters.
const LINE: Bounds = Bounds::Line(255);
/// The bounds of a date: 1900-01-01 to 2199-12-31.
const DATES: Bounds = Bounds::Dates("^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$");

/// Returns an attribute of one line that is not empty, such as a name.
pub(crate) const fn text(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text).bounded(LINE)
}

/// Returns the attribute by which another system knows a row, if one does.
pub(crate) const fn external_id(field: Field) -> Attribute<Field> {
    text("external_id").nullable().writable().unique().field(field)
}

/// Returns an attribute of a text of several lines, with at most 10,000 characters.
pub(crate) const fn long_text(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text).bounded(Bounds::Text { max: 10_000, lines: true })
}

/// Returns an attribute of one line that may be empty, with at most 255 characters.
pub(crate) const fn remark(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text).bounded(Bounds::Text { max: 255, lines: false })
}

/// Returns an attribute that is one of a fixed list of words.
pub(crate) const fn word(name: &'static str, words: &'static [&'static str]) -> Attribute<Field> {
    Attribute::new(name, Kind::Enumeration(words))
}

/// Returns an attribute that is true or false.
pub(crate) const fn boolean(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Boolean)
}

/// Returns an attribute that is an integer of 64 bits.
pub(crate) const fn integer(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Integer).bounded(Bounds::Between(i64::MIN, i64::MAX))
}

/// Returns an attribute that is a day of the calendar.
pub(crate) const fn date(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Date).bounded(DATES)
}

/// Returns an attribute that is an instant in UTC.
pub(crate) const fn instant(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Instant)
}

/// Returns a to-one relationship that is always set and that clients cannot write.
pub(crate) const fn fixed(name: &'static str, target: &'static str) -> Relationship<Field> {
    Relationship::to_one(name, target).never_null()
}

/// Returns the relationship to the tenant that a row belongs to.
pub(crate) const fn organization(field: Field) -> Relationship<Field> {
    fixed("organization", "organizations").field(field)
}

/// Returns the number of decimals of units as they are stored: a currency, or a plain unit.
pub(crate) fn decimals(units: &str) -> u32 {
    units.parse().map_or(0, |units: Units| units.decimals())
}

/// Returns an attribute that is a decimal, such as [`PERCENT`] or [`RATE`].
pub(crate) const fn decimal(name: &'static str, kind: Kind) -> Attribute<Field> {
    Attribute::new(name, kind)
}
