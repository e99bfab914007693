//! The columns of files: the attributes of their type, amounts in units or in minor units, and
//! relationships by id or by name. Not here: how a cell is read (`sheet`).

use apportion_jsonapi::resource::{Cardinality, Relationship, ResourceType};
use apportion_jsonapi::text::alternatives;
use apportion_jsonapi::{Attribute, Kind};
use apportion_store::Field;

use super::faults::{EXTERNAL, Faults, MINOR};
use super::names::NameLookup;
use crate::resources;

/// The types that can be imported. The name of a file begins with its type.
pub const TYPES: &[&str] = &[
    "people",
    "deals",
    "revenue_distributions",
    "collaborators",
    "distributors",
    "obligations",
    "metric_credits",
];

/// The part of a row that a column gives.
#[derive(Clone, Copy)]
pub(super) enum Column<'t> {
    Attribute(&'t Attribute<Field>),
    /// An amount in units of a currency, or in plain units.
    Amount(&'t Attribute<Field>),
    Id(&'t Relationship<Field>),
    /// A relationship, by the `external_id` of the row.
    ExternalId(&'t Relationship<Field>),
    /// A relationship, by the name of the row.
    Name(&'t Relationship<Field>, &'static NameLookup),
}

/// The columns of a file, each with its header.
pub(super) type Columns<'t> = Vec<(String, Column<'t>)>;

/// Returns the type that the name of a file begins with.
pub fn type_of(file_name: &str) -> Option<&'static str> {
    // The longest wins, in case that one type begins with the name of another some day.
    TYPES.iter().filter(|name| file_name.starts_with(**name)).max_by_key(|name| name.len()).copied()
}

/// Describes the columns of all types that can be imported, a paragraph for each type.
pub fn describe() -> String {
    let resources = resources::own();
    let described = TYPES.iter().filter_map(|name| resources.find(name)).map(|kind| {
        let resource = kind.resource();
        let columns: Vec<String> = column_names(resource)
            .into_iter()
            .map(|name| match column(&name, resource) {
                Some(column) => described(&name, &column),
                None => name,
            })
            .collect();
        format!("{}:\n  {}\n", resource.name, columns.join("\n  "))
    });
    described.collect::<Vec<_>>().join("\n")
}

fn described(name: &str, column: &Column<'_>) -> String {
    let told = match column {
        Column::Amount(_) => "an amount in units, such as 12000.00".to_owned(),
        Column::Attribute(_) if name.ends_with(MINOR) => {
            "the same amount in minor units, such as 1200000".to_owned()
        }
        Column::Attribute(attribute) if attribute.unique => {
            "the name of the row in another system, which no other row of the type has".to_owned()
        }
        Column::Attribute(attribute) => described_kind(attribute.kind),
        Column::Id(relationship) => format!("the id of one of {}", relationship.target),
        Column::ExternalId(_) => "its external_id, instead of its id".to_owned(),
        Column::Name(_, lookup) => format!("its {}, instead of its id", lookup.known_by),
    };
    let is_required = match column {
        Column::Attribute(attribute) | Column::Amount(attribute) => attribute.required,
        Column::Id(relationship) => relationship.required && NameLookup::of(relationship).is_none(),
        Column::ExternalId(_) | Column::Name(..) => false,
    };
    let is_one_of = matches!(column, Column::Id(it) if it.required && !is_required);
    let needed = match (is_required, is_one_of) {
        (true, _) => "; required",
        (false, true) => "; it or one of the next two is required",
        (false, false) => "",
    };
    format!("{name}: {told}{needed}")
}

fn described_kind(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Id => "text".to_owned(),
        Kind::Integer => "an integer".to_owned(),
        Kind::Decimal { scale, .. } => format!("a decimal with at most {scale} decimals"),
        Kind::Date | Kind::Instant => "a date such as 2026-01-31".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Enumeration(words) => format!("one of {}", words.join(", ")),
        Kind::Json(_) => "a JSON list".to_owned(),
    }
}

/// Finds the columns that a header names. Faults are added for the rest.
pub(super) fn columns<'t>(
    headers: &csv::StringRecord,
    line: u64,
    resource: &'t ResourceType<Field>,
    faults: &mut Faults,
) -> Columns<'t> {
    let mut columns: Columns<'t> = Vec::new();
    if headers.is_empty() {
        let reason = "the file has no header; its first line must name the columns";
        faults.add(line, None, reason);
    }
    for header in headers.iter().map(str::trim) {
        if columns.iter().any(|(known, _)| known == header) {
            faults.add(line, Some(header), "is given twice in the header");
        } else if let Some(other) = columns.iter().find(|(known, _)| are_one(known, header)) {
            let reason = format!("is another spelling of {}; give one of the two", other.0);
            faults.add(line, Some(header), &reason);
        } else if let Some(column) = column(header, resource) {
            columns.push((header.to_owned(), column));
        } else {
            let known = alternatives(header, column_names(resource));
            let reason = format!("is not a column of {}; {known}", resource.name);
            faults.add(line, Some(header), &reason);
        }
    }
    columns
}

/// Whether two headers are the two spellings of one amount.
fn are_one(one: &str, other: &str) -> bool {
    one.strip_suffix(MINOR) == Some(other) || other.strip_suffix(MINOR) == Some(one)
}

fn column<'t>(header: &str, resource: &'t ResourceType<Field>) -> Option<Column<'t>> {
    let writable = |declared: &&Relationship<Field>| {
        declared.writable && declared.cardinality == Cardinality::One
    };
    if let Some((_, attribute)) = resource.attribute(header) {
        let column = if attribute.amount { Column::Amount } else { Column::Attribute };
        return attribute.writable.then_some(column(attribute));
    }
    let minor = header.strip_suffix(MINOR).and_then(|name| resource.attribute(name));
    if let Some((_, attribute)) = minor {
        let is_given = attribute.amount && attribute.writable;
        return is_given.then_some(Column::Attribute(attribute));
    }
    if let Some(name) = header.strip_suffix(EXTERNAL) {
        let declared = resource.relationship(name).map(|(_, it)| it).filter(writable);
        return declared.filter(|it| NameLookup::of(it).is_some()).map(Column::ExternalId);
    }
    if let Some(name) = header.strip_suffix("_id") {
        return resource.relationship(name).map(|(_, it)| it).filter(writable).map(Column::Id);
    }
    let (_, relationship) = resource.relationship(header)?;
    let lookup = NameLookup::of(relationship)?;
    Some(Column::Name(Some(relationship).filter(writable)?, lookup))
}

/// Returns the amounts that columns give in minor units.
pub(super) fn minor(columns: &Columns<'_>) -> Vec<&'static str> {
    let minor = columns.iter().filter_map(|(header, column)| match column {
        Column::Attribute(attribute) if header != attribute.name => Some(attribute.name),
        _ => None,
    });
    minor.collect()
}

/// Returns the columns that a file of the type may have.
fn column_names(resource: &ResourceType<Field>) -> Vec<String> {
    let attributes = resource.attributes.iter().filter(|it| it.writable).flat_map(|it| {
        let minor = it.amount.then(|| format!("{}{MINOR}", it.name));
        [it.name.to_owned()].into_iter().chain(minor)
    });
    let relationships = resource
        .relationships
        .iter()
        .filter(|it| it.writable && it.cardinality == Cardinality::One);
    let linked = relationships.flat_map(|it| {
        let name =
            NameLookup::of(it).map(|_| [it.name.to_owned(), format!("{}{EXTERNAL}", it.name)]);
        [format!("{}_id", it.name)].into_iter().chain(name.into_iter().flatten())
    });
    attributes.chain(linked).collect()
}
