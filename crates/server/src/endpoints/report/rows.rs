//! The rows of a report as resources, and its totals as JSON.

use std::borrow::Cow;

use apportion_core::currency::Currency;
use apportion_core::report::{CurrencyTotal, Figure, Group, Grouping, Key, Row};
use apportion_jsonapi::{Rows, Scalar};
use serde_json::{Map, Value, json};

use crate::revenue::report_row::ENTITIES;

/// Rows of a page.
pub(super) struct ReportRows {
    rows: Vec<Shown>,
    default_currency: Currency,
}

struct Shown {
    row: Row,
    id: String,
    group: String,
    date_period: Option<String>,
}

impl ReportRows {
    pub(super) fn new(grouping: &Grouping, rows: &[Row], default_currency: Currency) -> Self {
        let shown = |row: &Row| Shown {
            row: *row,
            id: grouping.row_id(row),
            group: group(grouping, row),
            date_period: grouping.date_period(row),
        };
        Self { rows: rows.iter().map(shown).collect(), default_currency }
    }
}

/// The member `group`: ids are strings, and null where there is none.
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
        self.rows.get(row).map(|shown| Cow::Borrowed(shown.id.as_str()))
    }

    fn version(&self, _: usize) -> i64 {
        0
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        let Some(shown) = self.rows.get(row) else { return Scalar::Null };
        match attribute {
            0 => Scalar::Json((&shown.group).into()),
            1 => shown.date_period.as_deref().into(),
            2 => Scalar::Integer(shown.row.count()),
            3 => shown.row.currency().map(Currency::code).into(),
            4 => Scalar::Text(self.default_currency.code()),
            figure => {
                let figure = figure.checked_sub(5).and_then(|at| Figure::ALL.get(at));
                let value = figure.and_then(|figure| shown.row.figure(*figure));
                value.map_or(Scalar::Null, Scalar::Integer)
            }
        }
    }

    fn linkage(&self, row: usize, relationship: usize) -> Option<i64> {
        let (group, ..) = ENTITIES.get(relationship)?;
        match self.rows.get(row)?.row.key(*group) {
            Key::Id(id) => id,
            _ => None,
        }
    }
}

/// The member `totals`: an object for each currency.
pub(super) fn totals(totals: &[CurrencyTotal]) -> String {
    let of = |total: &CurrencyTotal| {
        let mut members = Map::new();
        members.insert("currency".to_owned(), json!(total.currency.code()));
        members.insert("count".to_owned(), json!(total.count));
        for figure in Figure::ALL {
            members.insert(figure.name().to_owned(), json!(total.figure(figure)));
        }
        Value::Object(members)
    };
    Value::Array(totals.iter().map(of).collect()).to_string()
}
