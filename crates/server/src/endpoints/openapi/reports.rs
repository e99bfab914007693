//! The description of reports: their address, its parameters, and its rows, which have no address
//! and whose relationships have no links. The forms of a report are those of
//! `endpoints::report::format`.

use apportion_core::report::Group;
use apportion_jsonapi::Kind;
use apportion_jsonapi::resource::Registry;
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::operation::query;
use super::parameters::{dialect_parameters, numbered_parameters, shape_parameters};
use super::paths::read;
use super::schemas::{identifier, included_meta, shown_attributes};
use super::shapes::{array, document, integer, nullable, reference, text};
use crate::endpoints::report;
use crate::endpoints::report::format::Format;
use crate::revenue::report_row::{self, ENTITIES};

/// Describes the address of reports, and the schemas of what it answers.
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
    let mut get = read("report_financial_items", parameters, &page);
    get["summary"] = json!("Revenue, summed by groups");
    for media_type in Format::media_types() {
        get["responses"]["200"]["content"][media_type] = json!({"schema": text()});
    }
    paths.insert(report::PATH.to_owned(), json!({"get": get}));

    let linked = ENTITIES.map(|entity| (entity.name.to_owned(), linked_schema(entity.target)));
    let row = json!({
        "type": "object",
        "required": ["id", "type", "attributes", "relationships"],
        "properties": {
            "id": {
                "type": "string",
                "description": "The keys in the order of `group`, such as `2025-07.17`.",
            },
            "type": {"const": report_row::NAME},
            "attributes": shown_attributes(&resource),
            "relationships": {
                "type": "object",
                "description": "The entities that the report is grouped by.",
                "properties": Map::from_iter(linked),
                "additionalProperties": false,
            },
        },
        "additionalProperties": false,
    });
    schemas.insert(report_row::NAME.to_owned(), row);
    let rows = array(reference(report_row::NAME));
    schemas.insert(page, document(rows, "page_links", "report_meta"));
    schemas.insert("report_meta".to_owned(), meta_schema());
}

/// Describes the parameters that other lists do not take.
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
    let mut group = query("group", &groups);
    group["description"] = json!("The groups that rows are made by; without any there is one row.");
    let mut group_by = query("groupBy", &groups);
    group_by["description"] = json!("The same as `group`; give one of them.");
    let mut format = query("format", &json!({"enum": Format::words()}));
    format["description"] =
        json!("Asks for a table or a chart of all rows, without pages, whatever `Accept` says.");
    [group, group_by, format].into_iter().chain(dialect_parameters()).collect()
}

/// Returns the schema of a relationship of a row, which has no links because a row has no address.
fn linked_schema(target: &str) -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": nullable(identifier(target, text())),
            "meta": included_meta(),
        },
        "additionalProperties": false,
    })
}

/// Returns the schema of the meta of a page: its numbers, and totals for each currency.
fn meta_schema() -> Value {
    let attributes = report_row::resource().attributes.into_iter();
    let sums = attributes.filter(|it| matches!(it.kind, Kind::Integer)).map(|it| it.name);
    let mut members: Map<String, Value> = sums.map(|name| (name.to_owned(), integer())).collect();
    members.insert("currency".to_owned(), text());
    let names: Vec<&String> = members.keys().collect();
    let total = json!({
        "type": "object",
        "required": names,
        "properties": &members,
        "additionalProperties": false,
    });
    let mut totals = array(total);
    totals["description"] = json!("The sums of all pages, for each currency.");
    let numbers = ["current_page", "total_pages", "total_count", "page_size", "max_page_size"];
    let numbers = numbers.map(|name| (name.to_owned(), integer()));
    let totals = ("totals".to_owned(), totals);
    let meta: Map<String, Value> = numbers.into_iter().chain([totals]).collect();
    let names: Vec<&String> = meta.keys().collect();
    json!({"type": "object", "required": names, "properties": &meta})
}
