//! The import of rows from CSV files, through the same declarations and rules as requests.
//!
//! The header names attributes, and relationships as `<name>_id`. A column `deal`, `distributor` or
//! `collaborator` finds the row by its name, or by its e-mail address. An empty cell gives no
//! value. A file is one transaction: all of its rows are imported, or none.

mod line_reader;

use std::io::Read;

use apportion_core::collaborator::comparable_email;
use apportion_jsonapi::input::{Link, Linkage};
use apportion_jsonapi::resource::{Cardinality, Relationship, ResourceType};
use apportion_jsonapi::text::{alternatives, composed, cut};
use apportion_jsonapi::{Input, Source};
use apportion_store::{self as store, Address, Field, OrganizationId, Scope, Session, Tenant};

use crate::catalog::{Served, Work};
use crate::clock::now;
use crate::commands::admin::{AdminError, open_migrated};
use crate::commands::import::line_reader::LineReader;
use crate::failure::Failure;
use crate::resources;

/// The types that can be imported. The name of a file begins with its type.
pub const TYPES: &[&str] = &["deals", "revenue_distributions", "collaborators", "obligations"];

/// A line that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The number of the line; the first line of the file is 1.
    pub line: u64,
    /// The header of the cell, if one cell is at fault.
    pub column: Option<String>,
    /// The fault, as the rest of a sentence about the cell or the line.
    pub reason: String,
}

/// The reason why a file was not imported. None of its rows are kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// All lines that are at fault.
    #[error("{} lines cannot be imported", .0.len())]
    Lines(Vec<BadLine>),
    /// There is no such organization.
    #[error("there is no organization {0}")]
    Organization(i64),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The schema cannot be brought up to date.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// This program failed, in a way that it is not meant to.
    #[error("{0}")]
    Broken(String),
}

/// Returns the type that the name of a file begins with.
pub fn type_of(file_name: &str) -> Option<&'static str> {
    // The longest wins, in case that one type begins with the name of another some day.
    TYPES.iter().filter(|name| file_name.starts_with(**name)).max_by_key(|name| name.len()).copied()
}

/// A database that files are imported into.
pub struct Importer {
    session: Session,
    scope: Scope,
    currency: apportion_core::currency::Currency,
}

impl Importer {
    /// Opens the database for an organization.
    pub fn open(database: &Address, organization: i64) -> Result<Self, ImportError> {
        Self::new(open_migrated(database)?, organization)
    }

    pub(crate) fn new(mut session: Session, organization: i64) -> Result<Self, ImportError> {
        let scope = Scope::of(OrganizationId(organization));
        let found = store::organization::find(&mut Tenant::new(scope, &mut session))?;
        let found = found.ok_or(ImportError::Organization(organization))?;
        Ok(Self { session, scope, currency: found.currency })
    }

    /// Imports one file of a type. Calls `progress` with the number of bytes read so far. Returns
    /// the number of rows.
    pub fn import(
        &mut self,
        kind: &str,
        file: impl Read,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, ImportError> {
        let resources = resources::own();
        let Some(served) = resources.find(kind).map(|kind| kind.served) else {
            let reason = format!(
                "there is no type '{}'; {}",
                cut(kind),
                alternatives(kind, TYPES.iter().copied())
            );
            return Err(ImportError::Lines(vec![fault(1, None, &reason)]));
        };
        let (scope, currency) = (self.scope, self.currency);
        let rows = Tenant::new(scope, &mut self.session).transaction(|tenant| {
            let mut file =
                csv::ReaderBuilder::new().flexible(true).from_reader(LineReader::new(file));
            let columns = columns(&mut file, served.resource()).map_err(ImportError::Lines)?;
            let (mut bad, mut rows) = (Vec::new(), 0_u64);
            let mut record = csv::StringRecord::new();
            loop {
                let start = file.position().byte();
                let read = file.read_record(&mut record);
                let line = file.get_mut().line_from(start);
                progress(start);
                let end = file.position().byte();
                if let Some(quote) = file.get_ref().quote_fault(end) {
                    // Where a quote goes wrong, what follows are not the lines that were meant.
                    bad.push(fault(quote.line, None, quote.reason));
                    break;
                }
                match read {
                    Ok(false) => break,
                    Ok(true) => {
                        let mut work = Work {
                            resources: &resources,
                            tenant: tenant.reborrow(),
                            currency,
                            now: now(),
                            expected: None,
                        };
                        let faults = insert_row(&mut work, served, &columns, &record)?;
                        bad.extend(faults.into_iter().map(|fault| BadLine { line, ..fault }));
                        rows = rows.saturating_add(1);
                    }
                    Err(error) => {
                        let (cell, reason) = unreadable(&error);
                        let header = cell.and_then(|cell| columns.get(cell)).map(|(name, _)| name);
                        bad.push(fault(line, header.map(String::as_str), &reason));
                        if cell.is_none() {
                            break;
                        }
                    }
                }
            }
            if bad.is_empty() { Ok(rows) } else { Err(ImportError::Lines(bad)) }
        })?;
        // Requests leave few totals to fold at a time; a file may leave many.
        store::fold_totals(&mut self.session)?;
        Ok(rows)
    }
}

/// The part of a row that a column gives.
enum Column<'t> {
    Attribute(&'t apportion_jsonapi::Attribute<Field>),
    Id(&'t Relationship<Field>),
    /// A relationship, by the name of the row.
    Name(&'t Relationship<Field>, &'static NameLookup),
}

/// The look-up of rows of a type by name.
struct NameLookup {
    kind: &'static str,
    /// The word for a row of the type, as messages have it.
    noun: &'static str,
    /// The verb between the noun and the name, as messages have it.
    is_called: &'static str,
    /// Finds the ids of all rows with this name.
    find: fn(&mut Tenant<'_>, &str) -> store::Result<Vec<i64>>,
}

const NAME_LOOKUPS: &[NameLookup] = &[
    NameLookup {
        kind: "deals",
        noun: "deal",
        is_called: "is called",
        find: |tenant, name| {
            let found = store::deal::ids_by_name(tenant, name)?;
            Ok(found.into_iter().map(|id| id.0).collect())
        },
    },
    NameLookup {
        kind: "distributors",
        noun: "distributor",
        is_called: "is called",
        find: |tenant, name| {
            let found = store::distributor::ids_by_name(tenant, name)?;
            Ok(found.into_iter().map(|id| id.0).collect())
        },
    },
    NameLookup {
        kind: "collaborators",
        noun: "collaborator",
        is_called: "has the address",
        find: |tenant, email| {
            let email = comparable_email(email);
            let found = store::collaborator::id_by_email(tenant, &email, None)?;
            Ok(found.into_iter().map(|id| id.0).collect())
        },
    },
];

fn name_lookup(relationship: &Relationship<Field>) -> Option<&'static NameLookup> {
    NAME_LOOKUPS.iter().find(|lookup| lookup.kind == relationship.target)
}

type Columns<'t> = Vec<(String, Column<'t>)>;

fn columns<'t>(
    file: &mut csv::Reader<LineReader<impl Read>>,
    resource: &'t ResourceType<Field>,
) -> Result<Columns<'t>, Vec<BadLine>> {
    let headers = file.headers().cloned();
    let end = file.position().byte();
    if let Some(quote) = file.get_ref().quote_fault(end) {
        return Err(vec![fault(quote.line, None, quote.reason)]);
    }
    let line = file.get_mut().line_from(0);
    let headers = headers.map_err(|error| vec![fault(line, None, &unreadable(&error).1)])?;
    let mut columns: Columns<'t> = Vec::new();
    let mut bad = Vec::new();
    if headers.is_empty() {
        bad.push(fault(line, None, "the file has no header; its first line must name the columns"));
    }
    for header in headers.iter().map(str::trim) {
        if columns.iter().any(|(known, _)| known == header) {
            bad.push(fault(line, Some(header), "is given twice in the header"));
        } else if let Some(column) = column(header, resource) {
            columns.push((header.to_owned(), column));
        } else {
            let known = alternatives(header, column_names(resource));
            let reason = format!("is not a column of {}; {known}", resource.name);
            bad.push(fault(line, Some(header), &reason));
        }
    }
    if bad.is_empty() { Ok(columns) } else { Err(bad) }
}

fn column<'t>(header: &str, resource: &'t ResourceType<Field>) -> Option<Column<'t>> {
    let writable = |declared: &&Relationship<Field>| {
        declared.writable && declared.cardinality == Cardinality::One
    };
    if let Some((_, attribute)) = resource.attribute(header) {
        return attribute.writable.then_some(Column::Attribute(attribute));
    }
    if let Some(name) = header.strip_suffix("_id") {
        return resource.relationship(name).map(|(_, it)| it).filter(writable).map(Column::Id);
    }
    let (_, relationship) = resource.relationship(header)?;
    Some(Column::Name(Some(relationship).filter(writable)?, name_lookup(relationship)?))
}

/// Returns the columns that a file of the type may have.
fn column_names(resource: &ResourceType<Field>) -> Vec<String> {
    let attributes = resource.attributes.iter().filter(|it| it.writable);
    let relationships = resource.relationships.iter().filter(|it| it.writable);
    let linked = relationships.flat_map(|it| {
        let name = name_lookup(it).map(|_| it.name.to_owned());
        name.into_iter().chain([format!("{}_id", it.name)])
    });
    attributes.map(|it| it.name.to_owned()).chain(linked).collect()
}

/// Inserts the row of one line, or returns its faults, in which the caller fills in the line.
fn insert_row(
    work: &mut Work<'_>,
    served: &dyn Served,
    columns: &Columns<'_>,
    record: &csv::StringRecord,
) -> Result<Vec<BadLine>, ImportError> {
    if record.len() != columns.len() {
        let reason = format!("has {} cells, but the header has {}", record.len(), columns.len());
        return Ok(vec![fault(0, None, &reason)]);
    }
    let (mut input, mut bad) = (Input::default(), Vec::new());
    for ((header, column), cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty())
    {
        let pointer = format!("/data/attributes/{header}");
        let link = |name, linkage| Link { name, linkage, pointer: pointer.clone() };
        match column {
            Column::Attribute(attribute) => {
                input.give(attribute, attribute.kind.read_text(cell), pointer);
            }
            Column::Id(declared) => {
                let id = apportion_jsonapi::value::parse_id(cell);
                let linkage = id.map_or_else(|| Linkage::InvalidId(cell.to_owned()), Linkage::One);
                input.give_link(link(declared.name, linkage));
            }
            Column::Name(declared, lookup) => {
                let NameLookup { noun, is_called, find, .. } = lookup;
                match find(&mut work.tenant, &composed(cell))?.as_slice() {
                    [id] => input.give_link(link(declared.name, Linkage::One(*id))),
                    [] => {
                        let reason = format!("there is no {noun} '{}'", cut(cell));
                        bad.push(fault(0, Some(header), &reason));
                    }
                    _ => {
                        let reason = format!(
                            "more than one {noun} {is_called} '{}'; give the id in a column {}_id",
                            cut(cell),
                            declared.name
                        );
                        bad.push(fault(0, Some(header), &reason));
                    }
                }
            }
        }
    }
    if !bad.is_empty() {
        return Ok(bad);
    }
    let (resources, currency, now) = (work.resources, work.currency, work.now);
    let added = work.tenant.transaction(|tenant| {
        let mut work = Work { resources, tenant: tenant.reborrow(), currency, now, expected: None };
        served.create(&mut work, &mut input)
    });
    match added {
        Ok(_) => Ok(Vec::new()),
        Err(Failure::Refused(errors)) => Ok(errors.into_iter().map(bad_line).collect()),
        Err(Failure::Store(error)) => Err(ImportError::Store(error)),
        Err(Failure::Broken(why)) => Err(ImportError::Broken(why)),
    }
}

/// Turns an error of a document into a fault of a line.
fn bad_line(error: apportion_jsonapi::Error) -> BadLine {
    let column = match &error.source {
        Some(Source::Pointer(pointer)) => pointer.rsplit('/').next().map(str::to_owned),
        _ => None,
    };
    // The column is printed before the reason, which need not name it again.
    let rest = column.as_deref().and_then(|column| error.detail.strip_prefix(column));
    let reason = rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&error.detail).to_owned();
    BadLine { line: 0, column, reason }
}

/// Returns the reason why a record cannot be read. If only one cell is at fault, returns its
/// position too.
fn unreadable(error: &csv::Error) -> (Option<usize>, String) {
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => (Some(err.field()), "is not UTF-8".to_owned()),
        _ => (None, error.to_string()),
    }
}

fn fault(line: u64, column: Option<&str>, reason: &str) -> BadLine {
    BadLine { line, column: column.map(str::to_owned), reason: reason.to_owned() }
}
