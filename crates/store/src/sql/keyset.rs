//! Keyset pagination: the rows that follow a row, by its keys in the order of the list. The
//! database seeks to them, however many rows come before, and the row itself may be gone by then.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use serde_json::Value as Json;

use crate::sql::criteria::Order;
use crate::sql::field::{Field, FieldKind};
use crate::sql::filter::{Filter, Test, Value};

/// Parses the keys of a row from the JSON text that [`load_keyed`] returned with it. Returns `None`
/// if they do not fit the order: another number of keys, or a kind that a field does not have.
///
/// [`load_keyed`]: crate::load_keyed
pub fn read_keys(order: &[Order], keys: &str) -> Option<Vec<Value>> {
    let keys: Vec<Json> = serde_json::from_str(keys).ok()?;
    if keys.len() != order.len() {
        return None;
    }
    order.iter().zip(&keys).map(|(order, key)| read_key(order.field, key)).collect()
}

fn read_key(field: Field, key: &Json) -> Option<Value> {
    match (field.kind, key) {
        (_, Json::Null) => field.nullable.then_some(Value::Null),
        (FieldKind::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (FieldKind::Boolean, Json::Bool(value)) => Some(Value::Boolean(*value)),
        // SQLite writes a boolean as 0 or 1.
        (FieldKind::Boolean, Json::Number(number)) => {
            number.as_u64().filter(|bit| *bit < 2).map(|bit| Value::Boolean(bit == 1))
        }
        (FieldKind::Text, Json::String(text)) => {
            (!text.contains('\0')).then(|| Value::Text(text.clone()))
        }
        (FieldKind::Date, Json::String(text)) => {
            text.parse().ok().filter(is_common).map(Value::Date)
        }
        (FieldKind::Instant, Json::String(text)) => read_instant(text).map(Value::Instant),
        _ => None,
    }
}

/// Parses an instant. Date and time are separated by a space on SQLite, by a `T` on PostgreSQL.
fn read_instant(text: &str) -> Option<NaiveDateTime> {
    let instant: NaiveDateTime = text.replacen(' ', "T", 1).parse().ok()?;
    // A leap second has no place of its own in either database.
    let is_leap = instant.nanosecond() >= 1_000_000_000;
    (is_common(&instant.date()) && !is_leap).then_some(instant)
}

/// Whether both databases have a day, and order it in the same way: SQLite compares texts, in which
/// years have four digits, and PostgreSQL knows no day before 4714 B.C.
fn is_common(date: &NaiveDate) -> bool {
    (0..=9999).contains(&date.year())
}

/// Returns the filter for the rows that follow one with these keys.
pub fn beyond(order: &[Order], keys: &[Value]) -> Filter {
    let mut equal: Vec<Filter> = Vec::new();
    let mut any = Vec::new();
    for (order, key) in order.iter().zip(keys) {
        if let Some(follows) = follows(*order, key) {
            let mut all = equal.clone();
            all.push(follows);
            any.push(Filter::All(all));
        }
        equal.push(equals(order.field, key));
    }
    let beyond = Filter::Any(any);
    // The rest implies this bound, but only by the bound can an index seek.
    match (order.first(), keys.first()) {
        (Some(first), Some(key)) if !first.field.nullable => {
            let sign = if first.descending { "<=" } else { ">=" };
            let bound = Filter::Test(first.field, Test::Order(sign, key.clone()));
            Filter::All(vec![bound, beyond])
        }
        _ => beyond,
    }
}

/// Returns the filter for the rows that follow by one key alone, or `None` if no row can.
fn follows(order: Order, key: &Value) -> Option<Filter> {
    let field = order.field;
    let sign = if order.descending { "<" } else { ">" };
    match (key, order.reversed) {
        (Value::Null, false) => None,
        (Value::Null, true) => Some(Filter::Test(field, Test::NotNull)),
        (key, reversed) => {
            let mut tests = vec![Filter::Test(field, Test::Order(sign, key.clone()))];
            if field.nullable && !reversed {
                tests.push(Filter::Test(field, Test::Null));
            }
            Some(Filter::Any(tests))
        }
    }
}

fn equals(field: Field, key: &Value) -> Filter {
    let test = match key {
        Value::Null => Test::Null,
        key => Test::In(vec![key.clone()]),
    };
    Filter::Test(field, test)
}
