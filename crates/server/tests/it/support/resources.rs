//! One resource as clients see it, and changes of it over HTTP.

use apportion_server::admin::{self, TokenDraft};
use serde_json::{Value, json};

use crate::support::world::{World, document};

/// Returns an attribute of a row.
#[track_caller]
pub fn attribute(world: &World, path: &str, name: &str) -> Value {
    attributes(world, path)[name].clone()
}

/// Returns the attributes of a row.
#[track_caller]
pub fn attributes(world: &World, path: &str) -> Value {
    world.get(path).expect(200).json()["data"]["attributes"].clone()
}

/// Returns what a deal has distributed: percentage, amount, and the amount that is left.
#[track_caller]
pub fn sums(world: &World, deal: &str) -> (String, i64, i64) {
    let shown = attributes(world, &format!("/deals/{deal}"));
    let amount = |name: &str| shown[name].as_i64().unwrap();
    let percent = shown["distributed_percent"].as_str().unwrap().to_owned();
    (percent, amount("distributed_amount"), amount("undistributed_amount"))
}

/// Changes attributes of a row and returns all that it then has.
#[track_caller]
pub fn change(world: &World, path: &str, attributes: Value) -> Value {
    let kind = path.split('/').nth(1).unwrap();
    let answer = world.patch(path, &document(kind, attributes, &[])).expect(200);
    answer.json()["data"]["attributes"].clone()
}

/// Checks that every given member is shown with that value; others may be there too.
#[track_caller]
pub fn shows(attributes: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&attributes[name], value, "'{name}' of {attributes}");
    }
}

/// Makes a token of our organization that may write in a person's name.
pub fn token_of(world: &World, person: &str) -> String {
    let draft = TokenDraft {
        organization: world.organization,
        person: Some(person.parse().unwrap()),
        scope: "write",
        label: None,
    };
    admin::create_token(&world.database, draft).unwrap().reveal().to_owned()
}

/// Makes a person and returns the id.
#[track_caller]
pub fn person(world: &World) -> String {
    world.create("people", json!({"first_name": "Ada", "last_name": "Lovelace"}), &[])
}
