//! From a query over declared names to criteria over fields of the store: the declaration has
//! bound each name already, so this only renames.

use apportion_jsonapi::query::{self, Operator};
use apportion_jsonapi::{Query, Value};
use apportion_store::{self as store, Comparison, Criteria, Field, Filter, Order};

/// The criteria of a list, which may be the list of what one row leads to.
pub(crate) fn criteria(query: &Query<Field>, within: Option<(Field, i64)>) -> Criteria {
    let asked = query.filter.as_ref().map(filter);
    let within = within.map(|(field, id)| Filter::among(field, &[id]));
    let filter = match (within, asked) {
        (Some(within), Some(asked)) => Some(Filter::All(vec![within, asked])),
        (within, asked) => within.or(asked),
    };
    let order =
        |sort: &query::Sort<Field>| Order { field: sort.field, descending: sort.descending };
    Criteria {
        filter,
        order: query.sorts.iter().map(order).collect(),
        limit: query.page.size,
        offset: query.page.offset(),
    }
}

fn filter(asked: &query::Filter<Field>) -> Filter {
    match asked {
        query::Filter::All(members) => Filter::All(members.iter().map(filter).collect()),
        query::Filter::Any(members) => Filter::Any(members.iter().map(filter).collect()),
        query::Filter::Compare { field, operator, values } => {
            Filter::compare(*field, comparison(*operator), values.iter().map(value).collect())
        }
    }
}

fn comparison(operator: Operator) -> Comparison {
    match operator {
        Operator::Equal => Comparison::Equal,
        Operator::NotEqual => Comparison::NotEqual,
        Operator::Contains => Comparison::Contains,
        Operator::NotContain => Comparison::NotContain,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
    }
}

fn value(value: &Value) -> store::Value {
    match value {
        Value::Null => store::Value::Null,
        Value::Boolean(value) => store::Value::Boolean(*value),
        Value::Integer(value) => store::Value::Integer(*value),
        Value::Text(value) => store::Value::Text(value.clone()),
        Value::Date(value) => store::Value::Date(*value),
    }
}
