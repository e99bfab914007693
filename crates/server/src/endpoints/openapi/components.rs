//! Parameters that several operations take, described once. Many addresses lead to lists of the
//! same type, and each list takes more than a hundred parameters.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

/// Moves parameters that occur more than once below `paths` to components, which it returns by key,
/// and leaves references to them.
pub(super) fn share(paths: &mut Map<String, Value>) -> Map<String, Value> {
    let mut uses: HashMap<String, usize> = HashMap::new();
    for parameter in parameters_of(paths) {
        let uses = uses.entry(parameter.to_string()).or_default();
        *uses = uses.saturating_add(1);
    }
    let (mut components, mut keys) = (Map::new(), HashMap::new());
    for parameter in parameters_of(paths) {
        let text = parameter.to_string();
        if parameter["name"].is_null() || uses.get(&text).is_none_or(|uses| *uses < 2) {
            continue;
        }
        let key = keys.entry(text).or_insert_with(|| {
            let key = free_key(parameter["name"].as_str().unwrap_or_default(), &components);
            components.insert(key.clone(), parameter.clone());
            key
        });
        *parameter = json!({"$ref": format!("#/components/parameters/{key}")});
    }
    components
}

/// Iterates over every parameter of every operation.
fn parameters_of(paths: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let parameters = operations.filter_map(|operation| operation.get_mut("parameters"));
    parameters.filter_map(Value::as_array_mut).flatten()
}

/// Returns a free key made from the parameter's name, with a number appended if another parameter
/// has the same name.
fn free_key(name: &str, taken: &Map<String, Value>) -> String {
    let words = name.split(['[', ']']).filter(|word| !word.is_empty());
    let plain = words.collect::<Vec<_>>().join(".").replace('$', "");
    let numbered = (2_u32..).map(|number| format!("{plain}-{number}"));
    let mut keys = std::iter::once(plain.clone()).chain(numbered);
    keys.find(|key| !taken.contains_key(key)).unwrap_or(plain)
}
