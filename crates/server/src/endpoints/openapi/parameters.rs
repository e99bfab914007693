//! The query parameters of each address, as the query parser takes them.

use apportion_jsonapi::Kind;
use apportion_jsonapi::query::{MAX_INCLUDES, MAX_SORTS, MAX_VALUES, Operator, Page};
use apportion_jsonapi::resource::{FilterKey, Registry, Relationship, ResourceType};
use apportion_store::Field;
use serde_json::{Value, json};

use super::operation::query;
use super::shapes::{array, integer};
use crate::endpoints::list_table;
use crate::endpoints::table::{Dialect, LOCALE, LOCALES, SEPARATOR, SEPARATORS};

/// Describes all parameters of a list.
pub(super) fn list_parameters(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
) -> Vec<Value> {
    let mut parameters = narrowing_parameters(resource);
    parameters.extend(shape_parameters(registry, resource));
    let mut format = query(list_table::FORMAT, &json!({"enum": [list_table::CSV]}));
    format["description"] =
        json!("Asks for a table of all rows, without pages, whatever `Accept` says.");
    parameters.push(format);
    parameters.extend(dialect_parameters());
    parameters
}

/// Describes the parameters that choose the dialect of a table.
pub(super) fn dialect_parameters() -> [Value; 2] {
    let choice = |name, words: [(&str, Dialect); 2]| {
        let mut choice = query(name, &json!({"enum": words.map(|(word, _)| word)}));
        choice["description"] = json!(
            "Of a table: `de`, or `;`, writes semicolons and decimal commas for a German \
             spreadsheet."
        );
        choice
    };
    [choice(LOCALE, LOCALES), choice(SEPARATOR, SEPARATORS)]
}

/// Describes filters, `sort`, and pages by number or by cursor.
pub(super) fn narrowing_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters = numbered_parameters(resource);
    for side in ["page[after]", "page[before]"] {
        parameters.push(query(side, &json!({"type": "string"})));
    }
    parameters
}

/// Describes filters, `sort`, and pages by number.
pub(super) fn numbered_parameters(resource: &ResourceType<Field>) -> Vec<Value> {
    let mut parameters: Vec<Value> = resource.filters.iter().flat_map(filter_parameters).collect();
    let keys: Vec<String> = resource
        .sorts
        .iter()
        .flat_map(|sort| [sort.name.clone(), format!("-{}", sort.name)])
        .collect();
    let mut keys = array(json!({"enum": keys}));
    keys["maxItems"] = json!(MAX_SORTS);
    parameters.push(query("sort", &keys));
    let (largest, usual) = (Page::MAX_SIZE, Page::DEFAULT_SIZE);
    let size = json!({"type": "integer", "minimum": 1, "maximum": largest, "default": usual});
    parameters.push(query("page[size]", &size));
    let number = json!({"type": "integer", "minimum": 1, "maximum": i64::MAX, "default": 1});
    parameters.push(query("page[number]", &number));
    parameters
}

/// Describes a filter, without an operator and with each that it takes.
fn filter_parameters(filter: &FilterKey<Field>) -> impl Iterator<Item = Value> {
    let values = |takes_null: bool| {
        // An empty value stands for null.
        let items = match filter.kind {
            Kind::Text if takes_null => letters(0),
            kind => text_schema(kind),
        };
        let least = u32::from(!takes_null);
        json!({"type": "array", "items": items, "minItems": least, "maxItems": MAX_VALUES})
    };
    let plain = std::iter::once((String::new(), Operator::Equal));
    let named = filter.operators().map(|(word, operator)| (format!("[{word}]"), operator));
    plain.chain(named).map(move |(suffix, operator)| {
        let takes_null = filter.nullable && operator.takes_null();
        let single = filter.is_single(operator);
        let schema = if single { text_schema(filter.kind) } else { values(takes_null) };
        query(&format!("filter[{}]{suffix}", filter.name), &schema)
    })
}

/// Describes `include` and sparse fieldsets of documents that show a type.
pub(super) fn shape_parameters(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
) -> Vec<Value> {
    let own = resource.relationships.iter();
    let paths = own.flat_map(|relationship| paths(registry, relationship)).collect();
    including(registry, Some(resource), paths)
}

/// Describes `include` and sparse fieldsets of linkage, where every path begins with the
/// relationship.
pub(super) fn linkage_parameters(
    registry: &Registry<Field>,
    relationship: &Relationship<Field>,
) -> Vec<Value> {
    including(registry, None, paths(registry, relationship))
}

/// Lists the relationship and the paths one step beyond it. Deeper paths are accepted as well, but
/// not listed.
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
        let mut schema = array(json!({"enum": paths}));
        schema["maxItems"] = json!(MAX_INCLUDES);
        parameters.push(query("include", &schema));
    }
    let may_show =
        |it: &&ResourceType<Field>| it.addressed || shown.is_some_and(|shown| shown.may_show(it));
    for shown in registry.types().iter().filter(may_show) {
        let attributes = shown.attributes.iter().map(|attribute| attribute.name);
        let relationships = shown.relationships.iter().map(|relationship| relationship.name);
        let names: Vec<&str> = attributes.chain(relationships).collect();
        let schema = array(json!({"enum": names}));
        parameters.push(query(&format!("fields[{}]", shown.name), &schema));
    }
    parameters
}

/// Returns the schema of a text in a list that is separated by commas.
fn letters(least: u32) -> Value {
    let repeated = if least == 0 { "*" } else { "+" };
    let pattern = format!("^[^,\\u0000]{repeated}$");
    json!({"type": "string", "minLength": least, "maxLength": 100, "pattern": pattern})
}

/// Returns the schema of a value in a query.
fn text_schema(kind: Kind) -> Value {
    match kind {
        Kind::Text => letters(1),
        Kind::Integer | Kind::Id => integer(),
        Kind::Decimal { scale, .. } => {
            let pattern = format!("^-?[0-9]{{1,6}}(\\.[0-9]{{1,{scale}}})?$");
            json!({"type": "string", "pattern": pattern})
        }
        Kind::Date => json!({"type": "string", "format": "date"}),
        Kind::Instant => {
            json!({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})
        }
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Enumeration(words) => json!({"enum": words}),
        Kind::Json(_) => json!({}),
    }
}
