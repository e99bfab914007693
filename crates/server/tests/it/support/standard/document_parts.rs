//! The parts of a document that rules are about: its resources, its identifiers, its links. Not
//! here: where documents come from (`every_answer`).

use serde_json::Value;

/// Every resource object of a document: primary data, what is included, results of operations.
pub fn resources(document: &Value) -> Vec<&Value> {
    let results = document["atomic:results"].as_array();
    let results = results.into_iter().flatten().map(|result| &result["data"]);
    let all = several(&document["data"]).into_iter().chain(several(&document["included"]));
    all.chain(results).filter(|data| data.get("attributes").is_some()).collect()
}

/// Every identifier of a document: linkage of its resources, or its primary data.
pub fn identifiers(document: &Value) -> Vec<&Value> {
    let own = several(&document["data"]).into_iter();
    let own = own.filter(|data| data.get("attributes").is_none());
    let linked = resources(document).into_iter().flat_map(|resource| {
        let relationships = resource["relationships"].as_object().unwrap();
        relationships.values().flat_map(|relationship| several(&relationship["data"]))
    });
    own.chain(linked).collect()
}

/// What stands alone or in an array; nothing for null.
pub fn several(data: &Value) -> Vec<&Value> {
    match data {
        Value::Array(many) => many.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Where a link leads, whether it is a string or an object.
pub fn href(link: &Value) -> Option<&str> {
    link.as_str().or_else(|| link["href"].as_str())
}

/// The value of every member of that name, anywhere outside attributes.
pub fn members<'v>(value: &'v Value, name: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| members(item, name, found)),
        Value::Object(all) => {
            for (member, value) in all.iter().filter(|(member, _)| *member != "attributes") {
                if member == name {
                    found.push(value);
                }
                members(value, name, found);
            }
        }
        _ => {}
    }
}
