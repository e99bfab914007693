//! `GET /api/v2/reports/financial_item_reports`: revenue by the day, summed from the tenant's
//! ledger by groups. This module reads the request and shows the rows. Not here: the sums, which
//! `apportion-core` computes.

mod amount;
mod cost;
pub mod csv;
pub(crate) mod format;
mod question;
mod rows;
pub mod svg;

use std::sync::Arc;

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use apportion_core::currency::Currency;
use apportion_core::organization::today;
use apportion_core::report::{
    CurrencyTotal, Group, Grouping, Key, Report, ReportError, ReportQuery, Row,
};
use apportion_jsonapi::document::{Document, Links, PageEnd};
use apportion_jsonapi::query::NumberedPage;
use apportion_jsonapi::{Code, Error};
use apportion_limits::deadline;
use apportion_store::organization::OrganizationRow;
use apportion_store::{self as store, Ledger, Tenant, deal, person};
use chrono::NaiveDateTime;

use self::format::Format;
use self::question::Question;
use self::rows::ReportRows;
use crate::access::Right;
use crate::catalog::Resources;
use crate::endpoints::call::{Call, Purse};
use crate::endpoints::include;
use crate::endpoints::table;
use crate::failure::{Failure, Result};
use crate::http::method::Stop;
use crate::http::reply::Reply;
use crate::revenue::report_room::{MAX_ROWS, ReportRoom, most_rows};
use crate::revenue::report_row;
use crate::revenue::selection::Selection;

/// The address of reports.
pub(crate) const PATH: &str = "/api/v2/reports/financial_item_reports";
/// The largest number of rows that a table or a chart may show, since it has no pages.
pub(crate) const MAX_ROWS_WITHOUT_PAGES: usize = 100_000;
const NO_ROOM: &str = "Too many large reports are computed; group by less, or try again in 1 s";
/// The number of distributions after which the deadline is asked for, and that of their slices if
/// these are more.
const CHECKED_EVERY: usize = 256;
const SLICES_BETWEEN_CHECKS: usize = 1_000_000;
/// The number of distributions that is worth a thread of its own.
const DISTRIBUTIONS_PER_THREAD: usize = 50_000;

/// Answers a request for a report.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Reply, Stop> {
    call.check_right(Right::Read)?;
    call.count_report()?;
    let resources = call.resources();
    let question = Question::parse(&resources, call.query(), call.accept.as_deref());
    let parameters = question.as_ref().map(|it| it.query.parameters.clone()).unwrap_or_default();
    let links = Links { address: call.url(PATH), parameters };
    let (now, purse, room) = (call.now, call.purse(), call.app.report_room.clone());
    let slices = call.app.limits.slices;
    let request = ReportRequest { resources, question, links, now, purse, room, slices };
    Ok(call.read(move |tenant| request.answer(tenant)).await?)
}

/// A request for a report, as far as it can be read without the store.
struct ReportRequest {
    resources: Arc<Resources>,
    question: Result<Question, Vec<Error>>,
    links: Links,
    now: NaiveDateTime,
    room: ReportRoom,
    purse: Purse,
    /// The most slices that the report may have.
    slices: u64,
}

/// The figures of a report.
struct Figures<'f> {
    /// The rows of all pages.
    rows: &'f [Row],
    totals: &'f [CurrencyTotal],
    /// The organization's currency.
    currency: Currency,
}

impl ReportRequest {
    fn answer(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
        let question = self.question.as_ref().map_err(Clone::clone)?;
        let organization = store::organization::find(tenant)?;
        let organization = organization.ok_or_else(Failure::not_found)?;
        let currency = organization.currency;
        let query = ReportQuery {
            grouping: question.grouping.clone(),
            window: question.selection.window,
            as_of: match question.selection.as_of {
                Some(date) => date,
                None => today(&organization.time_zone, self.now),
            },
            max_rows: match question.format {
                Format::Document => MAX_ROWS,
                Format::Csv | Format::Svg => MAX_ROWS_WITHOUT_PAGES,
            },
        };
        let ledger = store::ledger(tenant)?;
        self.purse.spend(cost::units(&ledger, &question.selection, &query, self.slices)?)?;
        let room = self.room.take(tenant.scope().organization.0, most_rows(&ledger, &query));
        let _until_it_is_written =
            room.ok_or_else(|| Failure::refusal(Code::Unavailable, NO_ROOM))?;
        let report = sum(&ledger, &question.selection, &query)?;
        let totals = report.totals().map_err(report_failure)?;
        let rows = report.rows(&question.orders).map_err(report_failure)?;
        match question.format {
            Format::Document => {
                let figures = Figures { rows: &rows, totals: &totals, currency };
                self.document(tenant, question, &figures)
            }
            Format::Csv => {
                let names = row_names(tenant, &question.grouping, &rows, &organization)?;
                let dialect = question.dialect;
                let body = csv::write(&question.grouping, &rows, currency, &names, dialect);
                table::reply(body, report_row::NAME)
            }
            Format::Svg => {
                let names = part_names(tenant, &question.grouping, &rows)?;
                answer_chart(&question.grouping, &rows, currency, &organization.name, &names)
            }
        }
    }

    /// Writes one page of the rows as a document, with the totals of all rows.
    fn document(
        &self,
        tenant: &mut Tenant<'_>,
        question: &Question,
        figures: &Figures<'_>,
    ) -> Result<Reply> {
        let rows = page(figures.rows, question.page);
        let shown = ReportRows::new(&question.grouping, rows, figures.currency);
        let kind = self.resources.find_any(report_row::NAME).ok_or_else(Failure::not_found)?;
        let resolve = |includes| include::resolve(tenant, kind, &shown, includes);
        let compound = question.query.include.as_deref().map(resolve).transpose()?;
        let mut fields = question.query.fields.clone();
        report_row::hide_ungrouped(&mut fields, kind.position, question.grouping.groups());
        let (registry, root) = (kind.registry(), self.resources.root());
        let document = Document { registry, root, fields: &fields, compound: compound.as_ref() };
        let total = i64::try_from(figures.rows.len()).unwrap_or(i64::MAX);
        let end = PageEnd::numbered(&self.links, question.page, total);
        let end = end.with_meta("totals", rows::totals_json(figures.totals));
        Ok(Reply::document(200, document.collection((kind.position, &shown), &end)))
    }
}

/// Answers with all rows as CSV.
/// Loads the names of the parts of a chart, if they are deals or people.
fn part_names(tenant: &mut Tenant<'_>, grouping: &Grouping, rows: &[Row]) -> Result<svg::Names> {
    match svg::parts(grouping, rows) {
        Some((group, ids)) => names_of(tenant, group, &ids),
        None => Ok(svg::Names::new()),
    }
}

/// Loads the names of the entities that a table shows.
fn row_names(
    tenant: &mut Tenant<'_>,
    grouping: &Grouping,
    rows: &[Row],
    organization: &OrganizationRow,
) -> Result<csv::Names> {
    let mut names = csv::Names::new();
    for group in grouping.groups().iter().filter(|group| csv::is_named(**group)) {
        let mut ids: Vec<i64> = rows.iter().filter_map(|row| key_id(row.key(*group))).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = match group {
            Group::Organization => {
                svg::Names::from([(organization.id.0, organization.name.clone())])
            }
            other => names_of(tenant, *other, &ids)?,
        };
        names.extend(found.into_iter().map(|(id, name)| ((*group, id), name)));
    }
    Ok(names)
}

fn key_id(key: Key) -> Option<i64> {
    if let Key::Id(id) = key { id } else { None }
}

/// Loads the names of entities of a group, if they are deals or people.
fn names_of(tenant: &mut Tenant<'_>, group: Group, ids: &[i64]) -> Result<svg::Names> {
    Ok(match group {
        Group::Deal => {
            let deals = store::load_by::<deal::DealRow>(tenant, deal::ID, ids, ids.len())?;
            deals.into_iter().map(|row| (row.id.0, row.name)).collect()
        }
        Group::Creator => {
            let people = store::load_by::<person::PersonRow>(tenant, person::ID, ids, ids.len())?;
            let name = |row: &person::PersonRow| format!("{} {}", row.first_name, row.last_name);
            people.iter().map(|row| (row.id.0, name(row))).collect()
        }
        _ => svg::Names::new(),
    })
}

/// Answers with a chart of all rows.
fn answer_chart(
    grouping: &Grouping,
    rows: &[Row],
    currency: Currency,
    organization: &str,
    names: &svg::Names,
) -> Result<Reply> {
    let chart = svg::draw(grouping, rows, currency, organization, names);
    let chart = chart
        .map_err(|error| Error::parameter(Code::UnsupportedGroup, "group", error.to_string()))?;
    // The document needs no script, so none may run wherever it is opened.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    Ok(Reply::plain(chart, "image/svg+xml").with_header(CONTENT_SECURITY_POLICY, policy))
}

/// Returns the rows of one page.
fn page(rows: &[Row], page: NumberedPage) -> &[Row] {
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX).min(rows.len());
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let end = start.saturating_add(size).min(rows.len());
    rows.get(start..end).unwrap_or_default()
}

/// Sums the ledger, on several threads if it is long.
fn sum(ledger: &Ledger, selection: &Selection, query: &ReportQuery) -> Result<Report> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = ledger.len().checked_div(DISTRIBUTIONS_PER_THREAD).unwrap_or(0).saturating_add(1);
    let mut parts = ledger.parts(cores.min(threads)).into_iter();
    let end = deadline::current();
    let sum_part = |part: store::LedgerPart<'_>| {
        let mut report = Report::new(query.clone());
        let entries = SLICES_BETWEEN_CHECKS.checked_div(report.periods()).unwrap_or(CHECKED_EVERY);
        let every = entries.clamp(1, CHECKED_EVERY);
        let mut unchecked = 0_usize;
        for entries in part.deals() {
            let mut entries = entries.peekable();
            let whole = selection.takes_whole_deals();
            if whole && !entries.peek().is_some_and(|entry| selection.admits(entry)) {
                continue;
            }
            for entry in entries.filter(|entry| whole || selection.admits(entry)) {
                report.add(&entry);
                unchecked = unchecked.saturating_add(1);
                if unchecked >= every {
                    unchecked = 0;
                    if !end.allows() {
                        return Err(store::Error::too_long());
                    }
                }
            }
            if report.is_too_large() {
                break;
            }
        }
        Ok(report)
    };
    let own = parts.next();
    std::thread::scope(|scope| {
        let others: Vec<_> = parts
            .map(|part| scope.spawn(move || deadline::within(end, || sum_part(part))))
            .collect();
        let own = own.map_or_else(|| Ok(Report::new(query.clone())), sum_part);
        let mut report = own?;
        for other in others {
            match other.join() {
                Ok(part) => report.merge(&part?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(report)
    })
}

/// Turns an error of the sums into the failure that clients see.
fn report_failure(error: ReportError) -> Failure {
    match error {
        ReportError::TooManyRows { .. } => {
            Error::parameter(Code::UnsupportedGroup, "group", error.to_string()).into()
        }
        other => Failure::refusal(Code::InvalidAttribute, other.to_string()),
    }
}
