//! A resource type of a program that embeds the server (`notes`), which is only declared: lists,
//! filters, sorts, pages, includes, reads and writes, relationships to many, operations and a
//! description.

use apportion_jsonapi::{Attribute, Declaration, Kind, Scalar};
use apportion_server::catalog::{Resource, Served};
use apportion_server::resources;
use apportion_server::serve::Running;
use apportion_server::store::Field;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::operate;
use crate::support::openapi::written;
use crate::support::rows::notes::{self, NoteRow};
use crate::support::rows::notes_world::{ids, linked, readers, world};
use crate::support::world::{config, document};

apportion_testing::cases! {
    it_is_written_and_read, lists, includes, a_resource_that_many_hold_counts_once,
    missing_members_are_refused, operations_write_members, it_is_described,
    fields_that_are_not_there;
    plain: the_guide_shows_this_very_code, types_are_checked
}

fn it_is_written_and_read(place: &Place) {
    let world = world(place);
    let attributes = json!({"text": "x", "weight": 5});
    let made = world.post("/notes", &document("notes", attributes, &[("deal", "deals", "1")]));
    let made = made.expect(201);
    assert_eq!(made.header("Location"), Some("/api/v2/notes/4"));
    let note = world.get("/notes/4").expect(200);
    assert_eq!(note.json()["data"], made.json()["data"]);
    let tag = note.header("ETag").unwrap().to_owned();
    world.patch("/notes/4", &document("notes", json!({"text": "y"}), &[])).expect(200);
    let note = world.get("/notes/4").expect(200);
    assert_ne!(note.header("ETag"), Some(tag.as_str()));
    let attributes = &note.json()["data"]["attributes"];
    assert_eq!((&attributes["text"], &attributes["weight"]), (&json!("y"), &json!(5)));
    let bad = world.post("/notes", &document("notes", json!({"text": ""}), &[])).expect(422);
    assert_eq!(bad.json()["errors"][0]["source"]["pointer"], "/data/attributes/text");
    let nul = document("notes", json!({"text": "a\0b"}), &[]);
    let bad = world.post("/notes", &nul).expect(422).json()["errors"][0].clone();
    assert_eq!(bad["source"]["pointer"], "/data/attributes/text");
    assert_eq!(bad["detail"], "text must not contain U+0000");
    let bad =
        world.post("/notes", &document("notes", json!({"text": "x"}), &[("deal", "deals", "9")]));
    assert_eq!(
        bad.expect(404).json()["errors"][0]["source"]["pointer"],
        "/data/relationships/deal"
    );
    world.delete("/notes/4").expect(204);
    world.get("/notes/4").expect(404);
    world.request_as(&world.stranger, "GET", "/notes/1", None).expect(404);
}

fn lists(place: &Place) {
    let world = world(place);
    let cases: &[(&str, &[&str])] = &[
        ("/notes", &["1", "2", "3"]),
        ("/notes?sort=-weight,text", &["1", "3", "2"]),
        ("/notes?filter[weight]=2", &["1", "3"]),
        ("/notes?filter[text][contains]=IR", &["1", "3"]),
        ("/notes?filter[deal_id]=", &["2", "3"]),
        ("/notes?filter[$op]=or&filter[0][id]=2&filter[1][text]=third", &["2", "3"]),
        ("/notes?page[size]=2&page[number]=2", &["3"]),
        ("/notes/1/readers", &["1"]),
        ("/notes/2/readers", &[]),
        ("/notes/1/readers?filter[first_name]=b", &[]),
        ("/notes/1/readers?sort=-last_name&page[after]=", &["1"]),
        ("/notes/1/relationships/readers", &["1"]),
    ];
    for (path, expected) in cases {
        let document = world.get(path).expect(200).json();
        assert_eq!(ids(&document), *expected, "{path}");
    }
    assert_eq!(world.get("/notes").json()["meta"]["total_count"], 3);
    let page = world.get("/notes?page[after]=&page[size]=2&sort=-weight").expect(200).json();
    assert_eq!(ids(&page), ["3", "1"]);
    let next = page["links"]["next"].as_str().unwrap().split_once("/api/v2").unwrap().1;
    assert_eq!(ids(&world.get(next).expect(200).json()), ["2"]);
}

fn includes(place: &Place) {
    let world = world(place);
    world.patch("/notes/2/relationships/readers", &readers(&["1", "2"])).expect(200);
    let document = world.get("/notes?include=readers,deal").expect(200).json();
    let held = |at: usize| document["data"][at]["relationships"]["readers"]["data"].clone();
    assert_eq!(held(0), readers(&["1"])["data"]);
    assert_eq!(held(1), readers(&["1", "2"])["data"]);
    assert_eq!(held(2), json!([]));
    let mut included: Vec<(&str, &str)> = document["included"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["type"].as_str().unwrap(), row["id"].as_str().unwrap()))
        .collect();
    included.sort_unstable();
    assert_eq!(included, [("deals", "1"), ("people", "1"), ("people", "2")]);
    // Linkage is primary data here, and can include the resources that it names.
    let path = "/notes/2/relationships/readers?include=readers.organization&page[size]=1";
    let document = world.get(path).expect(200).json();
    assert_eq!(document["data"], json!([{"type": "people", "id": "1"}]));
    let included: Vec<&Value> =
        document["included"].as_array().unwrap().iter().map(|row| &row["type"]).collect();
    assert_eq!(included, ["people", "organizations"]);
    world.get("/notes/2/relationships/readers?include=deal").expect(400);
    // Only the bad path is reported, not the good ones beside it.
    let path = "/notes/2/relationships/readers?include=deal,readers,readers.organization";
    assert_eq!(world.get(path).expect(400).json()["errors"].as_array().unwrap().len(), 1);
}

/// 200 notes with 51 readers each make more links than resources may be included, but few
/// resources.
fn a_resource_that_many_hold_counts_once(place: &Place) {
    let world = world(place);
    let person = json!({"op": "add", "data": {
        "type": "people", "attributes": {"first_name": "a", "last_name": "b"},
    }});
    operate(&world, &vec![person; 49]).expect(200);
    let all: Vec<String> = (1..=51).map(|id| id.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let note = json!({"op": "add", "data": {
        "type": "notes", "attributes": {"text": "x"}, "relationships": {"readers": readers(&all)},
    }});
    for _ in 0..2 {
        operate(&world, &vec![note.clone(); 100]).expect(200);
    }
    let path = "/notes?filter[text]=x&page[size]=200&include=readers.organization";
    let document = world.get(path).expect(200).json();
    assert_eq!(document["included"].as_array().unwrap().len(), 52);
    assert_eq!(document["data"].as_array().unwrap().len(), 200);
    for note in document["data"].as_array().unwrap() {
        assert_eq!(note["relationships"]["readers"]["data"], readers(&all)["data"]);
    }
}

/// Each case is a method, its body, and the status and pointer of the refusal. Nothing changes.
fn missing_members_are_refused(place: &Place) {
    let world = world(place);
    let path = "/notes/1/relationships/readers";
    let cases: &[(&str, Value, u16, &str)] = &[
        ("POST", json!({"data": [{"type": "people", "id": "9"}]}), 404, "/data"),
        ("PATCH", json!({"data": [{"type": "people", "id": "x"}]}), 404, "/data"),
        ("POST", json!({"data": [{"type": "deals", "id": "1"}]}), 422, "/data"),
        ("POST", json!({"data": {"type": "people", "id": "1"}}), 400, "/data"),
        ("PATCH", json!({"data": null}), 400, "/data"),
        ("POST", json!({"data": [{"type": "people"}]}), 400, "/data/0/id"),
        ("DELETE", json!({"meta": {}}), 400, "/data"),
    ];
    for (method, body, status, pointer) in cases {
        let answer = world.request(method, path, Some(body)).expect(*status).json();
        assert_eq!(answer["errors"][0]["source"]["pointer"], *pointer, "{method} {body}");
        assert_eq!(linked(&world), ["1"], "{method} {body}");
    }
    world.request("POST", "/notes/9/relationships/readers", Some(&readers(&["1"]))).expect(404);
}

fn operations_write_members(place: &Place) {
    let world = world(place);
    let reference = json!({"type": "notes", "id": "1", "relationship": "readers"});
    let operation =
        |op: &str, ids: &[&str]| json!({"op": op, "ref": reference, "data": readers(ids)["data"]});
    let run = |operations: &[Value]| operate(&world, operations);
    run(&[operation("add", &["2"]), operation("remove", &["1"])]).expect(200);
    assert_eq!(linked(&world), ["2"]);
    run(&[operation("update", &["1"])]).expect(200);
    assert_eq!(linked(&world), ["1"]);
    let local = json!([{"type": "people", "lid": "new", "meta": {"x": 1}}]);
    let attributes = json!({"first_name": "c", "last_name": "x"});
    let person = json!({"type": "people", "lid": "new", "attributes": attributes});
    let steps = [
        json!({"op": "add", "data": person}),
        json!({"op": "add", "ref": reference, "data": local}),
    ];
    run(&steps).expect(200);
    assert_eq!(linked(&world), ["1", "3"]);
    run(&[operation("remove", &["3"])]).expect(200);
    let failed = run(&[operation("add", &["2"]), operation("add", &["9"])]).expect(404).json();
    assert_eq!(failed["errors"][0]["source"]["pointer"], "/atomic:operations/1/data");
    assert_eq!(linked(&world), ["1"]);
}

fn it_is_described(place: &Place) {
    let world = world(place);
    let description = world.get("/openapi.json").expect(200).json();
    let of = |path: &str| {
        let methods = description["paths"][path].as_object().unwrap().keys();
        methods.filter(|name| *name != "parameters").cloned().collect::<Vec<_>>()
    };
    assert_eq!(of("/api/v2/notes"), ["get", "post"]);
    assert_eq!(of("/api/v2/notes/{id}"), ["delete", "get", "patch"]);
    assert_eq!(of("/api/v2/notes/{id}/relationships/readers"), ["delete", "get", "patch", "post"]);
    let readers = "/api/v2/notes/{id}/relationships/readers";
    for method in ["get", "patch", "post", "delete"] {
        let taken = description["paths"][readers][method]["parameters"].as_array().unwrap();
        let taken: Vec<&Value> = taken.iter().map(|it| written(&description, it)).collect();
        let include = taken.iter().find(|it| it["name"] == "include").unwrap();
        let paths = &include["schema"]["items"]["enum"];
        assert_eq!(*paths, json!(["readers", "readers.organization"]), "{method}");
        assert!(taken.iter().any(|it| it["name"] == "fields[people]"), "{method}");
    }
    let note = &description["components"]["schemas"]["notes"]["properties"]["attributes"];
    assert_eq!(note["properties"]["text"]["type"], "string");
}

fn the_guide_shows_this_very_code() {
    let guide = include_str!("../../../../docs/adding-a-resource.md");
    let code = include_str!("support/rows/notes.rs");
    let blocks: Vec<&str> =
        guide.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 4, "the guide shows code");
    for block in blocks {
        assert!(code.contains(block), "not in notes.rs:\n{block}");
    }
}

/// A type with this name and this attribute, whose rows are those of notes.
fn note_like(name: &'static str, column: &'static str) -> Box<dyn Served> {
    let field = Field::of::<diesel::sql_types::Text>(column);
    let declaration =
        Declaration::new(name, (|row: &NoteRow| row.id, notes::ID), |row| row.version)
            .attribute(Attribute::new("text", Kind::Text).field(field), |row| {
                Scalar::Text(&row.text)
            });
    Box::new(Resource { declaration, writes: None })
}

/// The faults of types are told when they are given.
fn types_are_checked() {
    let text = "\"notes\".\"text\"";
    let refused = |name| resources::with(vec![note_like(name, text)]).err().unwrap().to_string();
    assert_eq!(refused("deals"), "types cannot be served: two types have the name \"deals\"");
    let said = "types cannot be served: \"reports\" is an address of the server";
    assert_eq!(refused("reports"), said);
    let said = "types cannot be served: the type \"my notes\" must begin and end with a letter or \
                a digit, with '-' and '_' only between";
    assert_eq!(refused("my notes"), said);
    assert!(resources::with(vec![note_like("memos", text)]).is_ok());
    // Our own have no fault.
    assert_eq!(resources::registry().faults(), [""; 0]);
}

/// A server does not start if the table of a type lacks a field.
fn fields_that_are_not_there(place: &Place) {
    notes::migrate(&place.url);
    let start = |column| {
        let types = resources::with(vec![note_like("memos", column)]).unwrap();
        Running::serving(config(&place.url.parse().unwrap()), &types).map(drop)
    };
    start("\"notes\".\"text\"").unwrap();
    let error = start("\"notes\".\"txet\"").unwrap_err().to_string();
    let begins = "types cannot be served: the type \"memos\": the sort \"text\": ";
    assert!(error.starts_with(begins) && error.contains("txet"), "{error}");
}
