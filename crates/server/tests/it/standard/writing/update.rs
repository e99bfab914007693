//! J77 to J82: PATCH of resources. Not here: the effects of a change (`writing::update`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{add_deal, operate};
use crate::support::refusal::{complaints, refused, rows};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{another, linkage_to, written};
use crate::support::world::stored_types;

apportion_testing::cases! {
    j77_type_and_id_are_those_of_the_url,
    j78_unnamed_members_keep_their_values,
    j79_a_list_that_is_not_the_clients_is_not_replaced,
    j80_a_change_is_200_with_the_resource,
    j81_missing_rows_are_404_and_unchangeable_ones_refused,
    j82_a_request_succeeds_or_fails_as_a_whole,
}

/// Absent ones are taken from the URL (wire conventions).
fn j77_type_and_id_are_those_of_the_url(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, row) in written(world) {
        let own = row.rsplit('/').next().unwrap();
        let attributes = another(world, kind)["data"]["attributes"].clone();
        let patch = |data: Value| {
            let mut data = data;
            data["attributes"] = attributes.clone();
            json!({"data": data})
        };
        for id in ["987654321", "x", "01", ""] {
            let body = patch(json!({"type": kind.name, "id": id})).to_string();
            refused(world, ("PATCH", &row), body, 409, &["409 /data/id"]);
        }
        for name in ["organizations", "Deals", "nothing"] {
            let body = patch(json!({"type": name, "id": own})).to_string();
            refused(world, ("PATCH", &row), body, 409, &["409 /data/type"]);
        }
        for data in [json!({"type": kind.name, "id": own}), json!({"id": own}), json!({})] {
            let changed = world.patch(&row, &patch(data)).expect(200).json();
            assert_eq!(
                (&changed["data"]["type"], &changed["data"]["id"]),
                (&json!(kind.name), &json!(own))
            );
        }
    }
}

/// Returns attributes and relationships, without the instant of the last change.
fn fields(resource: &Value) -> Value {
    let mut fields = json!([resource["attributes"], resource["relationships"]]);
    fields[0].as_object_mut().unwrap().remove("updated_at");
    fields
}

fn j78_unnamed_members_keep_their_values(place: &Place) {
    let sample = Sample::make(place);
    for (kind, row) in written(&sample.world) {
        let before = sample.world.get(&row).expect(200).json()["data"].clone();
        for empty in [json!({}), json!({"attributes": {}}), json!({"relationships": {}})] {
            let after = sample.world.patch(&row, &json!({"data": empty})).expect(200).json();
            assert_eq!(fields(&after["data"]), fields(&before), "{row}");
        }
        for attribute in kind.attributes.iter().filter(|attribute| attribute.writable) {
            let one = json!({attribute.name: before["attributes"][attribute.name]});
            let body = json!({"data": {"attributes": one}});
            let after = sample.world.patch(&row, &body).expect(200).json();
            assert_eq!(fields(&after["data"]), fields(&before), "{row}: {}", attribute.name);
        }
        let shown = sample.world.get(&row).expect(200).json()["data"].clone();
        assert_eq!(fields(&shown), fields(&before), "{row}");
    }
}

/// A read-only member is refused like an impossible value, with 422 in place of 403. It may be sent
/// back unchanged, and without `data` it counts as absent (wire conventions).
fn j79_a_list_that_is_not_the_clients_is_not_replaced(place: &Place) {
    let sample = Sample::make(place);
    let mut walked = 0;
    for (kind, row) in written(&sample.world) {
        for relationship in kind.relationships.iter().filter(|it| !it.writable) {
            let path = format!("{row}/relationships/{}", relationship.name);
            let linkage = sample.world.get(&path).expect(200).json()["data"].clone();
            let body = |object: Value| {
                let relationships = json!({relationship.name: object});
                json!({"data": {"type": kind.name, "relationships": relationships}})
            };
            let stranger = json!({"type": relationship.target, "id": "987654321"});
            let mut others = vec![json!(null), stranger.clone()];
            if linkage.is_array() {
                others = vec![json!([]), json!([stranger])];
            }
            for other in others.into_iter().filter(|other| *other != linkage) {
                let fault = format!("422 /data/relationships/{}", relationship.name);
                let sent = body(json!({"data": other})).to_string();
                refused(&sample.world, ("PATCH", &row), sent, 422, &[&fault]);
                walked += 1;
            }
            sample.world.patch(&row, &body(json!({"data": linkage}))).expect(200);
            sample.world.patch(&row, &body(json!({"links": {}}))).expect(200);
        }
    }
    assert!(walked > 5, "{walked}");
}

fn j80_a_change_is_200_with_the_resource(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, row) in written(world) {
        let answer = world.patch(&row, &another(world, kind)).expect(200).json();
        assert_eq!(answer, world.get(&row).expect(200).json(), "{row}");
    }
    // The server also changes what is left of the deal, and the instant of the change.
    let body = json!({"data": {"attributes": {"value": 200_000}}});
    let changed = world.patch("/deals/2", &body).expect(200).json()["data"].clone();
    let expected = (json!(200_000), json!(151_000), json!(49_000));
    let shown = &changed["attributes"];
    let amounts = ["value", "distributed_amount", "undistributed_amount"];
    let [value, distributed, left] = amounts.map(|name| shown[name].clone());
    assert_eq!((value, distributed, left), expected);
}

/// A read-only type does not take PATCH at all, which is a 405 (wire conventions).
fn j81_missing_rows_are_404_and_unchangeable_ones_refused(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, row) in written(world) {
        let body = another(world, kind).to_string();
        for id in ["987654321", "x", "0"] {
            refused(world, ("PATCH", &format!("/{}/{id}", kind.name)), &body, 404, &["404"]);
        }
        for relationship in kind.relationships.iter().filter(|it| it.writable) {
            let linkage = linkage_to(relationship, "987654321");
            let body = json!({"data": {"relationships": {relationship.name: linkage}}});
            let fault = format!("404 /data/relationships/{}", relationship.name);
            refused(world, ("PATCH", &row), body.to_string(), 404, &[&fault]);
        }
        let body: Value = serde_json::from_str(&body).unwrap();
        world.request_as(&world.reader, "PATCH", &row, Some(&body)).expect(403);
    }
    for kind in stored_types().filter(|kind| !kind.is_changeable()) {
        refused(world, ("PATCH", &format!("/{}/1", kind.name)), "{}", 405, &["405"]);
    }
}

fn j82_a_request_succeeds_or_fails_as_a_whole(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let half = json!({"data": {"type": "deals", "attributes": {"name": "New", "value": "x"}}});
    let faults = ["422 /data/attributes/value"];
    refused(world, ("PATCH", "/deals/2"), half.to_string(), 422, &faults);
    refused(world, ("POST", "/deals"), half.to_string(), 422, &faults);
    // The deal's distributions follow its value. If one of them cannot, nothing changes.
    let last = format!("/deals/{}", sample.deals[9].id);
    let large = json!({"data": {"attributes": {"name": "New", "value": i64::MAX}}});
    let before = rows(world);
    let answer = world.patch(&last, &large).expect(422);
    assert!(!complaints(&answer).is_empty() && rows(world) == before, "{last}");
    let second =
        json!({"op": "update", "data": {"type": "deals", "id": "2", "attributes": {"name": 1}}});
    operate(world, &[add_deal("a"), second]).expect(422);
    assert!(rows(world) == before);
}
