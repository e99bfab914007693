//! J88 and J89: DELETE. Not here: rows that cannot be deleted because others refer to them
//! (`writing::delete`).

use apportion_testing::Place;

use crate::support::refusal::{refused, send_body};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{another, written};
use crate::support::standard::every_answer::ask;
use crate::support::world::World;

apportion_testing::cases! {
    j88_a_deletion_is_204_without_a_document,
    j89_a_missing_row_is_404_and_a_body_says_nothing,
}

/// Makes a row of every writable type that nothing refers to; returns their addresses, and whether
/// a deleted one is still shown, as deleted.
#[track_caller]
fn fresh(world: &World) -> Vec<(String, bool)> {
    // A token that is ended stays in its list, because events name it (`access::tokens`).
    let kinds = written(world).into_iter().filter(|(kind, _)| kind.name != "tokens");
    let made = kinds.map(|(kind, _)| {
        let list = format!("/{}", kind.name);
        let made = world.post(&list, &another(world, kind)).expect(201).json();
        (format!("{list}/{}", made["data"]["id"].as_str().unwrap()), kind.hidden_rows.is_some())
    });
    made.collect()
}

fn j88_a_deletion_is_204_without_a_document(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let count = |list: &str| {
        world.get(&format!("/{list}")).expect(200).json()["meta"]["total_count"].as_i64().unwrap()
    };
    for (row, still_shown) in fresh(world) {
        let list = row.split('/').nth(1).unwrap();
        let before = count(list);
        let answer = world.delete(&format!("{row}/")).expect(204);
        assert_eq!((answer.body.len(), answer.header("Content-Type")), (0, None), "{row}");
        assert_eq!(count(list), before - 1, "{row}");
        world.get(&row).expect(if still_shown { 200 } else { 404 });
    }
}

fn j89_a_missing_row_is_404_and_a_body_says_nothing(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for (row, still_shown) in fresh(world) {
        world.delete(&row).expect(204);
        if still_shown {
            refused(world, ("DELETE", &row), "", 409, &["409"]);
        } else {
            refused(world, ("DELETE", &row), "", 404, &["404"]);
        }
        let list = row.split('/').nth(1).unwrap();
        for id in ["987654321", "x", "0", "1"] {
            // The first row of the sample belongs to another organization.
            refused(world, ("DELETE", &format!("/{list}/{id}")), "", 404, &["404"]);
        }
    }
    for body in ["{", r#"{"data": {"type": "people", "id": "9"}}"#, "null", "\u{0}"] {
        for (row, _) in fresh(world) {
            send_body(world, "DELETE", &row, body).expect(204);
        }
    }
    for (row, _) in fresh(world) {
        let headers = [("Content-Type", "text/plain"), ("Content-Encoding", "gzip")];
        ask(world, "DELETE", &row, &headers, b"x").expect(204);
    }
}
