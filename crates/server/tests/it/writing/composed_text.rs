//! Texts are stored in their composed form (NFC), and found however they are typed. Every text that
//! clients write is tried, read off the declarations.

use apportion_jsonapi::resource::Bounds;
use apportion_jsonapi::{Attribute, Kind};
use apportion_server::store::Field;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::operate;
use crate::support::resources::attribute;
use crate::support::rows::payouts;
use crate::support::rows::sample::ids;
use crate::support::world::{World, document, stored_types};

apportion_testing::cases! { every_text_is_composed, in_operations, limits_count_what_is_stored }

/// One text, composed and not, and the second as it is written in an address.
const COMPOSED: &str = "Zo\u{eb} \u{c5}ngstr\u{f6}m \u{ac01}";
const TYPED: &str = "Zoe\u{308} \u{212b}ngstro\u{308}m \u{1100}\u{1161}\u{11a8}";

/// Whether clients write lines or longer texts of their own into an attribute.
fn is_free_text(attribute: &Attribute<Field>) -> bool {
    let free = matches!(attribute.bounds, Bounds::Line(_) | Bounds::Text { .. });
    attribute.writable && matches!(attribute.kind, Kind::Text) && free
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn every_text_is_composed(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    payouts::fill(&world, (&world.token, world.organization), &deal);
    world.create("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    let mut written = 0;
    for kind in stored_types().filter(|kind| kind.is_changeable()) {
        for text in kind.attributes.iter().filter(|attribute| is_free_text(attribute)) {
            let (kind, name) = (kind.name, text.name);
            // A time zone is a name of the IANA database.
            if name == "time_zone" {
                continue;
            }
            // Rows that may still be changed.
            let id = match kind {
                "obligations" => 3,
                "distributors" => 2,
                _ => 1,
            };
            let path = format!("/{kind}/{id}");
            let body = document(kind, json!({name: format!("{TYPED}!")}), &[]);
            world.patch(&path, &body).expect(200);
            assert_eq!(attribute(&world, &path, name), format!("{COMPOSED}!"), "{kind} {name}");
            for spelling in [COMPOSED, TYPED].map(encoded) {
                for filter in [
                    format!("[{name}]={spelling}!"),
                    format!("[{name}][contains]={spelling}"),
                    format!("[{name}][contains]={}", encoded("\u{212b}")),
                    format!("[{name}][not_eq]={spelling}!"),
                    format!("[{name}][not_contain]={spelling}"),
                ] {
                    let found = world.get(&format!("/{kind}?filter{filter}")).expect(200).json();
                    let holds = !filter.contains("not_");
                    assert_eq!(ids(&found).contains(&id), holds, "{kind}: {filter}");
                }
            }
            written += 1;
        }
    }
    assert!(written >= 9, "{written}");
    // Sent back as it was typed, a read-only member is unchanged.
    let shown = world.get("/obligations/1?fields[obligations]=collaborator_name,distributor_name");
    let shown = shown.expect(200).json()["data"]["attributes"].clone();
    assert_eq!(shown["collaborator_name"], format!("{COMPOSED}!"));
    let same = json!({"collaborator_name": format!("{TYPED}!")});
    world.patch("/obligations/1", &document("obligations", same, &[])).expect(200);
}

fn in_operations(place: &Place) {
    let world = World::start(place);
    let add = |name: &str| {
        json!({
            "op": "add", "data": {"type": "deals", "attributes": {"name": name}},
        })
    };
    let answer = operate(&world, &[add(TYPED), add(COMPOSED)]).expect(200).json();
    let names: Vec<&Value> = answer["atomic:results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["data"]["attributes"]["name"])
        .collect();
    assert_eq!(names, [COMPOSED, COMPOSED]);
}

/// A name has at most 255 characters as it is stored.
fn limits_count_what_is_stored(place: &Place) {
    let world = World::start(place);
    let named = |name: String| document("deals", json!({"name": name}), &[]);
    let made = world.post("/deals", &named("e\u{301}".repeat(255))).expect(201).json();
    assert_eq!(made["data"]["attributes"]["name"], "\u{e9}".repeat(255));
    world.post("/deals", &named("e\u{301}".repeat(256))).expect(422);
}
