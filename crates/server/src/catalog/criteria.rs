//! Translates a parsed query into criteria of the store. The parser has replaced each name by a
//! field already, so only the types differ.

use apportion_jsonapi::query::{self, Operator, Page, Walk};
use apportion_jsonapi::{Query, ResourceType, Value};
use apportion_store::{self as store, Comparison, Criteria, Field, Filter, Order};

/// Returns the criteria of a list. With `within`, it is the list of the rows whose field has that
/// id.
pub(crate) fn criteria(
    resource: &ResourceType<Field>,
    query: &Query<Field>,
    within: Option<(Field, i64)>,
) -> Criteria {
    let within = within.map(|(field, id)| Filter::among(field, &[id]));
    // Hidden rows are shown if the filter names the value that hides them.
    let hidden = resource.hidden_rows.filter(|(field, word)| {
        !query.filter.as_ref().is_some_and(|filter| names_value(filter, *field, word))
    });
    let not_hidden = hidden.map(|(field, word)| {
        let word = store::Value::Text(word.to_owned());
        Filter::compare(field, Comparison::NotEqual, vec![word])
    });
    let queried = query.filter.as_ref().map(filter);
    let mut all: Vec<Filter> = within.into_iter().chain(not_hidden).chain(queried).collect();
    let filter = if all.len() > 1 { Some(Filter::All(all)) } else { all.pop() };
    let order = |sort: &query::Sort<Field>| Order {
        field: sort.field,
        descending: sort.descending,
        reversed: false,
    };
    let offset = match &query.page {
        Page::Numbered(page) => page.offset(),
        Page::Walk(_) => 0,
    };
    let order = query.sorts.iter().map(order).collect();
    Criteria { filter, order, limit: query.page.size(), offset }
}

/// Returns the criteria of the next page of a walk, with one row more, which shows whether another
/// page follows. Returns `None` if the keys of the cursor do not fit this order.
pub(crate) fn walk(criteria: Criteria, walk: &Walk) -> Option<Criteria> {
    let mut order = criteria.order;
    if walk.backwards {
        order = order.into_iter().map(Order::reverse).collect();
    }
    let beyond = match &walk.from {
        Some(cursor) => Some(store::beyond(&order, &store::read_keys(&order, &cursor.keys)?)),
        None => None,
    };
    let filter = match (criteria.filter, beyond) {
        (Some(filter), Some(beyond)) => Some(Filter::All(vec![filter, beyond])),
        (filter, beyond) => filter.or(beyond),
    };
    Some(Criteria { filter, order, limit: walk.size.saturating_add(1), offset: 0 })
}

/// Whether a filter compares a field with this word.
fn names_value(filter: &query::Filter<Field>, field: Field, word: &str) -> bool {
    match filter {
        query::Filter::All(members) | query::Filter::Any(members) => {
            members.iter().any(|member| names_value(member, field, word))
        }
        query::Filter::Compare { field: compared, values, .. } => {
            let same = |value: &Value| matches!(value, Value::Text(text) if text == word);
            *compared == field && values.iter().any(same)
        }
    }
}

/// Translates a filter.
pub(crate) fn filter(queried: &query::Filter<Field>) -> Filter {
    match queried {
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
        Value::Instant(value) => store::Value::Instant(*value),
    }
}
