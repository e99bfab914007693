//! The type `checks`: the laws of conservation. A check is computed when it is requested, and is
//! never stored. All checks of a request share five seconds; a check that runs out of time and has
//! found no counter-example has the result `incomplete`. Clients refer to a check by its name.
//! Inside the server, its id is its position among all checks, from 1. Not here: the comparisons
//! (`apportion-store`).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::{Duration, Instant};

use apportion_core::checks::{Check, CounterExample, Finding, MAX_COUNTER_EXAMPLES, Verdict};
use apportion_jsonapi::document::WalkPage;
use apportion_jsonapi::json::Json;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::resource::{FilterKey, Ids, ResourceType, SortKey, Takes};
use apportion_jsonapi::{Attribute, Kind, Rows, Scalar};
use apportion_store::{Criteria, Field, FieldKind, Filter, Order, Tenant, Value, checks};

use crate::catalog::criteria;
use crate::catalog::{BoxedRows, CursorPage, Page, Served};
use crate::failure::Result;
use crate::payouts::explanation::circumstances;

const ID: Field = Field::computed("checks.id", FieldKind::Text, false);
const RESULT: Field = Field::computed("checks.result", FieldKind::Text, false);

/// The time that the checks of one request may take together.
const PATIENCE: Duration = Duration::from_secs(5);

/// The JSON schema of a sum over any number of rows, which may exceed 64 bits.
const SUM: Kind = Kind::Json(r#"{"type": "integer"}"#);

const COUNTER_EXAMPLES: Kind = Kind::Json(
    r#"{
    "type": "array", "maxItems": 100, "items": {
        "type": "object", "required": ["type", "id", "detail"],
        "properties": {
            "type": {"type": "string"}, "id": {"type": "string"}, "detail": {"type": "string"}
        }
    }
}"#,
);

/// The type `checks`.
pub(crate) struct Checks(ResourceType<Field>);

impl Checks {
    pub(crate) fn new() -> Self {
        let filter = |name: &str, words, field| FilterKey {
            name: name.to_owned(),
            kind: Kind::Enumeration(words),
            nullable: false,
            takes: Takes::All,
            field,
        };
        let sort = |name: &str, field| SortKey { name: name.to_owned(), field };
        let resource = ResourceType {
            name: "checks",
            id: ID,
            ids: Ids { decimal: false, read: place, write: |id| name(id).to_owned() },
            attributes: vec![
                Attribute::new("description", Kind::Text),
                Attribute::new("result", Kind::Enumeration(Verdict::NAMES)),
                Attribute::new("left", SUM),
                Attribute::new("right", SUM),
                Attribute::new("counter_examples", COUNTER_EXAMPLES),
            ],
            relationships: Vec::new(),
            filters: vec![filter("id", Check::NAMES, ID), filter("result", Verdict::NAMES, RESULT)],
            sorts: vec![sort("id", ID), sort("result", RESULT)],
            writable: false,
            append_only: false,
            hidden_rows: None,
            restricted: false,
            addressed: true,
        };
        Self(resource)
    }

    /// Computes the checks that can match the filter, and returns the findings that match it, in
    /// the given order.
    fn found(
        tenant: &mut Tenant<'_>,
        filter: Option<&Filter>,
        order: &[Order],
    ) -> Result<Vec<Finding>> {
        let laws: Vec<Check> =
            Check::ALL.iter().copied().filter(|law| may_meet(*law, filter)).collect();
        let mut findings = Self::look(tenant, &laws)?;
        findings.retain(|finding| filter.is_none_or(|filter| filter.is_met(&value_of(finding))));
        findings.sort_by(|a, b| compare(order, a, b));
        Ok(findings)
    }

    /// Computes the checks on one snapshot of the database. Each check gets an equal part of the
    /// time that the checks before it left.
    fn look(tenant: &mut Tenant<'_>, laws: &[Check]) -> Result<Vec<Finding>> {
        let end = Instant::now().checked_add(PATIENCE);
        let end = end.unwrap_or_else(Instant::now);
        let mut left = u32::try_from(laws.len()).unwrap_or(u32::MAX);
        let mut findings = Vec::with_capacity(laws.len());
        for law in laws {
            let now = Instant::now();
            let part = end.saturating_duration_since(now).checked_div(left.max(1));
            let until = now.checked_add(part.unwrap_or_default()).unwrap_or(end);
            let mut stop = |finding: &Finding| {
                finding.broken >= MAX_COUNTER_EXAMPLES || Instant::now() >= until
            };
            findings.push(checks::check(tenant, *law, circumstances(), &mut stop)?);
            left = left.saturating_sub(1);
        }
        Ok(findings)
    }
}

/// Whether a check can match the filter with any of its possible results.
fn may_meet(law: Check, filter: Option<&Filter>) -> bool {
    let meets = |verdict: &Verdict| {
        let value = |field| match field {
            RESULT => Value::Text(verdict.name().to_owned()),
            _ => Value::Text(law.name().to_owned()),
        };
        filter.is_none_or(|filter| filter.is_met(&value))
    };
    Verdict::ALL.iter().any(meets)
}

fn value_of(finding: &Finding) -> impl Fn(Field) -> Value {
    move |field| {
        Value::Text(match field {
            RESULT => finding.verdict().name().to_owned(),
            _ => finding.check.name().to_owned(),
        })
    }
}

fn compare(order: &[Order], a: &Finding, b: &Finding) -> Ordering {
    let text = |finding: &Finding, field| match field {
        RESULT => finding.verdict().name(),
        _ => finding.check.name(),
    };
    let keys = order.iter().map(|order| {
        let ordering = text(a, order.field).cmp(text(b, order.field));
        if order.descending { ordering.reverse() } else { ordering }
    });
    keys.fold(Ordering::Equal, Ordering::then)
}

/// Returns the position of a check among all checks, from 1.
fn place(text: &str) -> Option<i64> {
    let at = Check::NAMES.iter().position(|name| *name == text)?;
    i64::try_from(at).ok()?.checked_add(1)
}

fn law(id: i64) -> Option<Check> {
    let at = usize::try_from(id.checked_sub(1)?).ok()?;
    Check::ALL.get(at).copied()
}

fn name(id: i64) -> &'static str {
    law(id).map_or("", Check::name)
}

/// The findings of checks as the rows of a response.
struct FindingRows(Vec<Finding>);

impl Rows for FindingRows {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn id(&self, row: usize) -> i64 {
        self.0.get(row).and_then(|finding| place(finding.check.name())).unwrap_or_default()
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        let Some(finding) = self.0.get(row) else { return Scalar::Null };
        let number = |sum: i128| Scalar::Json(Cow::Owned(sum.to_string()));
        match attribute {
            0 => Scalar::Text(finding.check.description()),
            1 => Scalar::Text(finding.verdict().name()),
            2 => number(finding.left),
            3 => number(finding.right),
            _ => Scalar::Json(Cow::Owned(examples(&finding.counter_examples))),
        }
    }

    fn linkage(&self, _: usize, _: usize) -> Option<i64> {
        None
    }
}

fn examples(examples: &[CounterExample]) -> String {
    let member = |name: &'static str, text: String| (name.into(), Json::Text(text.into()));
    let object = |example: &CounterExample| {
        Json::Object(vec![
            member("type", example.kind.to_owned()),
            member("id", example.id.to_string()),
            member("detail", example.detail.clone()),
        ])
    };
    Json::Array(examples.iter().map(object).collect()).compact()
}

impl Served for Checks {
    fn resource(&self) -> &ResourceType<Field> {
        &self.0
    }

    fn is_costly(&self) -> bool {
        true
    }

    fn load<'r>(&'r self, tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Page<'r>> {
        let findings = Self::found(tenant, criteria.filter.as_ref(), &criteria.order)?;
        let total = i64::try_from(findings.len()).unwrap_or(i64::MAX);
        let offset = usize::try_from(criteria.offset).unwrap_or(usize::MAX);
        let limit = usize::try_from(criteria.limit).unwrap_or(0);
        let page = findings.into_iter().skip(offset).take(limit).collect();
        Ok(Page { rows: Box::new(FindingRows(page)), total })
    }

    fn walk<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<Option<CursorPage<'r>>> {
        let order = criteria.order.clone();
        let Some(criteria) = criteria::walk(criteria.clone(), walk) else { return Ok(None) };
        let mut findings = Self::found(tenant, criteria.filter.as_ref(), &criteria.order)?;
        let size = usize::try_from(walk.size).unwrap_or(usize::MAX);
        let more = findings.len() > size;
        findings.truncate(size);
        if walk.backwards {
            findings.reverse();
        }
        let keys = findings.iter().map(|finding| keys(&order, finding)).collect();
        let page = WalkPage { keys, more };
        Ok(Some(CursorPage { rows: Box::new(FindingRows(findings)), page }))
    }

    fn load_by<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        _: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<BoxedRows<'r>> {
        let laws: Vec<Check> = ids.iter().filter_map(|id| law(*id)).take(limit).collect();
        Ok(Box::new(FindingRows(Self::look(tenant, &laws)?)))
    }
}

/// Returns the sort keys of a finding as a JSON array, in the form that the store reads from a
/// cursor.
fn keys(order: &[Order], finding: &Finding) -> String {
    let value = value_of(finding);
    let text = |order: &Order| match value(order.field) {
        Value::Text(text) => Json::Text(text.into()),
        _ => Json::Null,
    };
    Json::Array(order.iter().map(text).collect()).compact()
}
