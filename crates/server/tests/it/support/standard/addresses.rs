//! Every address of every declared type, and requests that follow from the declarations.

use apportion_jsonapi::{Cardinality, Relationship, ResourceType};
use apportion_server::store::Field;
use apportion_testing::rounds;
use serde_json::{Value, json};

use crate::support::world::{World, stored_types};

/// The number of rows of each type whose addresses a whole run covers.
const ROWS: usize = 2;

/// The kind of primary data at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Collection,
    Resource,
    RelatedOne,
    RelatedMany,
    LinkageOne,
    LinkageMany,
}

/// An address that takes GET.
pub struct Address {
    pub path: String,
    pub shows: Shows,
    /// The type of its primary data.
    pub kind: &'static ResourceType<Field>,
    /// The relationship and the address of the resource that it belongs to.
    pub of: Option<(&'static Relationship<Field>, String)>,
}

impl Address {
    /// Returns whether primary data are many.
    pub fn is_many(&self) -> bool {
        matches!(self.shows, Shows::Collection | Shows::RelatedMany | Shows::LinkageMany)
    }

    /// Returns whether primary data are resources and not identifiers.
    pub fn has_resources(&self) -> bool {
        !matches!(self.shows, Shows::LinkageOne | Shows::LinkageMany)
    }
}

/// Returns every address of every type: its collection, its first rows, and all their
/// relationships. Some of the sample's rows are related to nothing.
#[track_caller]
pub fn addresses(world: &World) -> Vec<Address> {
    let mut found = Vec::new();
    for kind in stored_types() {
        let list = format!("/{}", kind.name);
        let rows = rounds(ROWS);
        let rows = world.get(&format!("{list}?page[size]={rows}")).expect(200).json();
        let rows = rows["data"].as_array().unwrap();
        assert!(!rows.is_empty(), "the sample has no {}", kind.name);
        for row in rows {
            let row = format!("{list}/{}", row["id"].as_str().unwrap());
            for relationship in &kind.relationships {
                let target = stored_types().find(|it| it.name == relationship.target).unwrap();
                let name = relationship.name;
                let (related, linkage) = match relationship.cardinality {
                    Cardinality::One => (Shows::RelatedOne, Shows::LinkageOne),
                    Cardinality::Many => (Shows::RelatedMany, Shows::LinkageMany),
                };
                let ways = [("", related), ("relationships/", linkage)];
                found.extend(ways.map(|(way, shows)| Address {
                    path: format!("{row}/{way}{name}"),
                    shows,
                    kind: target,
                    of: Some((relationship, row.clone())),
                }));
            }
            found.push(Address { path: row, shows: Shows::Resource, kind, of: None });
        }
        found.push(Address { path: list, shows: Shows::Collection, kind, of: None });
    }
    found
}

/// Returns an `include=` with every relationship of the type, if it has any.
pub fn include_all(kind: &ResourceType<Field>) -> Option<String> {
    let names: Vec<&str> = kind.relationships.iter().map(|it| it.name).collect();
    (!names.is_empty()).then(|| format!("include={}", names.join(",")))
}

/// Returns every path over relationships of a type, of one step or two.
pub fn include_paths(kind: &ResourceType<Field>) -> Vec<String> {
    let mut paths = Vec::new();
    for first in &kind.relationships {
        paths.push(first.name.to_owned());
        let next = stored_types().find(|it| it.name == first.target).unwrap();
        paths.extend(next.relationships.iter().map(|it| format!("{}.{}", first.name, it.name)));
    }
    paths
}

/// Returns a document that makes another row like the first of a type.
#[track_caller]
pub fn another(world: &World, kind: &ResourceType<Field>) -> Value {
    let rows = world.get(&format!("/{}?page[size]=1", kind.name)).expect(200).json();
    let (mut attributes, mut relationships) = (json!({}), json!({}));
    for attribute in kind.attributes.iter().filter(|it| it.writable) {
        attributes[attribute.name] = rows["data"][0]["attributes"][attribute.name].clone();
    }
    for relationship in kind.relationships.iter().filter(|it| it.writable) {
        let linkage = &rows["data"][0]["relationships"][relationship.name]["data"];
        if relationship.cardinality == Cardinality::Many {
            continue;
        }
        relationships[relationship.name] = json!({"data": linkage});
    }
    let data = json!({"type": kind.name, "attributes": attributes, "relationships": relationships});
    json!({"data": data})
}

/// Returns linkage from a relationship to one row.
pub fn linkage_to(relationship: &Relationship<Field>, id: &str) -> Value {
    let identifier = json!({"type": relationship.target, "id": id});
    match relationship.cardinality {
        Cardinality::One => json!({"data": identifier}),
        Cardinality::Many => json!({"data": [identifier]}),
    }
}

/// Returns the types whose rows clients can change, with the address of their first row.
#[track_caller]
pub fn written(world: &World) -> Vec<(&'static ResourceType<Field>, String)> {
    let written = stored_types().filter(|kind| kind.is_changeable());
    let first = |kind: &'static ResourceType<Field>| {
        let rows = world.get(&format!("/{}?page[size]=1", kind.name)).expect(200).json();
        (kind, format!("/{}/{}", kind.name, rows["data"][0]["id"].as_str().unwrap()))
    };
    written.map(first).collect()
}
