//! Rows beyond a row, by its keys in the order of the list (keyset pagination): the database seeks
//! to them, however many come before, and the row itself need not exist any more.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value as Json;

use crate::sql::criteria::Order;
use crate::sql::field::{Field, FieldKind};
use crate::sql::filter::{Filter, Test, Value};

/// Reads the keys of a row, as they came with it, for this order. None where they are not such
/// keys.
pub fn read_keys(order: &[Order], keys: &str) -> Option<Vec<Value>> {
    let keys: Vec<Json> = serde_json::from_str(keys).ok()?;
    let sound = keys.len() == order.len();
    let read = order.iter().zip(&keys).map(|(order, key)| read_key(order.field, key));
    read.collect::<Option<Vec<_>>>().filter(|_| sound)
}

fn read_key(field: Field, key: &Json) -> Option<Value> {
    match (field.kind, key) {
        (_, Json::Null) => field.nullable.then_some(Value::Null),
        (FieldKind::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (FieldKind::Boolean, Json::Bool(value)) => Some(Value::Boolean(*value)),
        // As SQLite writes it.
        (FieldKind::Boolean, Json::Number(number)) => {
            number.as_u64().filter(|bit| *bit < 2).map(|bit| Value::Boolean(bit == 1))
        }
        (FieldKind::Text, Json::String(text)) => {
            (!text.contains('\0')).then(|| Value::Text(text.clone()))
        }
        (FieldKind::Date, Json::String(text)) => text.parse().ok().map(Value::Date),
        (FieldKind::Instant, Json::String(text)) => instant(text).map(Value::Instant),
        _ => None,
    }
}

/// SQLite and PostgreSQL differ in what stands between date and time.
fn instant(text: &str) -> Option<NaiveDateTime> {
    let text = text.replacen(' ', "T", 1);
    let instant: NaiveDateTime = text.parse().ok()?;
    let four_digits = NaiveDate::from_ymd_opt(0, 1, 1)? <= instant.date();
    four_digits.then_some(instant)
}

/// The rows that come after one with these keys.
pub fn beyond(order: &[Order], keys: &[Value]) -> Filter {
    let mut equal: Vec<Filter> = Vec::new();
    let mut any = Vec::new();
    for (order, key) in order.iter().zip(keys) {
        if let Some(after) = after(*order, key) {
            let mut all = equal.clone();
            all.push(after);
            any.push(Filter::All(all));
        }
        equal.push(same(order.field, key));
    }
    let beyond = Filter::Any(any);
    // Implied by the rest, but this is what an index can seek by.
    match (order.first(), keys.first()) {
        (Some(first), Some(key)) if !first.field.nullable => {
            let sign = if first.descending { "<=" } else { ">=" };
            let bound = Filter::Test(first.field, Test::Order(sign, key.clone()));
            Filter::All(vec![bound, beyond])
        }
        _ => beyond,
    }
}

/// Rows that one key alone puts after; none where nothing can be.
fn after(order: Order, key: &Value) -> Option<Filter> {
    let field = order.field;
    let sign = if order.descending { "<" } else { ">" };
    match (key, order.reversed) {
        (Value::Null, false) => None,
        (Value::Null, true) => Some(Filter::Test(field, Test::NotNull)),
        (key, reversed) => {
            let more = Filter::Test(field, Test::Order(sign, key.clone()));
            let nulls = (field.nullable && !reversed).then_some(Filter::Test(field, Test::Null));
            Some(Filter::Any(std::iter::once(more).chain(nulls).collect()))
        }
    }
}

fn same(field: Field, key: &Value) -> Filter {
    Filter::Test(
        field,
        match key {
            Value::Null => Test::Null,
            key => Test::In(vec![key.clone()]),
        },
    )
}
