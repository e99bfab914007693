//! Lists of the recorded API: filtered, sorted and limited by its own parameters, and the values
//! that these refuse.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::payouts::pool;
use crate::support::rows::sample::Sample;
use crate::support::siren::get;
use crate::support::world::{World, document};

apportion_testing::cases! { lists_are_narrowed_and_ordered, ten_by_default, bad_parameters }

#[track_caller]
fn ids(world: &World, rest: &str) -> Vec<i64> {
    let list = get(world, rest).expect(200).json();
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn lists_are_narrowed_and_ordered(place: &Place) {
    let Sample { world, .. } = Sample::make(place);
    let all = get(&world, "?number=50&order=ASC").expect(200).json();
    let all = all.as_array().unwrap();
    let ids_of = |keep: &dyn Fn(&Value) -> bool| -> Vec<i64> {
        all.iter().filter(|row| keep(row)).map(|row| row["id"].as_i64().unwrap()).collect()
    };
    for (name, word) in [("status", "pending"), ("status", "complete"), ("status", "processing")] {
        let expected = ids_of(&|row| row[name] == word);
        assert!(!expected.is_empty() || word == "complete", "{word}");
        assert_eq!(ids(&world, &format!("?{name}={word}&order=ASC")), expected, "{word}");
    }
    let payer = &all[1]["distributorId"];
    let expected = ids_of(&|row| row["distributorId"] == *payer);
    assert_eq!(ids(&world, &format!("?order=ASC&distributorId={payer}")), expected);
    let both = ids_of(&|row| row["distributorId"] == *payer && row["status"] == "pending");
    assert_eq!(ids(&world, &format!("?status=pending&distributorId={payer}&order=ASC")), both);
    assert_eq!(ids(&world, "?distributorId=999"), Vec::<i64>::new());
    for by in ["id", "status", "distributorId", "triggerDate", "dateCreated"] {
        let key = |row: &Value| {
            let value = &row[by];
            (value.as_i64(), value.as_str().map(str::to_owned), row["id"].as_i64())
        };
        let mut rows: Vec<&Value> = all.iter().collect();
        rows.sort_by_key(|row| key(row));
        let up: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        let down: Vec<i64> = up.iter().rev().copied().collect();
        assert_eq!(ids(&world, &format!("?number=50&orderBy={by}&order=ASC")), up, "{by}");
        assert_eq!(ids(&world, &format!("?number=50&orderBy={by}")), down, "{by}");
    }
    let down: Vec<i64> = ids_of(&|_| true).into_iter().rev().collect();
    assert_eq!(ids(&world, "?number=2&offset=1"), down[1..3]);
    let past = get(&world, "?offset=9223372036854775807").expect(200);
    assert_eq!(past.header("X-Siren-Estimated-Count"), Some(all.len().to_string().as_str()));
    assert_eq!(past.body, b"[]");
    let none = get(&world, "?status=failed").expect(200);
    assert_eq!(
        (none.header("X-Siren-Estimated-Count"), none.body.as_slice()),
        (Some("0"), &b"[]"[..])
    );
}

/// Starts a server with twelve open distributions.
fn twelve(place: &Place) -> World {
    let world = World::start(place);
    for at in 0..12 {
        let mut attributes = pool();
        attributes["name"] = json!(format!("P{at}"));
        world.post("/distributors", &document("distributors", attributes, &[])).expect(201);
    }
    world
}

fn ten_by_default(place: &Place) {
    let list = get(&twelve(place), "").expect(200);
    assert_eq!(list.header("X-Siren-Estimated-Count"), Some("12"));
    assert_eq!(list.json().as_array().unwrap().len(), 10);
}

fn bad_parameters(place: &Place) {
    let world = twelve(place);
    for (name, value) in [
        ("number", "0"),
        ("number", "51"),
        ("number", "-1"),
        ("number", "+1"),
        ("number", "1.0"),
        ("number", ""),
        ("number", "ten"),
        ("offset", "-1"),
        ("offset", "9223372036854775808"),
        ("status", "open"),
        ("status", ""),
        ("status", "pending,failed"),
        ("status", "Pending"),
        ("distributorId", "x"),
        ("distributorId", "1.5"),
        ("distributorId", ""),
        ("orderBy", "value"),
        ("orderBy", "trigger_date"),
        ("orderBy", ""),
        ("order", "up"),
        ("order", "%ff"),
        ("fields", "%00"),
    ] {
        let answer = get(&world, &format!("?{name}={value}")).expect(400);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let document = answer.json();
        let failed = document["context"]["failedValidations"].as_object().unwrap();
        let names: Vec<&String> = failed.keys().collect();
        assert_eq!(names, [name], "{name}={value}: {document}");
        let message = document["message"].as_str().unwrap();
        assert_eq!(failed[name], json!([message]), "{name}={value}");
        assert!(message.starts_with(&format!("{name} must be ")), "{message}");
    }
    for name in ["number", "status", "fields", "order"] {
        let document = get(&world, &format!("?{name}=1&{name}=1")).expect(400).json();
        assert!(document["context"]["failedValidations"][name].is_array(), "{document}");
    }
    let document = get(&world, &format!("?{}", "x=1&".repeat(65))).expect(400).json();
    assert_eq!(document.get("context"), None);
    // Parameters that were not recorded are ignored, and so are unknown names of fields.
    get(&world, "?_locale=de&page=2&fields=,,x,&X-Organization-Id=1").expect(200);
    // On a single distribution these parameters are ignored.
    get(&world, "/1?number=99&status=x").expect(200);
}
