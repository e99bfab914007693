//! The parameters of each address, as the query parser takes them.

use apportion_jsonapi::Kind;
use apportion_jsonapi::query::{MAX_INCLUDES, MAX_VALUES, Operator, Page};
use apportion_jsonapi::resource::{Registry, Relationship, ResourceType};
use apportion_store::Field;
use serde_json::{Value, json};

/// Everything that a list takes.
pub(super) fn list_parameters(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
) -> Vec<Value> {
    let mut parameters = narrowing_parameters(resource);
    parameters.extend(shape_parameters(registry, resource));
    parameters
}

/// Filters, sort and page.
pub(super) fn narrowing_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters = numbered_parameters(resource);
    for side in ["page[after]", "page[before]"] {
        parameters.push(query(side, &json!({"type": "string"})));
    }
    parameters
}

/// Filters, sort, and pages by number.
pub(super) fn numbered_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters = Vec::new();
    for filter in &resource.filters {
        // An empty value asks for null.
        let values = |least: u32| {
            let items = match filter.kind {
                Kind::Text if least == 0 => letters(0),
                kind => text_schema(kind),
            };
            json!({"type": "array", "items": items, "minItems": least, "maxItems": MAX_VALUES})
        };
        let least = u32::from(!filter.nullable);
        let plain = std::iter::once((String::new(), Operator::Equal));
        let named = filter.operators().map(|(word, operator)| (format!("[{word}]"), operator));
        for (word, operator) in plain.chain(named) {
            let least = if operator.takes_null() { least } else { 1 };
            let one = filter.is_single(operator);
            let schema = if one { text_schema(filter.kind) } else { values(least) };
            parameters.push(query(&format!("filter[{}]{word}", filter.name), &schema));
        }
    }
    let keys: Vec<String> = resource
        .sorts
        .iter()
        .flat_map(|sort| [sort.name.clone(), format!("-{}", sort.name)])
        .collect();
    parameters
        .push(query("sort", &json!({"type": "array", "items": {"enum": keys}, "maxItems": 5})));
    let (largest, usual) = (Page::MAX_SIZE, Page::DEFAULT_SIZE);
    let size = json!({"type": "integer", "minimum": 1, "maximum": largest, "default": usual});
    parameters.push(query("page[size]", &size));
    parameters.push(query(
        "page[number]",
        &json!({
            "type": "integer", "minimum": 1, "maximum": i64::MAX, "default": 1,
        }),
    ));
    parameters
}

/// Includes and sparse fieldsets.
pub(super) fn shape_parameters(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
) -> Vec<Value> {
    let own = resource.relationships.iter();
    let paths = own.flat_map(|relationship| paths(registry, relationship)).collect();
    including(registry, Some(resource), paths)
}

/// Includes and sparse fieldsets of linkage: every path begins with the relationship.
pub(super) fn linkage_parameters(
    registry: &Registry<Field>,
    relationship: &Relationship<Field>,
) -> Vec<Value> {
    including(registry, None, paths(registry, relationship))
}

/// The relationship, and what follows it in one step: deeper paths are taken, and not listed.
fn paths(registry: &Registry<Field>, relationship: &Relationship<Field>) -> Vec<String> {
    let target = registry.find(relationship.target).map(|(_, target)| target);
    let further = target.into_iter().flat_map(|target| &target.relationships);
    let further = further.map(|next| format!("{}.{}", relationship.name, next.name));
    std::iter::once(relationship.name.to_owned()).chain(further).collect()
}

/// Describes `include` and the fieldsets of all types that a document may hold.
fn including(
    registry: &Registry<Field>,
    shown: Option<&ResourceType<Field>>,
    paths: Vec<String>,
) -> Vec<Value> {
    let mut parameters = Vec::new();
    if !paths.is_empty() {
        let most = MAX_INCLUDES;
        let schema = json!({"type": "array", "items": {"enum": paths}, "maxItems": most});
        parameters.push(query("include", &schema));
    }
    let may_show =
        |it: &&ResourceType<Field>| it.addressed || shown.is_some_and(|shown| shown.may_show(it));
    for shown in registry.types().iter().filter(may_show) {
        let attributes = shown.attributes.iter().map(|attribute| attribute.name);
        let relationships = shown.relationships.iter().map(|relationship| relationship.name);
        let names: Vec<&str> = attributes.chain(relationships).collect();
        let schema = json!({"type": "array", "items": {"enum": names}});
        parameters.push(query(&format!("fields[{}]", shown.name), &schema));
    }
    parameters
}

pub(super) fn query(name: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "query", "schema": schema, "style": "form", "explode": false})
}

/// Text between the commas of a list.
fn letters(least: u32) -> Value {
    let repeated = if least == 0 { "*" } else { "+" };
    let pattern = format!("^[^,\\u0000]{repeated}$");
    json!({"type": "string", "minLength": least, "maxLength": 100, "pattern": pattern})
}

/// A value as it stands in a query.
fn text_schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => letters(1),
        Kind::Integer | Kind::Id => json!({"type": "integer", "format": "int64"}),
        Kind::Decimal { scale, .. } => {
            let pattern = format!("^-?[0-9]{{1,6}}(\\.[0-9]{{1,{scale}}})?$");
            json!({"type": "string", "pattern": pattern})
        }
        Kind::Date | Kind::Instant => json!({"type": "string", "format": "date"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Enumeration(words) => json!({"enum": words}),
        Kind::Json(_) => json!({}),
    }
}
