//! The description of reports: their one address, its parameters, and the rows, which are like no
//! stored type's. A report comes as a document, a table or a picture.

use apportion_core::report::Group;
use apportion_jsonapi::Kind;
use apportion_jsonapi::resource::Registry;
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::documents::{document, nullable};
use super::parameters::{numbered_parameters, query, shape_parameters};
use super::schemas::{identifier, shown_attributes};
use super::{operation, reference};
use crate::endpoints::report;
use crate::revenue::report_row::{self, ENTITIES};

/// The address, and the schemas of what it answers.
pub(super) fn describe(
    registry: &Registry<Field>,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    let resource = report_row::resource();
    let mut parameters = own_parameters();
    parameters.extend(numbered_parameters(&resource));
    parameters.extend(shape_parameters(registry, &resource));
    let page = format!("{}_page", report_row::NAME);
    let mut get = operation("report_financial_items", parameters, &page);
    get["summary"] = json!("Revenue, added up by what is asked for");
    let text = json!({"schema": {"type": "string"}});
    get["responses"]["200"]["content"]["text/csv"] = text.clone();
    get["responses"]["200"]["content"]["image/svg+xml"] = text;
    paths.insert(report::PATH.to_owned(), json!({"get": get}));

    let linked = ENTITIES.map(|(_, name, target)| (name.to_owned(), linked_schema(target)));
    let row = json!({
        "type": "object",
        "required": ["id", "type", "attributes", "relationships"],
        "properties": {
            "id": {"type": "string", "description": "The keys in the order asked: `2025-07.17`."},
            "type": {"const": report_row::NAME},
            "attributes": shown_attributes(&resource),
            "relationships": {
                "type": "object",
                "description": "Those that are grouped by.",
                "properties": Map::from_iter(linked),
                "additionalProperties": false,
            },
        },
        "additionalProperties": false,
    });
    schemas.insert(report_row::NAME.to_owned(), row);
    let rows = json!({"type": "array", "items": reference(report_row::NAME)});
    schemas.insert(page, document(rows, "page_links", "report_meta"));
    schemas.insert("report_meta".to_owned(), meta_schema());
}

/// What other lists do not take.
fn own_parameters() -> Vec<Value> {
    let words: Vec<&str> = Group::words().collect();
    let dates: Vec<&str> = Group::words().filter(|word| word.starts_with("date:")).collect();
    let groups = json!({
        "type": "array",
        "items": {"enum": words},
        "uniqueItems": true,
        "contains": {"enum": dates},
        "minContains": 0,
        "maxContains": 1,
    });
    let mut parameters = ["group", "groupBy"].map(|name| query(name, &groups)).to_vec();
    parameters[0]["description"] = json!("What makes a row; without it there is one for all.");
    parameters[1]["description"] = json!("Another name of `group`, instead of it.");
    let mut format = query("format", &json!({"enum": ["csv", "svg"]}));
    format["description"] = json!("A table or a chart, whatever `Accept` says; has no pages.");
    parameters.push(format);
    parameters
}

/// Linkage without links: a row has no address.
fn linked_schema(target: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": nullable(identifier(target, json!({"type": "string"}))),
            "meta": {"type": "object", "properties": {"included": {"type": "boolean"}}},
        },
        "additionalProperties": false,
    })
}

/// Of a page: numbers, and sums for each currency.
fn meta_schema() -> Value {
    let count = json!({"type": "integer", "format": "int64"});
    let figures = report_row::resource().attributes.into_iter();
    let sums = figures.filter(|it| matches!(it.kind, Kind::Integer)).map(|it| it.name);
    let mut members: Map<String, Value> =
        sums.map(|name| (name.to_owned(), count.clone())).collect();
    members.insert("currency".to_owned(), json!({"type": "string"}));
    let names: Vec<&String> = members.keys().collect();
    let total = json!({
        "type": "object",
        "required": names,
        "properties": &members,
        "additionalProperties": false,
    });
    let mut meta: Map<String, Value> =
        ["current_page", "total_pages", "total_count", "page_size", "max_page_size"]
            .map(|name| (name.to_owned(), count.clone()))
            .into_iter()
            .collect();
    let description = "The sums of all pages, for each currency.";
    let totals = json!({"type": "array", "items": total, "description": description});
    meta.insert("totals".to_owned(), totals);
    let names: Vec<&String> = meta.keys().collect();
    json!({"type": "object", "required": names, "properties": &meta})
}
