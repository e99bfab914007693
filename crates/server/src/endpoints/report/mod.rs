//! `GET /api/v2/reports/financial_item_reports`: recognised revenue, added up from the tenant's
//! ledger by what is asked for. The sums are those of `apportion-core`; here they are asked for
//! and shown.

mod amount;
pub mod csv;
mod rows;
pub mod svg;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use apportion_core::currency::Currency;
use apportion_core::organization::today;
use apportion_core::report::{Group, GroupError, Grouping, Report, ReportError, ReportQuery};
use apportion_core::report::{Row, RowOrder};
use apportion_jsonapi::document::{Document, Links, PageEnd};
use apportion_jsonapi::query::{Allowed, Include, NumberedPage, Page, Query, QueryOptions};
use apportion_jsonapi::{Code, Error, media};
use apportion_store::{self as store, Field, Ledger, Tenant, deal, person};
use chrono::NaiveDateTime;

use self::rows::ReportRows;
use crate::access::ORGANIZATION;
use crate::catalog::criteria;
use crate::endpoints::include;
use crate::failure::{Failure, Result};
use crate::http::reply::Reply;
use crate::resources::{ROOT, Resources, Type};
use crate::revenue::report_row;
use crate::revenue::selection::Selection;

/// Where reports are.
pub(crate) const PATH: &str = "/api/v2/reports/financial_item_reports";
/// Parameters of reports alone. Lower case is Productive's spelling.
const OWN: &[&str] = &[ORGANIZATION, "group", "groupBy", "format"];
/// How many rows a report may have on all its pages.
pub(crate) const MAX_ROWS: usize = 1_000_000;
/// How many rows a table or a picture of a report may have: they have no pages.
pub(crate) const MAX_WHOLE: usize = 100_000;
/// How many distributions are worth a thread of their own.
const PART: usize = 50_000;

/// What a report is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Document,
    Csv,
    Svg,
}

impl Format {
    /// What `Accept` asks for.
    fn accepted(header: Option<&str>) -> Self {
        match media::find_preferred(header, &["text/csv", "image/svg+xml"]) {
            Some(0) => Self::Csv,
            Some(_) => Self::Svg,
            None => Self::Document,
        }
    }

    /// What the parameter asks for, where it is given.
    fn named(parameters: &[(String, String)]) -> Result<Option<Self>, Error> {
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

/// A request for a report, as far as it can be understood without the store.
pub(crate) struct Reporting {
    resources: &'static Resources,
    asked: Result<Understood, Vec<Error>>,
    links: Links,
    now: NaiveDateTime,
}

#[derive(Clone)]
struct Understood {
    query: Query<Field>,
    page: NumberedPage,
    grouping: Grouping,
    selection: Selection,
    orders: Vec<RowOrder>,
    format: Format,
}

impl Reporting {
    pub(crate) fn new(
        resources: &'static Resources,
        origin: &str,
        query: &str,
        accept: Option<&str>,
        now: NaiveDateTime,
    ) -> Self {
        let asked = understand(resources, query, accept);
        let parameters = asked.as_ref().map(|it| it.query.parameters.clone()).unwrap_or_default();
        let links = Links { address: format!("{origin}{PATH}"), parameters };
        Self { resources, asked, links, now }
    }

    /// Runs the request.
    pub(crate) fn run(self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let asked = self.asked.as_ref().map_err(Clone::clone)?;
        let organization = store::organization::find(tenant)?;
        let organization = organization.ok_or_else(Failure::not_found)?;
        let currency = organization.currency.parse();
        let currency = currency.map_err(|_| store::Error::Query("an unknown currency".into()))?;
        let query = ReportQuery {
            grouping: asked.grouping.clone(),
            window: asked.selection.window,
            as_of: match asked.selection.as_of {
                Some(date) => date,
                None => today(&organization.time_zone, self.now),
            },
            max_rows: if asked.format == Format::Document { MAX_ROWS } else { MAX_WHOLE },
        };
        let ledger = store::ledger(tenant)?;
        let report = fold(&ledger, &asked.selection, &query);
        let totals = report.totals().map_err(refused)?;
        let all = report.rows(&asked.orders).map_err(refused)?;
        match asked.format {
            Format::Document => {}
            Format::Csv => return table(&asked.grouping, &all, currency),
            Format::Svg => {
                let names = part_names(tenant, &asked.grouping, &all)?;
                return picture(&asked.grouping, &all, currency, &organization.name, &names);
            }
        }
        let shown = ReportRows::new(&asked.grouping, page(&all, asked.page), currency);
        let kind = self.resources.report();
        let compound = match asked.query.include.as_deref() {
            Some(includes) => Some(include::resolve(tenant, kind, &shown, includes)?),
            None => None,
        };
        let mut fields = asked.query.fields.clone();
        report_row::narrow(&mut fields, kind.position, asked.grouping.groups());
        let registry = self.resources.reports();
        let compound = compound.as_ref();
        let document = Document { registry, root: ROOT, fields: &fields, compound };
        let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let end = PageEnd::numbered(&self.links, asked.page, total);
        let end = end.with_meta("totals", rows::totals(&totals));
        Ok(Reply::document(200, document.collection((kind.position, &shown), &end)))
    }
}

fn table(grouping: &Grouping, rows: &[Row], currency: Currency) -> Result<Reply> {
    let body = csv::write(grouping, rows, currency);
    let body = body.map_err(|error| store::Error::Query(error.to_string()))?;
    let name = "attachment; filename=\"financial_item_reports.csv\"";
    Ok(Reply::plain(body, "text/csv; charset=utf-8").with(CONTENT_DISPOSITION, name))
}

/// What the parts of a picture are called.
fn part_names(tenant: &mut Tenant<'_>, grouping: &Grouping, rows: &[Row]) -> Result<svg::Names> {
    let Some((group, ids)) = svg::parts(grouping, rows) else { return Ok(svg::Names::new()) };
    Ok(match group {
        Group::Deal => {
            let deals = store::load_by::<deal::Row>(tenant, deal::ID, &ids, ids.len())?;
            deals.into_iter().map(|row| (row.id, row.name)).collect()
        }
        Group::Creator => {
            let people = store::load_by::<person::Row>(tenant, person::ID, &ids, ids.len())?;
            let name = |row: &person::Row| format!("{} {}", row.first_name, row.last_name);
            people.iter().map(|row| (row.id, name(row))).collect()
        }
        _ => svg::Names::new(),
    })
}

fn picture(
    grouping: &Grouping,
    rows: &[Row],
    currency: Currency,
    organization: &str,
    names: &svg::Names,
) -> Result<Reply> {
    let drawn = svg::draw(grouping, rows, currency, organization, names);
    let drawn = drawn
        .map_err(|error| Error::parameter(Code::UnsupportedGroup, "group", error.to_string()))?;
    // A picture runs nothing, wherever it is opened.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    Ok(Reply::plain(drawn, "image/svg+xml").with(CONTENT_SECURITY_POLICY, policy))
}

fn page(rows: &[Row], page: NumberedPage) -> &[Row] {
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX).min(rows.len());
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let end = start.saturating_add(size).min(rows.len());
    rows.get(start..end).unwrap_or_default()
}

/// Adds the ledger up, on several threads where it is long.
fn fold(ledger: &Ledger, selection: &Selection, query: &ReportQuery) -> Report {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let long = ledger.len().checked_div(PART).unwrap_or(0).saturating_add(1);
    let mut parts = ledger.parts(cores.min(long)).into_iter();
    let sum = |part: store::LedgerPart<'_>| {
        let mut report = Report::new(query.clone());
        for entries in part.deals() {
            let mut entries = entries.peekable();
            let whole = selection.takes_whole_deals();
            if whole && !entries.peek().is_some_and(|entry| selection.admits(entry)) {
                continue;
            }
            for entry in entries.filter(|entry| whole || selection.admits(entry)) {
                report.add(&entry);
            }
            if report.is_too_large() {
                break;
            }
        }
        report
    };
    let own = parts.next();
    std::thread::scope(|threads| {
        let others: Vec<_> = parts.map(|part| threads.spawn(move || sum(part))).collect();
        let mut report = own.map_or_else(|| Report::new(query.clone()), sum);
        for other in others {
            match other.join() {
                Ok(part) => report.merge(&part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        report
    })
}

fn refused(error: ReportError) -> Failure {
    match error {
        ReportError::TooManyRows { .. } => {
            Error::parameter(Code::UnsupportedGroup, "group", error.to_string()).into()
        }
        other => Failure::of(Code::InvalidAttribute, other.to_string()),
    }
}

fn understand(
    resources: &'static Resources,
    text: &str,
    accept: Option<&str>,
) -> Result<Understood, Vec<Error>> {
    let asked =
        QueryOptions { allowed: Allowed::Collection, foreign: OWN, walks: false, linkage: None };
    let kind = resources.report();
    let parsed = Query::parse(text, resources.reports(), kind.served.resource(), &asked);
    let (query, mut errors) = match parsed {
        Ok(query) => (query, Vec::new()),
        // What is wrong with the groups is said as well.
        Err(errors) => (own_parameters(resources, text)?, errors),
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
    let format = Format::named(&query.parameters).map_err(|error| errors.push(error));
    let format = format.map(|named| named.unwrap_or_else(|| Format::accepted(accept)));
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
            Ok(Understood { query, page, grouping, selection, orders, format })
        }
        _ => Err(errors),
    }
}

/// A query of nothing but the parameters that are ours.
fn own_parameters(resources: &'static Resources, text: &str) -> Result<Query<Field>, Vec<Error>> {
    let asked =
        QueryOptions { allowed: Allowed::Collection, foreign: OWN, walks: false, linkage: None };
    let own: Vec<&str> = text
        .split('&')
        .filter(|pair| OWN.contains(&pair.split('=').next().unwrap_or_default()))
        .collect();
    let kind = resources.report();
    Query::parse(&own.join("&"), resources.reports(), kind.served.resource(), &asked)
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
fn stray_include(kind: Type, includes: Option<&[Include]>, grouping: &Grouping) -> Option<Error> {
    let grouped = |include: &&Include| {
        let entity = report_row::ENTITIES.get(include.relationship);
        entity.is_none_or(|(group, ..): &(Group, _, _)| !grouping.has(*group))
    };
    let stray = includes?.iter().find(grouped)?;
    let name = kind.served.resource().relationships.get(stray.relationship)?.name;
    let detail = format!("Include '{name}' needs the group of that name");
    Some(Error::parameter(Code::UnsupportedInclude, "include", detail))
}
