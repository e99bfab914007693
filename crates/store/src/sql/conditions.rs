//! The SQL of filters, in words that both databases understand. Values are bound, never written
//! into the text. The shape of criteria is here too: the part that makes one statement differ from
//! another, whatever the values.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Bool, Date, Text, Timestamp};

use crate::database::connection::MultiBackend;
use crate::sql::criteria::Criteria;
use crate::sql::field::{Field, Join};
use crate::sql::filter::{Filter, Test, Value};

/// Writes the condition that rows meet the filter, in brackets if it has several parts.
pub(crate) fn push_filter<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    filter: &'b Filter,
) -> QueryResult<()> {
    let (members, operator, if_empty) = match filter {
        Filter::Test(field, test) => return push_test(out, *field, test),
        Filter::All(members) => (members, " AND ", "1 = 1"),
        Filter::Any(members) => (members, " OR ", "1 = 0"),
    };
    match members.as_slice() {
        [] => out.push_sql(if_empty),
        [one] => push_filter(out, one)?,
        several => {
            for (at, member) in several.iter().enumerate() {
                out.push_sql(if at == 0 { "(" } else { operator });
                push_filter(out, member)?;
            }
            out.push_sql(")");
        }
    }
    Ok(())
}

fn push_test<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    field: Field,
    test: &'b Test,
) -> QueryResult<()> {
    match test {
        Test::Null => push_column(out, field, " IS NULL"),
        Test::NotNull => push_column(out, field, " IS NOT NULL"),
        Test::In(values) => {
            return push_list(out, field, values, ListSigns { one: " = ", several: " IN (" });
        }
        Test::NotIn(values) => {
            return push_list(out, field, values, ListSigns { one: " <> ", several: " NOT IN (" });
        }
        Test::Like(pattern) | Test::NotLike(pattern) => {
            out.push_sql("lower(");
            out.push_sql(field.column);
            out.push_sql(if matches!(test, Test::Like(_)) { ") LIKE " } else { ") NOT LIKE " });
            out.push_bind_param::<Text, String>(pattern)?;
            out.push_sql(" ESCAPE '\\'");
        }
        Test::Order(sign, value) => {
            push_column(out, field, " ");
            out.push_sql(sign);
            out.push_sql(" ");
            return push_value(out, value);
        }
    }
    Ok(())
}

fn push_column(out: &mut AstPass<'_, '_, MultiBackend>, field: Field, then: &str) {
    out.push_sql(field.column);
    out.push_sql(then);
}

/// The SQL between a column and the values that it is compared with.
struct ListSigns {
    one: &'static str,
    several: &'static str,
}

fn push_list<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    field: Field,
    values: &'b [Value],
    signs: ListSigns,
) -> QueryResult<()> {
    if let [value] = values {
        push_column(out, field, signs.one);
        return push_value(out, value);
    }
    push_column(out, field, signs.several);
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push_sql(", ");
        }
        push_value(out, value)?;
    }
    out.push_sql(")");
    Ok(())
}

/// Binds a value.
fn push_value<'b>(out: &mut AstPass<'_, 'b, MultiBackend>, value: &'b Value) -> QueryResult<()> {
    match value {
        Value::Null => {
            out.push_sql("NULL");
            Ok(())
        }
        Value::Boolean(value) => out.push_bind_param::<Bool, bool>(value),
        Value::Integer(value) => out.push_bind_param::<BigInt, i64>(value),
        Value::Text(value) => out.push_bind_param::<Text, String>(value),
        Value::Date(value) => out.push_bind_param::<Date, chrono::NaiveDate>(value),
        Value::Instant(value) => out.push_bind_param::<Timestamp, chrono::NaiveDateTime>(value),
    }
}

/// Adds the other tables in which the fields of a filter stand.
pub(crate) fn collect_joins(filter: &Filter, joins: &mut Vec<Join>) {
    match filter {
        Filter::All(members) | Filter::Any(members) => {
            for member in members {
                collect_joins(member, joins);
            }
        }
        Filter::Test(field, _) => {
            if let Some(join) = field.join.filter(|join| !joins.contains(join)) {
                joins.push(join);
            }
        }
    }
}

/// Criteria apart from their values. Criteria of the same shape make the same statement.
pub(crate) struct Shape<'c>(pub(crate) &'c Criteria);

impl Hash for Shape<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.order.hash(state);
        self.0.limit.hash(state);
        (self.0.offset > 0).hash(state);
        if let Some(filter) = &self.0.filter {
            hash_filter(filter, state);
        }
    }
}

fn hash_filter<H: Hasher>(filter: &Filter, state: &mut H) {
    discriminant(filter).hash(state);
    match filter {
        Filter::All(members) | Filter::Any(members) => {
            members.len().hash(state);
            for member in members {
                hash_filter(member, state);
            }
        }
        Filter::Test(field, test) => {
            field.hash(state);
            discriminant(test).hash(state);
            match test {
                Test::In(values) | Test::NotIn(values) => values.len().hash(state),
                Test::Order(sign, _) => sign.hash(state),
                _ => {}
            }
        }
    }
}
