//! The rows of a report as resources, and its totals as JSON.

use std::borrow::Cow;

use apportion_core::currency::Currency;
use apportion_core::report::{CurrencyTotal, Figure, Group, Grouping, Key, Row};
use apportion_jsonapi::{Rows, Scalar};
use serde_json::{Map, Value, json};

use crate::revenue::report_row::{ENTITIES, RowAttribute};

/// The rows of a page.
pub(super) struct ReportRows {
    rows: Vec<ReportRow>,
    default_currency: Currency,
}

/// A row with its texts.
struct ReportRow {
    row: Row,
    id: String,
    /// The attribute `group`, as JSON.
    group: String,
    date_period: Option<String>,
}

impl ReportRows {
    /// Prepares the rows of a page to be shown.
    pub(super) fn new(grouping: &Grouping, rows: &[Row], default_currency: Currency) -> Self {
        let report_row = |row: &Row| ReportRow {
            row: *row,
            id: grouping.row_id(row),
            group: group(grouping, row),
            date_period: grouping.date_period(row),
        };
        Self { rows: rows.iter().map(report_row).collect(), default_currency }
    }
}

/// Writes the attribute `group`, in which ids are strings, or null.
fn group(grouping: &Grouping, row: &Row) -> String {
    let value = |group: &Group| match row.key(*group) {
        Key::Id(None) => Value::Null,
        key => Value::String(key.to_string()),
    };
    let name = |group: &Group| match group {
        Group::Date(_) => "date".to_owned(),
        other => other.name().to_owned(),
    };
    let members: Map<String, Value> =
        grouping.groups().iter().map(|group| (name(group), value(group))).collect();
    Value::Object(members).to_string()
}

impl Rows for ReportRows {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id(&self, row: usize) -> i64 {
        i64::try_from(row).unwrap_or(i64::MAX)
    }

    fn id_text(&self, row: usize) -> Option<Cow<'_, str>> {
        self.rows.get(row).map(|row| Cow::Borrowed(row.id.as_str()))
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        let Some(ReportRow { row, group, date_period, .. }) = self.rows.get(row) else {
            return Scalar::Null;
        };
        match RowAttribute::at(attribute) {
            Some(RowAttribute::Group) => Scalar::Json(group.into()),
            Some(RowAttribute::DatePeriod) => date_period.as_deref().into(),
            Some(RowAttribute::Count) => Scalar::Integer(row.count()),
            Some(RowAttribute::Currency) => row.currency().map(Currency::code).into(),
            Some(RowAttribute::CurrencyDefault) => Scalar::Text(self.default_currency.code()),
            Some(RowAttribute::Figure(figure)) => {
                row.figure(figure).map_or(Scalar::Null, Scalar::Integer)
            }
            None => Scalar::Null,
        }
    }

    fn linkage(&self, row: usize, relationship: usize) -> Option<i64> {
        let entity = ENTITIES.get(relationship)?;
        match self.rows.get(row)?.row.key(entity.group) {
            Key::Id(id) => id,
            _ => None,
        }
    }
}

/// Writes the member `totals`, which has an object for each currency.
pub(super) fn totals_json(totals: &[CurrencyTotal]) -> String {
    let object = |total: &CurrencyTotal| {
        let mut members = Map::new();
        members.insert("currency".to_owned(), json!(total.currency.code()));
        members.insert("count".to_owned(), json!(total.count));
        for figure in Figure::ALL {
            members.insert(figure.name().to_owned(), json!(total.figure(figure)));
        }
        Value::Object(members)
    };
    Value::Array(totals.iter().map(object).collect()).to_string()
}
