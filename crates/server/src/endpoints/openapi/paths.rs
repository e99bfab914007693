//! The addresses of JSON:API and their operations: those of each type, of previews, and of atomic
//! operations. Not here: reports (`reports`), and addresses that answer plain JSON (`plain`).

use apportion_jsonapi::media::MEDIA_TYPE;
use apportion_jsonapi::operations::EXTENSION;
use apportion_jsonapi::resource::{Cardinality, Registry, Relationship, ResourceType};
use apportion_store::Field;
use serde_json::{Map, Value, json};

use super::operation::{body, empty_responses, operation, responses};
use super::parameters::{
    linkage_parameters, list_parameters, narrowing_parameters, shape_parameters,
};
use super::schemas::{resource_schema, taken_linkage, verbs};
use super::shapes::{document, object, reference, text};
use crate::catalog::ROOT;
use crate::endpoints::list_table;
use crate::endpoints::operations;
use crate::endpoints::preview;
use crate::payouts::preview_types;

/// Describes the list and the rows of a type, and what its rows are related to.
pub(super) fn describe_type(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
    paths: &mut Map<String, Value>,
) {
    let name = resource.name;
    let mut list = json!({"get": read(
        &format!("list_{name}"),
        list_parameters(registry, resource),
        &format!("{name}_page"),
    )});
    let mut one = json!({"parameters": id_parameter(resource), "get": read(
        &format!("get_{name}"),
        shape_parameters(registry, resource),
        &format!("{name}_document"),
    )});
    list["get"]["responses"]["200"]["content"][list_table::ACCEPTED] = json!({"schema": text()});
    if resource.restricted {
        for get in [&mut list["get"], &mut one["get"]] {
            get["description"] = json!("Needs a token with the scope `admin`.");
        }
    }
    if resource.writable {
        list["post"] = write("create", name, shape_parameters(registry, resource), 201);
    }
    if resource.is_changeable() {
        one["patch"] = write("update", name, shape_parameters(registry, resource), 200);
        one["delete"] = operation(&format!("delete_{name}"), Vec::new(), empty_responses());
    }
    let collection = format!("{ROOT}/{name}");
    let row = format!("{collection}/{{id}}");
    paths.insert(collection, list);
    for relationship in &resource.relationships {
        let Some((_, target)) = registry.find(relationship.target) else { continue };
        let related = related_path(registry, resource, relationship, target);
        let linkage = linkage_path(registry, resource, relationship, target);
        paths.insert(format!("{row}/{}", relationship.name), related);
        paths.insert(format!("{row}/relationships/{}", relationship.name), linkage);
    }
    paths.insert(row, one);
}

/// Describes the address of the resources that a relationship leads to.
fn related_path(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
    relationship: &Relationship<Field>,
    target: &ResourceType<Field>,
) -> Value {
    let (parameters, schema) = match relationship.cardinality {
        Cardinality::Many => (list_parameters(registry, target), format!("{}_page", target.name)),
        Cardinality::One => {
            let schema = format!("{}_or_null_document", target.name);
            (shape_parameters(registry, target), schema)
        }
    };
    let id = format!("get_{}_{}", resource.name, relationship.name);
    let mut get = read(&id, parameters, &schema);
    if relationship.cardinality == Cardinality::Many {
        get["responses"]["200"]["content"][list_table::ACCEPTED] = json!({"schema": text()});
    }
    json!({"parameters": id_parameter(resource), "get": get})
}

/// Describes the address of the linkage of a relationship.
fn linkage_path(
    registry: &Registry<Field>,
    resource: &ResourceType<Field>,
    relationship: &Relationship<Field>,
    target: &ResourceType<Field>,
) -> Value {
    let (mut parameters, schema) = match relationship.cardinality {
        Cardinality::Many => (narrowing_parameters(target), "linkage_page"),
        Cardinality::One => (Vec::new(), "linkage_document"),
    };
    parameters.extend(linkage_parameters(registry, relationship));
    let suffix = format!("{}_{}_linkage", resource.name, relationship.name);
    let get = read(&format!("get_{suffix}"), parameters.clone(), schema);
    let mut path = json!({"parameters": id_parameter(resource), "get": get});
    if resource.is_changeable() && relationship.is_changeable() {
        for verb in verbs(relationship) {
            let method = match *verb {
                "add" => "post",
                "remove" => "delete",
                _ => "patch",
            };
            let mut change = read(&format!("{verb}_{suffix}"), parameters.clone(), schema);
            let data = json!({"data": taken_linkage(relationship)});
            change["requestBody"] = body(object(&["data"], data));
            path[method] = change;
        }
    }
    path
}

/// Describes the id in an address. The ids of computed rows are texts of their own form.
fn id_parameter(resource: &ResourceType<Field>) -> Value {
    if resource.ids.decimal {
        return json!([{"$ref": "#/components/parameters/id"}]);
    }
    json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}])
}

/// Describes an operation without a body that is answered with 200.
pub(super) fn read(id: &str, parameters: Vec<Value>, schema: &str) -> Value {
    operation(id, parameters, responses(200, schema))
}

/// Describes an operation that creates or updates a resource and is answered with it.
fn write(verb: &str, name: &str, parameters: Vec<Value>, status: u16) -> Value {
    let responses = responses(status, &format!("{name}_document"));
    let mut operation = operation(&format!("{verb}_{name}"), parameters, responses);
    operation["requestBody"] = body(reference(&format!("{name}_{verb}")));
    operation
}

/// Describes the address of previews, and the schemas of what it answers.
pub(super) fn describe_preview(
    registry: &Registry<Field>,
    paths: &mut Map<String, Value>,
    schemas: &mut Map<String, Value>,
) {
    let distribution = preview_types::distribution_previews();
    for resource in [&distribution, &preview_types::allocation_previews()] {
        schemas.insert(resource.name.to_owned(), resource_schema(resource));
    }
    let schema = format!("{}_document", distribution.name);
    schemas.insert(schema.clone(), document(reference(distribution.name), "links", "meta"));
    let instant = json!({"type": "string", "format": "date-time"});
    let mut parameters = vec![json!({"name": "filter[at]", "in": "query", "schema": instant})];
    parameters.extend(shape_parameters(registry, &distribution));
    let get = read("preview_distributors", parameters, &schema);
    let path = json!({"parameters": id_parameter(&distribution), "get": get});
    paths.insert(preview::PATH.to_owned(), path);
}

/// Describes the address of atomic operations.
pub(super) fn describe_operations(paths: &mut Map<String, Value>) {
    let mut post = read("operate", Vec::new(), "operations_results");
    let media_type = format!("{MEDIA_TYPE}; ext=\"{EXTENSION}\"");
    post["requestBody"] = json!({
        "required": true,
        "content": {&media_type: {"schema": reference("operations"), "example": example()}},
    });
    post["responses"]["200"]["content"] =
        json!({media_type: {"schema": reference("operations_results")}});
    paths.insert(operations::PATH.to_owned(), json!({"post": post}));
}

/// Returns operations that succeed in any database, since they need no row.
fn example() -> Value {
    let attributes = json!({"first_name": "Ada", "last_name": "Byron"});
    let data = json!({"type": "people", "lid": "new", "attributes": attributes});
    let remove = json!({"op": "remove", "ref": {"type": "people", "lid": "new"}});
    json!({"atomic:operations": [{"op": "add", "data": data}, remove]})
}
