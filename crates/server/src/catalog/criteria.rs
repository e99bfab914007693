//! From a query over declared names to criteria over fields of the store: the declaration has
//! bound each name already, so this only renames.

use apportion_jsonapi::query::{self, Operator, Page, Walk};
use apportion_jsonapi::{Query, ResourceType, Value};
use apportion_store::{self as store, Comparison, Criteria, Field, Filter, Order};

/// The criteria of a list, which may be the list of what one row leads to.
pub(crate) fn criteria(
    resource: &ResourceType<Field>,
    query: &Query<Field>,
    within: Option<(Field, i64)>,
) -> Criteria {
    let within = within.map(|(field, id)| Filter::among(field, &[id]));
    let left_out =
        resource.hidden_rows.filter(|it| !query.filter.as_ref().is_some_and(names(it.0, it.1)));
    let left_out = left_out.map(|(field, word)| {
        let word = store::Value::Text(word.to_owned());
        Filter::compare(field, Comparison::NotEqual, vec![word])
    });
    let asked = query.filter.as_ref().map(filter);
    let mut all: Vec<Filter> = within.into_iter().chain(left_out).chain(asked).collect();
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

/// The criteria of the next page of a walk, and one row more, which tells whether there are
/// others. None where the cursor has no keys of this order.
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

/// Whether a filter names a value of a field.
fn names(field: Field, word: &str) -> impl Fn(&query::Filter<Field>) -> bool {
    fn within(filter: &query::Filter<Field>, field: Field, word: &str) -> bool {
        match filter {
            query::Filter::All(members) | query::Filter::Any(members) => {
                members.iter().any(|member| within(member, field, word))
            }
            query::Filter::Compare { field: compared, values, .. } => {
                let same = |value: &Value| matches!(value, Value::Text(text) if text == word);
                *compared == field && values.iter().any(same)
            }
        }
    }
    move |filter| within(filter, field, word)
}

/// The filter over fields.
pub(crate) fn filter(asked: &query::Filter<Field>) -> Filter {
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
