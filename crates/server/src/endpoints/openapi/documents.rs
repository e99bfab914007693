//! The schemas of documents that all types share, of errors, and of atomic operations. Not here:
//! the schemas of each type (`schemas`).

use apportion_jsonapi::resource::{Registry, ResourceType};
use apportion_jsonapi::{Code, operations};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::schemas::{id_schema, taken_linkage, verbs, written_resource};
use super::shapes::{array, document, integer, nullable, object, optional, reference, text};
use crate::revenue::report_row;

/// Returns the schemas that all types share, by name.
pub(super) fn common_schemas(registry: &Registry<Field>) -> Map<String, Value> {
    let included = registry.types().iter().filter(|it| it.name != report_row::NAME);
    let included: Vec<Value> = included.map(|it| reference(it.name)).collect();
    let linkage = array(reference("identifier"));
    let identifier = json!({"type": text(), "id": text(), "meta": reference("item_meta")});
    let schemas = [
        ("error_document", error_document()),
        ("included", json!({"anyOf": included})),
        ("jsonapi", jsonapi_member()),
        ("links", links()),
        ("page_links", page_links()),
        ("meta", json!({"type": "object"})),
        ("page_meta", page_meta()),
        ("item_meta", item_meta()),
        ("identifier", object(&["type", "id"], identifier)),
        ("linkage_document", document(nullable(reference("identifier")), "links", "meta")),
        ("linkage_page", document(linkage, "page_links", "page_meta")),
        ("operations", operations_schema(registry)),
        ("operations_results", results_schema()),
    ];
    schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn jsonapi_member() -> Value {
    let (extensions, profiles) = (array(text()), array(text()));
    let version = json!({"const": "1.1"});
    let members = json!({"version": version, "ext": extensions, "profile": profiles});
    object(&["version"], members)
}

fn links() -> Value {
    let links = json!({"self": text(), "related": text(), "describedby": text()});
    object(&["self", "describedby"], links)
}

/// Returns the schema of the links of a page. `self` is an object if a profile made the page.
fn page_links() -> Value {
    let own = object(&["href"], json!({"href": text(), "type": text()}));
    object(
        &["self", "first", "prev", "next", "describedby"],
        json!({
            "self": {"anyOf": [text(), own]},
            "first": text(),
            "last": text(),
            "prev": nullable(text()),
            "next": nullable(text()),
            "related": text(),
            "describedby": text(),
        }),
    )
}

fn page_meta() -> Value {
    let mut meta = object(
        &["page_size", "max_page_size"],
        json!({
            "current_page": integer(),
            "total_pages": integer(),
            "total_count": integer(),
            "page_size": integer(),
            "max_page_size": integer(),
        }),
    );
    meta["description"] = json!("A page by cursor has no page number and no totals.");
    meta
}

fn item_meta() -> Value {
    let mut meta = optional(json!({"page": optional(json!({"cursor": text()}))}));
    meta["description"] = json!("The cursor of an item, in a page by cursor.");
    meta
}

fn error_document() -> Value {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let page = optional(json!({"maxSize": {"type": "integer"}}));
    let error = object(
        &["id", "status", "code", "title", "detail"],
        json!({
            "id": text(),
            "status": {"type": "string", "pattern": "^[45][0-9]{2}$"},
            "code": {"type": "string", "enum": codes},
            "title": text(),
            "detail": text(),
            "source": optional(json!({"pointer": text(), "parameter": text(), "header": text()})),
            "links": optional(json!({"type": text()})),
            "meta": optional(json!({"page": page})),
        }),
    );
    let mut errors = array(error);
    errors["minItems"] = json!(1);
    object(&["errors"], json!({"errors": errors, "jsonapi": reference("jsonapi")}))
}

/// Returns the schema of a document of operations: each verb on each writable type and
/// relationship.
fn operations_schema(registry: &Registry<Field>) -> Value {
    let writable = registry.types().iter().filter(|it| it.writable);
    let items: Vec<Value> = writable.flat_map(operations_on).collect();
    json!({
        "type": "object",
        "description": "An operation may name its target by `href` instead of `ref`. A local id \
                        (`lid`) that an earlier operation added may be used instead of an id.",
        "required": ["atomic:operations"],
        "properties": {"atomic:operations": {
            "type": "array",
            "minItems": 1,
            "maxItems": operations::MAX_OPERATIONS,
            "items": {"anyOf": items},
        }},
    })
}

/// Returns the schemas of all operations on a type and its relationships.
fn operations_on(resource: &ResourceType<Field>) -> Vec<Value> {
    let operation = |verb: &str, needed: &[&str], members: Value| {
        let needed: Vec<&str> = std::iter::once("op").chain(needed.iter().copied()).collect();
        let mut properties = members;
        properties["op"] = json!({"const": verb});
        object(&needed, properties)
    };
    let mut added = written_resource(resource, true);
    added["properties"]["lid"] = text();
    let added = operation("add", &["data"], json!({"data": added}));
    if resource.append_only {
        return vec![added];
    }
    let (kind, id) = (json!({"const": resource.name}), id_schema());
    let mut changed = written_resource(resource, false);
    changed["required"] = json!(["type", "id"]);
    changed["properties"]["id"] = id.clone();
    let row = object(&["type", "id"], json!({"type": kind, "id": id, "relationship": false}));
    let mut all = vec![
        added,
        operation("update", &["data"], json!({"data": changed})),
        operation("remove", &["ref"], json!({"ref": row})),
    ];
    for relationship in resource.relationships.iter().filter(|it| it.writable) {
        let mut end = row.clone();
        end["required"] = json!(["type", "id", "relationship"]);
        end["properties"]["relationship"] = json!({"const": relationship.name});
        let data = json!({"ref": end, "data": taken_linkage(relationship)});
        for verb in verbs(relationship) {
            all.push(operation(verb, &["ref", "data"], data.clone()));
        }
    }
    all
}

fn results_schema() -> Value {
    let result = json!({
        "type": "object",
        "properties": {"data": reference("included")},
        "additionalProperties": false,
    });
    object(
        &["atomic:results", "jsonapi"],
        json!({"atomic:results": array(result), "jsonapi": reference("jsonapi")}),
    )
}
