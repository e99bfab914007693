//! The resources that a document includes, and whether it has full linkage.

use std::collections::BTreeSet;

use serde_json::Value;

pub type Identities = BTreeSet<(String, String)>;

/// Returns the resources that a document includes, if each stands there once and is reached from
/// primary data by linkage.
pub fn linked(document: &Value) -> Result<Identities, String> {
    let primary = match &document["data"] {
        Value::Array(rows) => rows.clone(),
        Value::Null => Vec::new(),
        row => vec![row.clone()],
    };
    let included = document["included"].as_array().ok_or("nothing is included")?;
    let (mut known, mut reached) = (Identities::new(), Identities::new());
    for row in primary.iter().chain(included) {
        if !known.insert(identity(row)) {
            return Err(format!("{:?} stands there twice", identity(row)));
        }
    }
    let mut ahead: Vec<&Value> = primary.iter().collect();
    reached.extend(primary.iter().map(identity));
    while let Some(row) = ahead.pop() {
        for relationship in row["relationships"].as_object().unwrap().values() {
            let linkage = match &relationship["data"] {
                Value::Array(many) => many.clone(),
                Value::Null => continue,
                one => vec![one.clone()],
            };
            let followed = relationship.get("meta").is_none();
            for identifier in linkage {
                let identity_there = identity(&identifier);
                if followed && !known.contains(&identity_there) {
                    return Err(format!("{identity_there:?} is linked and missing"));
                }
                if reached.insert(identity_there.clone()) {
                    ahead.extend(included.iter().find(|row| identity(row) == identity_there));
                }
            }
        }
    }
    let included: Identities = included.iter().map(identity).collect();
    match included.iter().find(|identity| !reached.contains(identity)) {
        Some(lost) => Err(format!("{lost:?} cannot be reached")),
        None => Ok(included),
    }
}

/// Returns type and id of a resource.
pub fn identity(row: &Value) -> (String, String) {
    (row["type"].as_str().unwrap().to_owned(), row["id"].as_str().unwrap().to_owned())
}
