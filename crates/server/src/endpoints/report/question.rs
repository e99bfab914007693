//! The query of a request for a report: the parameters of lists, and those that only reports have.
//! Every fault is reported at its parameter. Not here: the figures.

use apportion_core::report::{Group, GroupError, Grouping, RowOrder};
use apportion_jsonapi::query::{Allowed, Include, NumberedPage, Page, Query, QueryOptions};
use apportion_jsonapi::text::{alternatives, cut};
use apportion_jsonapi::{Code, Error, media};
use apportion_store::Field;

use crate::access::ORGANIZATION;
use crate::catalog::criteria;
use crate::catalog::{Resources, TypeRef};
use crate::endpoints::report::format::Format;
use crate::endpoints::table::{Dialect, LOCALE, SEPARATOR};
use crate::revenue::report_row;
use crate::revenue::selection::Selection;

/// The parameters that only reports have. Lower case is Productive's spelling.
const OWN: &[&str] = &[ORGANIZATION, "group", "groupBy", "format", LOCALE, SEPARATOR];

/// The rules that the query of a report is parsed by.
const OPTIONS: QueryOptions<'_> =
    QueryOptions { allowed: Allowed::Collection, foreign: OWN, walks: false, linkage: None };

/// A query without faults.
pub(super) struct Question {
    pub(super) query: Query<Field>,
    pub(super) page: NumberedPage,
    pub(super) grouping: Grouping,
    pub(super) selection: Selection,
    pub(super) orders: Vec<RowOrder>,
    pub(super) format: Format,
    /// The dialect of a table.
    pub(super) dialect: Dialect,
}

impl Question {
    /// Parses the query of a request and its header `Accept`.
    pub(super) fn parse(
        resources: &Resources,
        text: &str,
        accept: Option<&str>,
    ) -> Result<Self, Vec<Error>> {
        let kind = resources.find_any(report_row::NAME).ok_or_else(Vec::new)?;
        let parsed = Query::parse(text, resources.registry(), kind.resource(), &OPTIONS);
        let (query, mut errors) = match parsed {
            Ok(query) => (query, Vec::new()),
            // Faults of the parameters of reports are reported beside those of other parameters.
            Err(errors) => (parse_own_parameters(kind, text)?, errors),
        };
        let grouping = parse_grouping(&query.parameters).unwrap_or_else(|faults| {
            errors.extend(faults);
            Grouping::default()
        });
        let selection = Selection::from_filter(query.filter.as_ref().map(criteria::filter));
        let selection = selection.map_err(|error| errors.push(error));
        let orders = parse_orders(&query, &grouping).map_err(|error| errors.push(error));
        if let Some(fault) = find_stray_include(kind, query.include.as_deref(), &grouping) {
            errors.push(fault);
        }
        let format = Format::from_query(text).map_err(|error| errors.push(error));
        let format = format.map(|named| named.unwrap_or_else(|| Format::from_accept(accept)));
        let dialect = match &format {
            Ok(Format::Csv) => Dialect::from_query(text),
            Ok(_) => Dialect::refuse_without_table(text).map(|()| None),
            Err(()) => Ok(None),
        };
        let dialect = dialect.map_err(|faults| errors.extend(faults));
        if format == Ok(Format::Document)
            && let Err(error) = media::check_accept(accept, None, &Format::media_types())
        {
            return Err(vec![error]);
        }
        let page = match &query.page {
            Page::Numbered(page) => Some(*page),
            Page::Walk(_) => {
                let detail = "A report has no cursors; use 'page[number]'";
                errors.push(Error::parameter(Code::UnsupportedParameter, "page[after]", detail));
                None
            }
        };
        match (page, selection, orders, format) {
            (Some(page), Ok(selection), Ok(orders), Ok(format)) if errors.is_empty() => {
                let dialect = dialect.ok().flatten().unwrap_or_default();
                Ok(Self { query, page, grouping, selection, orders, format, dialect })
            }
            _ => Err(errors),
        }
    }
}

/// Parses only the parameters that no other lists have.
fn parse_own_parameters(kind: TypeRef<'_>, text: &str) -> Result<Query<Field>, Vec<Error>> {
    let own: Vec<&str> = text
        .split('&')
        .filter(|pair| OWN.contains(&pair.split('=').next().unwrap_or_default()))
        .collect();
    Query::parse(&own.join("&"), kind.registry(), kind.resource(), &OPTIONS)
}

/// Parses `group`, or `groupBy` instead of it.
fn parse_grouping(parameters: &[(String, String)]) -> Result<Grouping, Vec<Error>> {
    let mut values = parameters.iter().filter(|(name, _)| name == "group" || name == "groupBy");
    let fault = |name: &str, detail: String| Error::parameter(Code::UnsupportedGroup, name, detail);
    let Some((name, value)) = values.next() else { return Ok(Grouping::default()) };
    if let Some((second, _)) = values.next() {
        let detail = "Groups are given more than once; separate them with commas in one 'group'";
        return Err(vec![fault(second, detail.to_owned())]);
    }
    if value.is_empty() {
        return Ok(Grouping::default());
    }
    Grouping::parse(value).map_err(|faults| {
        let detail = |error: &GroupError| match error {
            GroupError::Unknown(word) => {
                let names = alternatives(word, Group::words());
                format!("Group '{}' is not supported on this endpoint; {names}", cut(word))
            }
            other => other.to_string(),
        };
        faults.iter().map(|error| fault(name, detail(error))).collect()
    })
}

/// Parses the sort. A sort by a group is possible only if the report is grouped by it.
fn parse_orders(query: &Query<Field>, grouping: &Grouping) -> Result<Vec<RowOrder>, Error> {
    let mut orders = Vec::new();
    for sort in &query.sorts {
        // The query ends with the id, which no sort key stands for. Rows that are equal in all keys
        // are ordered by their groups anyway.
        let Some(name) = report_row::sort_name(sort.field) else { continue };
        let by = grouping.sort_by(name).ok_or_else(|| {
            let detail = format!("Sort '{name}' needs a group; {}", missing_group(name));
            Error::parameter(Code::UnsupportedSort, "sort", detail)
        })?;
        orders.push(RowOrder { by, descending: sort.descending });
    }
    Ok(orders)
}

/// Finds an include of an entity that the report is not grouped by.
fn find_stray_include(
    kind: TypeRef<'_>,
    includes: Option<&[Include]>,
    grouping: &Grouping,
) -> Option<Error> {
    let is_stray = |include: &&Include| {
        let entity = report_row::ENTITIES.get(include.relationship);
        entity.is_none_or(|entity| !grouping.has(entity.group))
    };
    let stray = includes?.iter().find(is_stray)?;
    let name = kind.resource().relationships.get(stray.relationship)?.name;
    let detail = format!("Include '{name}' needs a group; {}", missing_group(name));
    Some(Error::parameter(Code::UnsupportedInclude, "include", detail))
}

/// Says which group a report lacks, of the name of a sort or an include.
fn missing_group(name: &str) -> String {
    let dates = Group::words().filter(|word| word.starts_with("date:"));
    match name {
        "date" => format!("add one of {} to 'group'", dates.collect::<Vec<_>>().join(", ")),
        name => format!("add {name} to 'group'"),
    }
}
