//! The parts of a document that rules are about: its resources, its identifiers, its links. Not
//! here: the documents (`every_answer`).

use serde_json::Value;

/// Returns every resource object of a document: primary data, included resources, results of
/// operations.
pub fn resources(document: &Value) -> Vec<&Value> {
    let results = document["atomic:results"].as_array();
    let results = results.into_iter().flatten().map(|result| &result["data"]);
    let all = several(&document["data"]).into_iter().chain(several(&document["included"]));
    all.chain(results).filter(|data| data.get("attributes").is_some()).collect()
}

/// Returns every identifier of a document: linkage of its resources, or its primary data.
pub fn identifiers(document: &Value) -> Vec<&Value> {
    let own = several(&document["data"]).into_iter();
    let own = own.filter(|data| data.get("attributes").is_none());
    let linked = resources(document).into_iter().flat_map(|resource| {
        let relationships = resource["relationships"].as_object().unwrap();
        relationships.values().flat_map(|relationship| several(&relationship["data"]))
    });
    own.chain(linked).collect()
}

/// Returns the values in an array, or the one that stands alone; nothing for null.
pub fn several(data: &Value) -> Vec<&Value> {
    match data {
        Value::Array(many) => many.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Returns the address of a link, whether that is a string or an object.
pub fn href(link: &Value) -> Option<&str> {
    link.as_str().or_else(|| link["href"].as_str())
}

/// Adds to `found` the value of every member of that name, anywhere outside attributes.
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
