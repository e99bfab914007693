//! What a report is asked for: parameters of reports beside those of lists, read with every fault
//! at its parameter. Not here: the figures.

use apportion_core::report::{Group, GroupError, Grouping, RowOrder};
use apportion_jsonapi::query::{Allowed, Include, NumberedPage, Page, Query, QueryOptions};
use apportion_jsonapi::{Code, Error, media};
use apportion_store::Field;

use crate::access::ORGANIZATION;
use crate::catalog::criteria;
use crate::catalog::{Resources, TypeRef};
use crate::revenue::report_row;
use crate::revenue::selection::Selection;

/// The parameters of reports alone. Lower case is Productive's spelling.
const OWN: &[&str] = &[ORGANIZATION, "group", "groupBy", "format"];

/// A form in which a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Document,
    Csv,
    Svg,
}

impl Format {
    /// Returns the form that `Accept` prefers.
    fn from_accept(header: Option<&str>) -> Self {
        match media::find_preferred(header, &["text/csv", "image/svg+xml"]) {
            Some(0) => Self::Csv,
            Some(_) => Self::Svg,
            None => Self::Document,
        }
    }

    /// Parses the parameter `format`, if it is given.
    fn from_parameters(parameters: &[(String, String)]) -> Result<Option<Self>, Error> {
        let refuse =
            |detail: String| Error::parameter(Code::UnsupportedParameter, "format", detail);
        let mut given = parameters.iter().filter(|(name, _)| name == "format");
        let Some((_, value)) = given.next() else { return Ok(None) };
        match value.as_str() {
            _ if given.next().is_some() => Err(refuse("format is given more than once".into())),
            "csv" => Ok(Some(Self::Csv)),
            "svg" => Ok(Some(Self::Svg)),
            other => {
                let other = apportion_jsonapi::text::cut(other);
                Err(refuse(format!("A format is csv or svg, not '{other}'")))
            }
        }
    }
}

/// The rules that the query of a report is parsed by.
const OPTIONS: QueryOptions<'_> =
    QueryOptions { allowed: Allowed::Collection, foreign: OWN, walks: false, linkage: None };

/// A question that was understood.
pub(super) struct Question {
    pub(super) query: Query<Field>,
    pub(super) page: NumberedPage,
    pub(super) grouping: Grouping,
    pub(super) selection: Selection,
    pub(super) orders: Vec<RowOrder>,
    pub(super) format: Format,
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
            // What is wrong with the groups is said as well.
            Err(errors) => (own_parameters(kind, text)?, errors),
        };
        let grouping = grouping(&query.parameters).unwrap_or_else(|faults| {
            errors.extend(faults);
            Grouping::default()
        });
        let selection = Selection::of(query.filter.as_ref().map(criteria::filter));
        let selection = selection.map_err(|error| errors.push(error));
        let orders = orders(&query, &grouping).map_err(|error| errors.push(error));
        if let Some(fault) = stray_include(kind, query.include.as_deref(), &grouping) {
            errors.push(fault);
        }
        let format = Format::from_parameters(&query.parameters).map_err(|error| errors.push(error));
        let format = format.map(|named| named.unwrap_or_else(|| Format::from_accept(accept)));
        if format == Ok(Format::Document)
            && let Err(error) = media::check_accept(accept, None)
        {
            return Err(vec![error]);
        }
        let page = match &query.page {
            Page::Numbered(page) => Some(*page),
            Page::Walk(_) => {
                let detail = "A report has pages by number";
                errors.push(Error::parameter(Code::UnsupportedParameter, "page[after]", detail));
                None
            }
        };
        match (page, selection, orders, format) {
            (Some(page), Ok(selection), Ok(orders), Ok(format)) if errors.is_empty() => {
                Ok(Self { query, page, grouping, selection, orders, format })
            }
            _ => Err(errors),
        }
    }
}

/// Parses nothing but the parameters of reports.
fn own_parameters(kind: TypeRef<'_>, text: &str) -> Result<Query<Field>, Vec<Error>> {
    let own: Vec<&str> = text
        .split('&')
        .filter(|pair| OWN.contains(&pair.split('=').next().unwrap_or_default()))
        .collect();
    Query::parse(&own.join("&"), kind.registry(), kind.resource(), &OPTIONS)
}

fn grouping(parameters: &[(String, String)]) -> Result<Grouping, Vec<Error>> {
    let mut given = parameters.iter().filter(|(name, _)| name == "group" || name == "groupBy");
    let fault = |name: &str, detail: String| Error::parameter(Code::UnsupportedGroup, name, detail);
    let Some((name, value)) = given.next() else { return Ok(Grouping::default()) };
    if let Some((again, _)) = given.next() {
        return Err(vec![fault(again, "Groups are given more than once".to_owned())]);
    }
    if value.is_empty() {
        return Ok(Grouping::default());
    }
    Grouping::parse(value).map_err(|faults| {
        let detail = |error: &GroupError| match error {
            GroupError::Unknown(word) => {
                let word = apportion_jsonapi::text::cut(word).into_owned();
                GroupError::Unknown(word).to_string()
            }
            other => other.to_string(),
        };
        faults.iter().map(|error| fault(name, detail(error))).collect()
    })
}

/// The orders that are asked for, of which those by a group must be grouped by.
fn orders(query: &Query<Field>, grouping: &Grouping) -> Result<Vec<RowOrder>, Error> {
    let mut orders = Vec::new();
    for sort in &query.sorts {
        // The tie-break goes by the keys of the row, as rows do by themselves.
        let Some(name) = report_row::sort_name(sort.field) else { continue };
        let by = grouping.sort_by(name).ok_or_else(|| {
            let detail = format!("Sort '{name}' needs the group of that name");
            Error::parameter(Code::UnsupportedSort, "sort", detail)
        })?;
        orders.push(RowOrder { by, descending: sort.descending });
    }
    Ok(orders)
}

/// Only what is grouped by can be included.
fn stray_include(
    kind: TypeRef<'_>,
    includes: Option<&[Include]>,
    grouping: &Grouping,
) -> Option<Error> {
    let grouped = |include: &&Include| {
        let entity = report_row::ENTITIES.get(include.relationship);
        entity.is_none_or(|(group, ..): &(Group, _, _)| !grouping.has(*group))
    };
    let stray = includes?.iter().find(grouped)?;
    let name = kind.resource().relationships.get(stray.relationship)?.name;
    let detail = format!("Include '{name}' needs the group of that name");
    Some(Error::parameter(Code::UnsupportedInclude, "include", detail))
}
