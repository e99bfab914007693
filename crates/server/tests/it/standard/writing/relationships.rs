//! J83 and J87: writing relationships at their own addresses. Not here: the effects of a move
//! (`writing::relationships`).

use apportion_jsonapi::Cardinality;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::written;

apportion_testing::cases! {
    j83_a_relationship_to_one_takes_an_identifier_or_null,
    j87_a_relationship_answers_with_its_linkage_or_is_refused,
}

/// Returns every relationship to one of the first row of every writable type: its address, its
/// target, and whether it is writable and required.
#[track_caller]
fn to_one(sample: &Sample) -> Vec<(String, &'static str, bool, bool)> {
    let of = written(&sample.world).into_iter().flat_map(|(kind, row)| {
        let one = kind.relationships.iter().filter(|it| it.cardinality == Cardinality::One);
        one.map(move |it| {
            (format!("{row}/relationships/{}", it.name), it.target, it.is_changeable(), it.required)
        })
    });
    of.collect()
}

fn j83_a_relationship_to_one_takes_an_identifier_or_null(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let mut walked = 0;
    for (path, target, _, required) in to_one(&sample).into_iter().filter(|(_, _, it, _)| *it) {
        let stored = world.get(&path).expect(200).json()["data"].clone();
        for data in [json!([]), json!([stored]), json!("1"), json!(1), json!(true)] {
            let body = json!({"data": data}).to_string();
            refused(world, ("PATCH", &path), body, 400, &["400 /data"]);
        }
        refused(world, ("PATCH", &path), "{}", 400, &["400 /data"]);
        refused(world, ("PATCH", &path), "[]", 400, &["400 /data"]);
        let typed = json!({"data": {"type": target}}).to_string();
        refused(world, ("PATCH", &path), typed, 400, &["400 /data/id"]);
        let nothing = json!({"data": null});
        if required {
            refused(world, ("PATCH", &path), nothing.to_string(), 422, &["422 /data"]);
        } else {
            world.patch(&path, &nothing).expect(200);
            assert_eq!(world.get(&path).expect(200).json()["data"], Value::Null);
        }
        let others = world.get(&format!("/{target}?sort=-id&page[size]=1")).expect(200).json();
        let other = json!({"type": target, "id": others["data"][0]["id"]});
        world.patch(&path, &json!({"data": other})).expect(200);
        assert_eq!(world.get(&path).expect(200).json()["data"], other, "{path}");
        walked += 1;
    }
    assert!(walked > 0);
}

/// A method that a relationship to one never takes is a 405, and a wrong type is a 422 (wire
/// conventions).
fn j87_a_relationship_answers_with_its_linkage_or_is_refused(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let stranger = |kind: &str| json!({"data": {"type": kind, "id": "2"}});
    for (path, target, writable, _) in to_one(&sample) {
        let linkage = world.get(&path).expect(200).json()["data"].clone();
        let body = json!({"data": linkage});
        if !writable {
            refused(world, ("PATCH", &path), body.to_string(), 403, &["403"]);
        } else {
            let answer = world.patch(&path, &body).expect(200).json();
            assert_eq!(answer, world.get(&path).expect(200).json(), "{path}");
            assert_eq!(answer["data"], linkage, "{path}");
            let others = ["organizations", "people", "deals", "nothing"];
            for other in others.into_iter().filter(|other| *other != target) {
                let body = stranger(other).to_string();
                refused(world, ("PATCH", &path), body, 422, &["422 /data"]);
            }
            let missing = json!({"data": {"type": target, "id": "987654321"}}).to_string();
            refused(world, ("PATCH", &path), missing, 404, &["404 /data"]);
        }
        for method in ["POST", "DELETE"] {
            refused(world, (method, &path), body.to_string(), 405, &["405"]);
        }
    }
    for (kind, row) in written(world) {
        let lists = kind.relationships.iter().filter(|it| it.cardinality == Cardinality::Many);
        for list in lists.filter(|list| !list.writable) {
            let path = format!("{row}/relationships/{}", list.name);
            for method in ["PATCH", "POST", "DELETE"] {
                refused(world, (method, &path), r#"{"data": []}"#, 403, &["403"]);
            }
        }
    }
}
