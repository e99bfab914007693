//! J31 to J36: relationship objects, their links and their linkage. Not here: writing them
//! (`relationships`).

use apportion_jsonapi::Cardinality;
use apportion_server::resources::registry;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{addresses, written};
use crate::support::standard::document_parts::{href, identifiers, resources, several};
use crate::support::standard::every_answer::documents;
use crate::support::world::stored_types;

apportion_testing::cases! {
    j31_relationships_have_links_data_or_meta,
    j32_pages_of_a_relationship_are_pages_of_linkage,
    j33_related_links_answer_and_stay,
    j34_a_resource_is_where_its_link_says,
    j35_linkage_is_as_the_cardinality,
    j36_identifiers_have_type_and_id_alone,
}

/// Returns every relationship object of every answer, with its declaration.
#[track_caller]
fn relationships(place: &Place) -> Vec<(Cardinality, Value)> {
    let mut found = Vec::new();
    for (request, document) in documents(place) {
        for resource in resources(document) {
            let (_, kind) = registry().find(resource["type"].as_str().unwrap()).unwrap();
            let shown = resource["relationships"].as_object();
            for (name, object) in shown.unwrap_or_else(|| panic!("{request}: {resource}")) {
                found.push((kind.relationship(name).unwrap().1.cardinality, object.clone()));
            }
        }
    }
    assert!(found.len() > 200, "{}", found.len());
    found
}

/// In requests a relationship object without `data` counts as absent (wire conventions).
fn j31_relationships_have_links_data_or_meta(place: &Place) {
    let sample = Sample::make(place);
    for (_, object) in relationships(place) {
        let members = object.as_object().unwrap_or_else(|| panic!("{object}"));
        let any = ["links", "data", "meta"].iter().any(|name| members.contains_key(*name));
        assert!(any, "{object}");
        let links = object["links"].as_object().unwrap_or_else(|| panic!("{object}"));
        assert!(links.contains_key("self") || links.contains_key("related"), "{object}");
    }
    let world = &sample.world;
    for (kind, row) in written(world) {
        for value in [json!(null), json!([]), json!(1)] {
            let body = json!({"data": {"type": kind.name, "relationships": value}}).to_string();
            refused(world, ("PATCH", &row), body, 400, &["400 /data/relationships"]);
        }
        for relationship in &kind.relationships {
            let named = |object: Value| {
                let relationships = json!({relationship.name: object});
                json!({"data": {"type": kind.name, "relationships": relationships}})
            };
            world.patch(&row, &named(json!({"meta": {}}))).expect(200);
            let at = format!("400 /data/relationships/{}", relationship.name);
            refused(world, ("PATCH", &row), named(json!([])).to_string(), 400, &[&at]);
        }
    }
}

fn j32_pages_of_a_relationship_are_pages_of_linkage(place: &Place) {
    let sample = Sample::make(place);
    let path = "/deals/2/relationships/revenue_distributions?page[size]=1";
    let first = sample.world.get(path).expect(200).json();
    let next = href(&first["links"]["next"]).unwrap();
    assert!(next.contains("/deals/2/relationships/revenue_distributions?"), "{next}");
    let second = sample.world.get(next.split_once("/api/v2").unwrap().1).expect(200).json();
    assert_eq!(second["data"], json!([{"type": "revenue_distributions", "id": "3"}]));
    for (_, object) in relationships(place) {
        let links = object["links"].as_object().unwrap();
        assert!(links.keys().all(|name| matches!(name.as_str(), "self" | "related")), "{object}");
    }
}

fn j33_related_links_answer_and_stay(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for address in addresses(world).iter().filter(|address| address.of.is_some()) {
        world.get(&address.path).expect(200);
    }
    let empty = world.deal("Bare", 1);
    let related = |row: &str, name: &str| {
        let shown = world.get(row).expect(200).json();
        let links = &shown["data"]["relationships"][name]["links"];
        links["related"].as_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned()
    };
    let row = format!("/deals/{empty}");
    let many = related(&row, "revenue_distributions");
    assert_eq!(world.get(&many).expect(200).json()["data"], json!([]));
    assert_eq!(world.get(&related(&row, "creator")).expect(200).json()["data"], json!(null));
    world.spread(&empty, "2025-01-01", "2025-01-01", "1");
    assert_eq!(related(&row, "revenue_distributions"), many);
    let before = related("/revenue_distributions/3", "deal");
    let linkage = json!({"data": {"type": "deals", "id": empty}});
    world.patch("/revenue_distributions/3/relationships/deal", &linkage).expect(200);
    assert_eq!(related("/revenue_distributions/3", "deal"), before);
    assert_eq!(world.get(&before).expect(200).json()["data"]["id"], json!(empty));
}

/// Checks every row of every type, as its list shows it.
fn j34_a_resource_is_where_its_link_says(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let list = sample.world.get(&format!("/{}?page[size]=200", kind.name)).expect(200).json();
        for row in several(&list["data"]) {
            let own = href(&row["links"]["self"]).unwrap().strip_prefix("/api/v2").unwrap();
            assert_eq!(sample.world.get(own).expect(200).json()["data"], *row, "{own}");
        }
    }
}

fn j35_linkage_is_as_the_cardinality(place: &Place) {
    let sample = Sample::make(place);
    let (mut null, mut one, mut many, mut absent) = (0, 0, 0, 0);
    for (cardinality, object) in relationships(place) {
        match (cardinality, object.get("data")) {
            (Cardinality::One, Some(Value::Null)) => null += 1,
            (Cardinality::One, Some(Value::Object(_))) => one += 1,
            (Cardinality::Many, Some(Value::Array(_))) => many += 1,
            (Cardinality::Many, None) => absent += 1,
            _ => panic!("{object}"),
        }
    }
    assert!(null > 0 && one > 0 && many > 0 && absent > 0, "{null} {one} {many} {absent}");
    let bare = sample.world.deal("Bare", 1);
    let path = format!("/deals/{bare}?include=revenue_distributions");
    let shown = sample.world.get(&path).expect(200).json();
    let linkage = &shown["data"]["relationships"]["revenue_distributions"]["data"];
    assert_eq!(*linkage, json!([]));
    for (request, document) in documents(place) {
        if request.contains("/relationships/") {
            let data = &document["data"];
            let fits = data.is_array() || data.is_null() || data.is_object();
            assert!(fits && data.get("attributes").is_none(), "{request}: {data}");
        }
    }
}

fn j36_identifiers_have_type_and_id_alone(place: &Place) {
    let sample = Sample::make(place);
    let mut seen = 0;
    for (request, document) in documents(place) {
        for identifier in identifiers(document) {
            let members = identifier.as_object().unwrap_or_else(|| panic!("{request}"));
            assert!(members["type"].is_string() && members["id"].is_string(), "{request}");
            let known = |name: &String| matches!(name.as_str(), "type" | "id" | "meta");
            assert!(members.keys().all(known), "{request}: {identifier}");
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
    let path = "/revenue_distributions/3/relationships/deal";
    let body = |data: Value| json!({"data": data}).to_string();
    for (data, at) in [
        (json!({"id": "2"}), "400 /data/type"),
        (json!({"type": "deals"}), "400 /data/id"),
        (json!({"type": "deals", "id": 2}), "400 /data/id"),
        (json!({"type": 2, "id": "2"}), "400 /data/type"),
    ] {
        refused(&sample.world, ("PATCH", path), body(data), 400, &[at]);
    }
    let with_meta = json!({"data": {"type": "deals", "id": "2", "meta": {"a": 1}}});
    sample.world.patch(path, &with_meta).expect(200);
}
