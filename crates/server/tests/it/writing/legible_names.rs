//! Names that nobody can tell when they see them: blanks only, or with controls that turn the
//! direction of the text around them. They are refused for every line of text, read off the
//! declarations. A row that has one from before stays as it is, and may be changed otherwise.

use apportion_jsonapi::resource::Bounds;
use apportion_jsonapi::{Attribute, Kind};
use apportion_server::store::Field;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::resources::attribute;
use crate::support::rows::payouts;
use crate::support::world::{World, document, run_sql, stored_types};
use apportion_testing::http::Answer;

apportion_testing::cases! { every_line_is_legible, rows_from_before_stay, in_operations }

/// White space of Unicode, and characters that are shown as nothing.
const BLANKS: [&str; 14] = [
    " ",
    "\u{a0}",
    "\u{1680}",
    "\u{2000}\u{2003}\u{200a}",
    "\u{2028}",
    "\u{2029}",
    "\u{202f}",
    "\u{205f}",
    "\u{3000} ",
    "\u{200b}",
    "\u{2060}\u{feff}",
    "\u{ad}",
    "\u{3164}",
    "\u{2800}",
];

const TURNS: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// Names in scripts of either direction, with joiners and marks that belong there.
const SOUND: [&str; 5] = [
    "Ada Lovelace",
    "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
    "\u{5d0}\u{200f}!",
    "\u{1f468}\u{200d}\u{1f469}",
    " x ",
];

/// Whether clients write lines of their own into an attribute.
fn is_line(attribute: &Attribute<Field>) -> bool {
    let line = matches!(attribute.bounds, Bounds::Line(_) | Bounds::Text { lines: false, .. });
    attribute.writable && matches!(attribute.kind, Kind::Text) && line
}

#[track_caller]
fn is_refused(answer: &Answer, name: &str, why: &str) {
    let document = answer.json();
    let mut errors = document["errors"].as_array().unwrap().iter();
    let pointer = json!(format!("/data/attributes/{name}"));
    let about = errors.by_ref().filter(|error| error["source"]["pointer"] == pointer);
    let about: Vec<&Value> = about.collect();
    assert_eq!(about.len(), 1, "{name}: {document}");
    assert_eq!((answer.status, &about[0]["code"]), (422, &json!("invalid_attribute")));
    let detail = about[0]["detail"].as_str().unwrap();
    assert!(detail.contains(why), "{name}: {detail}");
}

fn every_line_is_legible(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("D", 100);
    payouts::fill(&world, (&world.token, world.organization), &deal);
    world.create("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    let mut lines = 0;
    for kind in stored_types().filter(|kind| kind.writable) {
        for name in kind.attributes.iter().filter(|it| is_line(it)).map(|it| it.name) {
            // A time zone is a name of the IANA database, and refused as one.
            if name == "time_zone" {
                continue;
            }
            lines += 1;
            let tried = |text: &str, why: &str| {
                let body = document(kind.name, json!({name: text}), &[]);
                is_refused(&world.post(&format!("/{}", kind.name), &body), name, why);
                if kind.is_changeable() {
                    is_refused(&world.patch(&format!("/{}/1", kind.name), &body), name, why);
                }
            };
            for blank in BLANKS {
                tried(blank, "must not consist of blanks only");
            }
            for turn in TURNS {
                let why = format!("must not contain U+{:04X}", u32::from(turn));
                tried(&format!("a{turn}b"), &why);
                tried(&turn.to_string(), &why);
            }
        }
    }
    assert!(lines >= 12, "{lines}");
    for name in SOUND {
        world.deal(name, 1);
    }
}

fn rows_from_before_stay(place: &Place) {
    let world = World::start(place);
    world.deal("D", 100);
    world.create("people", json!({"first_name": "A", "last_name": "B"}), &[]);
    for old in ["\u{2003}", "a\u{202e}b"] {
        run_sql(&world, &format!("UPDATE deals SET name = '{old}'"));
        run_sql(&world, &format!("UPDATE people SET first_name = '{old}'"));
        assert_eq!(attribute(&world, "/deals/1", "name"), old);
        // Another attribute alone, and the whole resource as a client sends it back.
        world.patch("/deals/1", &document("deals", json!({"value": 7}), &[])).expect(200);
        let whole = world.get("/deals/1").expect(200).json()["data"]["attributes"].clone();
        world.patch("/deals/1", &document("deals", whole, &[])).expect(200);
        let person = document("people", json!({"first_name": old, "last_name": "C"}), &[]);
        world.patch("/people/1", &person).expect(200);
        assert_eq!(attribute(&world, "/deals/1", "name"), old);
        // It is not given to another row, or changed into another like it.
        world.post("/deals", &document("deals", json!({"name": old}), &[])).expect(422);
        let other = document("deals", json!({"name": format!("{old}\u{2067}")}), &[]);
        world.patch("/deals/1", &other).expect(422);
    }
    world.patch("/deals/1", &document("deals", json!({"name": "D"}), &[])).expect(200);
}

fn in_operations(place: &Place) {
    let world = World::start(place);
    let data = json!({"type": "deals", "attributes": {"name": "\u{2069}"}});
    let answer = crate::support::atomic::operate(&world, &[json!({"op": "add", "data": data})]);
    let error = &answer.expect(422).json()["errors"][0];
    assert_eq!(error["source"]["pointer"], "/atomic:operations/0/data/attributes/name");
}
