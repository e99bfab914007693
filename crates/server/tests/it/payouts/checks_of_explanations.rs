//! The laws of conservation that hold rows against the explanations of distributions, and that no
//! law can be written.

use apportion_testing::Place;
use serde_json::json;

use super::checks::check;
use crate::support::rows::programme::Programme;
use crate::support::world::{World, run_sql};

apportion_testing::cases! {
    who_waits_is_told_why, a_share_that_waits_is_told_why, pools_are_their_part_of_revenue,
    they_are_read_only
}

/// Somebody who is owed and not paid is in the explanation, with what is open.
fn who_waits_is_told_why(place: &Place) {
    let programme = Programme::start(place, json!({}));
    programme.begin_at("2025-03-01T12:00:00Z");
    let waits = programme.owe("1", -5, json!({}));
    let then = "'2025-06-01 00:00:00'";
    let set = format!("UPDATE obligations SET created_at = {then}, updated_at = {then}");
    run_sql(&programme.world, &set);
    programme.tick("2026-01-01T00:00:00Z");
    only_one_waits(&programme, &waits);
}

/// So is the share of an earlier pool, although nobody has approved it.
fn a_share_that_waits_is_told_why(place: &Place) {
    let more = json!({"requires_approval": true, "minimum_value": 20_000});
    let programme = Programme::start(place, more);
    programme.begin_at("2024-03-01T12:00:00Z");
    programme.credit(&[("1", 1)]);
    programme.tick("2025-01-01T00:00:00Z");
    let kept = programme.list("/obligations?filter[status]=pending");
    assert_eq!(kept.len(), 1);
    programme.tick("2026-01-01T00:00:00Z");
    only_one_waits(&programme, kept[0]["id"].as_str().unwrap());
}

/// Checks that the law holds for one obligation, and fails for it without the explanations.
#[track_caller]
fn only_one_waits(programme: &Programme, id: &str) {
    let law = check(&programme.world, "waiting-explained")["attributes"].clone();
    assert_eq!((&law["result"], &law["left"]), (&json!("pass"), &json!(1)));
    // Figures that are wrong explain nothing, nor do none.
    for wrong in ["replace(explanation, '\"net\":', '\"net\":1')", "'{}'"] {
        let set = format!("UPDATE distributions SET explanation = {wrong}");
        run_sql(&programme.world, &set);
        let law = check(&programme.world, "waiting-explained")["attributes"].clone();
        assert_eq!((&law["result"], &law["right"]), (&json!("fail"), &json!(0)), "{wrong}");
        let example = &law["counter_examples"][0];
        assert_eq!((&example["type"], &example["id"]), (&json!("obligations"), &json!(id)));
    }
}

fn pools_are_their_part_of_revenue(place: &Place) {
    let revenue = json!({
        "pool_resolver": "recognized_revenue", "revenue_percentage": "12.5", "pool_amount": null,
    });
    let programme = Programme::start(place, revenue);
    let deal = programme.world.deal("Sold", 800);
    programme.world.spread(&deal, "2025-03-01", "2025-03-08", "100");
    programme.begin_at("2025-01-01T12:00:00Z");
    programme.credit(&[("1", 1)]);
    programme.tick("2026-01-01T00:00:00Z");
    let law = || check(&programme.world, "pools-follow-revenue")["attributes"].clone();
    let holds = law();
    assert_eq!((&holds["result"], &holds["left"]), (&json!("pass"), &json!(100)));
    let told = |from: i64, to: i64| {
        let [from, to] = [from, to].map(|figure| format!("\"recognized\":{figure}"));
        format!("explanation = replace(explanation, '{from}', '{to}')")
    };
    let breaks = [
        ("carried = carried + 1".to_owned(), "carried = carried - 1".to_owned()),
        ("period_from = '2025-01-02'".to_owned(), "period_from = '2025-01-01'".to_owned()),
        (told(800, 840), told(840, 800)),
    ];
    for (set, mend) in breaks {
        run_sql(&programme.world, &format!("UPDATE distributions SET {set} WHERE id = 2"));
        let broken = law();
        let example = &broken["counter_examples"][0];
        assert_eq!((&broken["result"], &example["id"]), (&json!("fail"), &json!("2")), "{set}");
        run_sql(&programme.world, &format!("UPDATE distributions SET {mend} WHERE id = 2"));
        assert_eq!(law()["result"], "pass", "{mend}");
    }
}

fn they_are_read_only(place: &Place) {
    let world = World::start(place);
    for path in ["/checks", "/checks/slices-sum"] {
        assert!(world.request("HEAD", path, None).expect(200).body.is_empty());
        world.request_as(&world.reader, "GET", path, None).expect(200);
        let options = world.request("OPTIONS", path, None).expect(204);
        assert_eq!(options.header("Allow"), Some("GET, HEAD, OPTIONS"));
        for method in ["POST", "PATCH", "DELETE", "PUT"] {
            let answer = world.request(method, path, None).expect(405);
            assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method} {path}");
        }
    }
}
