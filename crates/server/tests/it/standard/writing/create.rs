//! J69 to J76: POST on collections. Not here: the defaults and rules of a new row
//! (`writing::create`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::{complaints, refused};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{another, linkage_to, written};
use crate::support::world::{World, stored_types};

apportion_testing::cases! {
    j69_a_document_has_one_resource_with_a_type,
    j70_relationships_have_data,
    j71_ids_of_clients_are_403,
    j72_a_type_of_another_collection_is_409,
    j73_a_new_resource_is_201_and_at_its_location,
    j74_a_missing_related_resource_is_404,
    j75_types_without_post_are_refused,
    j76_a_conflict_is_named,
}

/// Checks that every collection that takes POST refuses the body, for that reason alone.
#[track_caller]
fn each_refuses(world: &World, body: impl Fn(Value) -> Value, status: u16, fault: &str) {
    for (kind, _) in written(world) {
        let sent = body(another(world, kind)["data"].clone()).to_string();
        refused(world, ("POST", &format!("/{}", kind.name)), sent, status, &[fault]);
    }
}

fn j69_a_document_has_one_resource_with_a_type(place: &Place) {
    let sample = Sample::make(place);
    let refuses = |body: fn(Value) -> Value, at: &str| {
        each_refuses(&sample.world, body, 400, &format!("400{at}"));
    };
    refuses(|_| json!({}), " /data");
    refuses(|data| json!({"Data": data}), " /data");
    refuses(|_| json!({"data": null}), " /data");
    refuses(|_| json!({"data": "deals"}), " /data");
    refuses(|_| json!({"data": []}), " /data");
    refuses(|data| json!({"data": [data]}), " /data");
    refuses(|data| json!({"data": [data, data]}), " /data");
    refuses(|data| json!([{"data": data}]), " ");
    refuses(|data| json!({"data": {"attributes": data["attributes"]}}), " /data");
    refuses(|_| json!({"data": {"type": null}}), " /data/type");
}

/// A relationship object without `data` counts as absent (wire conventions), so a required one is
/// reported as missing.
fn j70_relationships_have_data(place: &Place) {
    let sample = Sample::make(place);
    let mut required = 0;
    for (kind, _) in written(&sample.world) {
        for relationship in &kind.relationships {
            let mut body = another(&sample.world, kind);
            body["data"]["relationships"][relationship.name] = json!({"meta": {}});
            let path = format!("/{}", kind.name);
            if relationship.required {
                let fault = format!("422 /data/relationships/{}", relationship.name);
                refused(&sample.world, ("POST", &path), body.to_string(), 422, &[&fault]);
                required += 1;
            } else {
                sample.world.post(&path, &body).expect(201);
            }
        }
    }
    assert!(required > 0);
}

fn j71_ids_of_clients_are_403(place: &Place) {
    let sample = Sample::make(place);
    for id in ["7", "999", "00000000-0000-4000-8000-000000000000", ""] {
        let with_id = |mut data: Value| {
            data["id"] = json!(id);
            json!({"data": data})
        };
        each_refuses(&sample.world, with_id, 403, "403 /data/id");
    }
}

fn j72_a_type_of_another_collection_is_409(place: &Place) {
    let sample = Sample::make(place);
    for name in ["organizations", "Deals", "deal", "nothing"] {
        let as_another = |mut data: Value| {
            data["type"] = json!(name);
            json!({"data": data})
        };
        each_refuses(&sample.world, as_another, 409, "409 /data/type");
    }
}

fn j73_a_new_resource_is_201_and_at_its_location(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, _) in written(world) {
        let list = format!("/{}", kind.name);
        let body = another(world, kind);
        let answer = world.post(&list, &body).expect(201);
        let mut document = answer.json();
        if kind.name == "tokens" {
            // The secret is shown here, and never again.
            document["meta"].as_object_mut().unwrap().remove("token").unwrap();
        }
        let made = &document["data"];
        assert_eq!(made["type"], kind.name);
        let (own, location) = (made["links"]["self"].as_str(), answer.header("Location"));
        let expected = format!("/api/v2{list}/{}", made["id"].as_str().unwrap());
        assert_eq!((own, location), (Some(expected.as_str()), Some(expected.as_str())));
        let path = expected.strip_prefix("/api/v2").unwrap();
        assert_eq!(world.get(path).expect(200).json(), document, "{path}");
        for (name, value) in body["data"]["attributes"].as_object().unwrap() {
            assert_eq!(made["attributes"][name], *value, "{path}");
        }
        // The same body makes another row, whatever the query.
        let answer = world.post(&format!("{list}?fields[{}]=", kind.name), &body).expect(201);
        let next = answer.json()["data"].clone();
        assert_ne!(next["id"], made["id"]);
        assert_eq!(answer.header("Location"), next["links"]["self"].as_str());
    }
}

fn j74_a_missing_related_resource_is_404(place: &Place) {
    let sample = Sample::make(place);
    let mut walked = 0;
    for (kind, _) in written(&sample.world) {
        for relationship in kind.relationships.iter().filter(|it| it.writable) {
            // The first row of the sample, and the fourth token, belong to another organization.
            let theirs = if relationship.target == "tokens" { "4" } else { "1" };
            for id in ["987654321", "x", theirs] {
                let mut body = another(&sample.world, kind);
                let linkage = linkage_to(relationship, id);
                body["data"]["relationships"][relationship.name] = linkage;
                let fault = format!("404 /data/relationships/{}", relationship.name);
                let path = format!("/{}", kind.name);
                refused(&sample.world, ("POST", &path), body.to_string(), 404, &[&fault]);
                walked += 1;
            }
        }
    }
    assert!(walked > 0);
}

/// A read-only type does not take POST at all, which is a 405 (wire conventions). A token without
/// the right is a 403.
fn j75_types_without_post_are_refused(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let read_only: Vec<_> = stored_types().filter(|kind| !kind.writable).collect();
    assert!(!read_only.is_empty());
    for kind in read_only {
        let (path, body) = (format!("/{}", kind.name), json!({"data": {"type": kind.name}}));
        refused(world, ("POST", &path), body.to_string(), 405, &["405"]);
        let allowed = world.post(&path, &body);
        assert_eq!(allowed.header("Allow"), Some("GET, HEAD, OPTIONS"), "{path}");
    }
    for (kind, _) in written(world) {
        let (path, body) = (format!("/{}", kind.name), another(world, kind));
        let answer = world.request_as(&world.reader, "POST", &path, Some(&body)).expect(403);
        assert_eq!(complaints(&answer), ["403"], "{path}");
    }
}

fn j76_a_conflict_is_named(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (kind, row) in written(world) {
        let names = |method: &str, path: &str, data: Value, words: &[&str]| {
            let answer = world.request(method, path, Some(&json!({"data": data}))).expect(409);
            let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
            for word in words {
                assert!(detail.contains(word), "{method} {path}: {detail}");
            }
        };
        let list = format!("/{}", kind.name);
        names("POST", &list, json!({"type": "strangers"}), &[kind.name, "strangers"]);
        names("PATCH", &row, json!({"type": "strangers"}), &[kind.name, "strangers"]);
        let id = row.rsplit('/').next().unwrap();
        names("PATCH", &row, json!({"id": "987654321"}), &[id, "987654321"]);
    }
    let held = world.delete("/deals/2").expect(409).json();
    assert!(held["errors"][0]["detail"].as_str().unwrap().contains("refer"), "{held}");
}
