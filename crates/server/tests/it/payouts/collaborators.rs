//! Collaborators: the rules of their fields, their unique e-mail address, and which of them cannot
//! be deleted because other rows refer to them.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::resources::{attributes, change, shows};
use crate::support::rows::payouts::{make, owing, pool};
use crate::support::world::{World, document};

apportion_testing::cases! {
    they_are_written_and_read, bad_values_are_refused, addresses_are_unique,
    addresses_are_compared_as_people_read_them,
    one_of_many_at_once_has_the_address,
    referenced_ones_cannot_be_deleted
}

fn ann(world: &World) -> String {
    world.create("collaborators", json!({"full_name": "Ann"}), &[])
}

fn they_are_written_and_read(place: &Place) {
    let world = World::start(place);
    let id = ann(&world);
    let path = format!("/collaborators/{id}");
    let nothing = json!({"full_name": "Ann", "email": null, "status": "active"});
    shows(&attributes(&world, &path), &nothing);
    let all = json!({"full_name": "Änn", "email": "ann@example.org", "status": "inactive"});
    shows(&change(&world, &path, all.clone()), &all);
    shows(&change(&world, &path, json!({"email": null})), &json!({"email": null}));
    world.delete(&path).expect(204);
    world.get(&path).expect(404);
}

/// The value is refused both when a row is made and when it is changed.
fn bad_values_are_refused(place: &Place) {
    let world = World::start(place);
    ann(&world);
    let cases: &[(&str, Value)] = &[
        ("full_name", json!(null)),
        ("full_name", json!("")),
        ("full_name", json!("a\tb")),
        ("full_name", json!("n".repeat(256))),
        ("full_name", json!(1)),
        ("email", json!("")),
        ("email", json!("ann")),
        ("email", json!("a@b[127.0.0.1]")),
        ("email", json!(true)),
        ("status", json!(null)),
        ("status", json!("deleted")),
        ("status", json!("Active")),
        ("status", json!(1)),
        ("nickname", json!("A")),
        ("created_at", json!("2025-01-01T00:00:00.000Z")),
    ];
    for (name, value) in cases {
        let mut attributes = json!({"full_name": "Ben"});
        attributes[*name] = value.clone();
        let body = document("collaborators", attributes, &[]).to_string();
        let fault = format!("422 /data/attributes/{name}");
        refused(&world, ("POST", "/collaborators"), &body, 422, &[&fault]);
        refused(&world, ("PATCH", "/collaborators/1"), &body, 422, &[&fault]);
    }
    let nobody = document("collaborators", json!({}), &[]).to_string();
    let fault = ["422 /data/attributes/full_name"];
    refused(&world, ("POST", "/collaborators"), nobody, 422, &fault);
}

fn addresses_are_unique(place: &Place) {
    let world = World::start(place);
    let with = |name: &str, email: &str| json!({"full_name": name, "email": email});
    let first = world.create("collaborators", with("Ann", "a@example.org"), &[]);
    world.create("collaborators", with("Ben", "b@example.org"), &[]);
    let fault = ["422 /data/attributes/email"];
    let taken = document("collaborators", with("Cem", "a@example.org"), &[]).to_string();
    refused(&world, ("POST", "/collaborators"), &taken, 422, &fault);
    refused(&world, ("PATCH", "/collaborators/2"), &taken, 422, &fault);
    // A collaborator may keep the address, and in another organization it is free.
    change(&world, "/collaborators/1", with("Ann", "a@example.org"));
    make(&world, &world.stranger, "collaborators", with("Eve", "a@example.org"), &[]);
    // Several collaborators may have no address, and one that was given up is free.
    ann(&world);
    ann(&world);
    world.delete(&format!("/collaborators/{first}")).expect(204);
    change(&world, "/collaborators/2", with("Ben", "a@example.org"));
}

/// Addresses are the same without regard to case, and to how a domain is written.
fn addresses_are_compared_as_people_read_them(place: &Place) {
    let world = World::start(place);
    let with = |name: &str, email: &str| json!({"full_name": name, "email": email});
    let known = ["zoe@example.com", "ANNE@example.org", "x@Bücher.example", "y@[127.0.0.1]"];
    for email in known {
        // What was written is shown.
        let id = world.create("collaborators", with("A", email), &[]);
        assert_eq!(attributes(&world, &format!("/collaborators/{id}"))["email"], email);
    }
    let same = [
        "zoe@EXAMPLE.com",
        "Zoe@example.com",
        "zoe@example.COM",
        "anne@EXAMPLE.org",
        "x@bücher.example",
        "X@xn--bcher-kva.example",
        "x@XN--BCHER-KVA.example",
        "Y@[127.0.0.1]",
    ];
    for email in same {
        let taken = document("collaborators", with("B", email), &[]).to_string();
        let fault = ["422 /data/attributes/email"];
        refused(&world, ("POST", "/collaborators"), &taken, 422, &fault);
    }
    for email in ["zoe@example.org", "zo@example.com", "x@bucher.example"] {
        world.create("collaborators", with("C", email), &[]);
    }
}

fn one_of_many_at_once_has_the_address(place: &Place) {
    let world = World::start(place);
    let attributes = json!({"full_name": "Ann", "email": "a@example.org"});
    let body = document("collaborators", attributes, &[]);
    let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
        let post = || {
            let answer = world.post("/collaborators", &body);
            (answer.status, answer.json()["errors"][0]["source"]["pointer"].clone())
        };
        let all: Vec<_> = (0..8).map(|_| scope.spawn(post)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let made = answers.iter().filter(|(status, _)| *status == 201).count();
    let taken = (422, json!("/data/attributes/email"));
    let refused = answers.iter().filter(|answer| **answer == taken).count();
    assert_eq!((made, refused), (1, 7), "{answers:?}");
}

fn referenced_ones_cannot_be_deleted(place: &Place) {
    let world = World::start(place);
    let (member, owed, scored) = (ann(&world), ann(&world), ann(&world));
    let paying = world.create("distributors", owing(), &[]);
    let sharing = world.create("distributors", pool(), &[]);
    let members = |ids: &[&str]| {
        let ids = ids.iter().map(|id| json!({"type": "collaborators", "id": id}));
        json!({"data": ids.collect::<Vec<_>>()})
    };
    let path = format!("/distributors/{sharing}/relationships/collaborators");
    world.patch(&path, &members(&[&member, &scored])).expect(200);
    let add = |kind: &str, attributes: Value, (distributor, who): (&str, &str)| {
        let payer = ("distributor", "distributors", distributor);
        world.create(kind, attributes, &[payer, ("collaborator", "collaborators", who)]);
    };
    add("obligations", json!({"value": 1}), (&paying, &owed));
    add("metric_credits", json!({"points": 1}), (&sharing, &scored));
    world.patch(&path, &members(&[&member])).expect(200);
    for id in [&member, &owed, &scored] {
        refused(&world, ("DELETE", &format!("/collaborators/{id}")), "", 409, &["409"]);
    }
    world.patch(&path, &members(&[])).expect(200);
    world.delete(&format!("/collaborators/{member}")).expect(204);
}
