//! `GET /api/v2/reports/financial_item_reports`: recognised revenue, added up from the tenant's
//! ledger by what is asked for. The sums are those of `apportion-core`; here they are asked for
//! and shown.

mod amount;
pub mod csv;
mod question;
mod rows;
pub mod svg;

use std::sync::Arc;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use apportion_core::currency::Currency;
use apportion_core::organization::today;
use apportion_core::report::{
    CurrencyTotal, Group, Grouping, Report, ReportError, ReportQuery, Row,
};
use apportion_jsonapi::document::{Document, Links, PageEnd};
use apportion_jsonapi::query::NumberedPage;
use apportion_jsonapi::{Code, Error};
use apportion_store::{self as store, Ledger, Tenant, deal, person};
use chrono::NaiveDateTime;

use self::question::{Format, Question};
use self::rows::ReportRows;
use crate::access::Right;
use crate::catalog::{ROOT, Resources};
use crate::endpoints::call::Call;
use crate::endpoints::include;
use crate::failure::{Failure, Result};
use crate::http::method::Stop;
use crate::http::reply::Reply;
use crate::revenue::report_row;
use crate::revenue::selection::Selection;

/// The address of reports.
pub(crate) const PATH: &str = "/api/v2/reports/financial_item_reports";
/// How many rows a report may have on all its pages.
pub(crate) const MAX_ROWS: usize = 1_000_000;
/// How many rows a table or a picture of a report may have: they have no pages.
pub(crate) const MAX_WHOLE: usize = 100_000;
/// How many distributions are worth a thread of their own.
const PART: usize = 50_000;

/// Answers a request for a report.
pub(crate) async fn answer(call: &Call<'_>) -> Result<Reply, Stop> {
    call.check_right(Right::Read)?;
    call.count_report()?;
    let resources = call.resources();
    let question = Question::parse(&resources, call.query(), call.accept.as_deref());
    let parameters = question.as_ref().map(|it| it.query.parameters.clone()).unwrap_or_default();
    let links = Links { address: format!("{}{PATH}", call.origin), parameters };
    let request = ReportRequest { resources, question, links, now: call.now };
    Ok(call.read(move |tenant| request.run(tenant)).await?)
}

/// A request for a report, as far as it can be understood without the store.
struct ReportRequest {
    resources: Arc<Resources>,
    question: Result<Question, Vec<Error>>,
    links: Links,
    now: NaiveDateTime,
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
    fn run(&self, tenant: &mut Tenant<'_>) -> Result<Reply> {
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
            max_rows: if question.format == Format::Document { MAX_ROWS } else { MAX_WHOLE },
        };
        let ledger = store::ledger(tenant)?;
        let report = fold(&ledger, &question.selection, &query);
        let totals = report.totals().map_err(refused)?;
        let rows = report.rows(&question.orders).map_err(refused)?;
        match question.format {
            Format::Document => {
                let figures = Figures { rows: &rows, totals: &totals, currency };
                self.document(tenant, question, &figures)
            }
            Format::Csv => table(&question.grouping, &rows, currency),
            Format::Svg => {
                let names = part_names(tenant, &question.grouping, &rows)?;
                picture(&question.grouping, &rows, currency, &organization.name, &names)
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
        report_row::narrow(&mut fields, kind.position, question.grouping.groups());
        let (registry, compound) = (kind.registry(), compound.as_ref());
        let document = Document { registry, root: ROOT, fields: &fields, compound };
        let total = i64::try_from(figures.rows.len()).unwrap_or(i64::MAX);
        let end = PageEnd::numbered(&self.links, question.page, total);
        let end = end.with_meta("totals", rows::totals(figures.totals));
        Ok(Reply::document(200, document.collection((kind.position, &shown), &end)))
    }
}

fn table(grouping: &Grouping, rows: &[Row], currency: Currency) -> Result<Reply> {
    let body = csv::write(grouping, rows, currency);
    let body = body.map_err(|error| Failure::Broken(format!("no CSV is written: {error}")))?;
    let name = "attachment; filename=\"financial_item_reports.csv\"";
    Ok(Reply::plain(body, "text/csv; charset=utf-8").with_header(CONTENT_DISPOSITION, name))
}

/// What the parts of a picture are called.
fn part_names(tenant: &mut Tenant<'_>, grouping: &Grouping, rows: &[Row]) -> Result<svg::Names> {
    let Some((group, ids)) = svg::parts(grouping, rows) else { return Ok(svg::Names::new()) };
    Ok(match group {
        Group::Deal => {
            let deals = store::load_by::<deal::DealRow>(tenant, deal::ID, &ids, ids.len())?;
            deals.into_iter().map(|row| (row.id.0, row.name)).collect()
        }
        Group::Creator => {
            let people = store::load_by::<person::PersonRow>(tenant, person::ID, &ids, ids.len())?;
            let name = |row: &person::PersonRow| format!("{} {}", row.first_name, row.last_name);
            people.iter().map(|row| (row.id.0, name(row))).collect()
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
    Ok(Reply::plain(drawn, "image/svg+xml").with_header(CONTENT_SECURITY_POLICY, policy))
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
        other => Failure::refusal(Code::InvalidAttribute, other.to_string()),
    }
}
