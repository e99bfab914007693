//! The other types: people, collaborators, distributors and metric credits.

use std::sync::Arc;

use apportion_testing::Place;
use serde_json::{Value, json};

use super::{attribute, bad, count, good, rows, world};
use crate::support::rows::programme::Programme;

apportion_testing::cases! {
    people, collaborators_have_addresses_of_their_own, distributors_open, credits_add_up,
    credits_that_are_refused, a_distributor_that_is_due_is_triggered_first
}

fn people(place: &Place) {
    let world = world(place);
    good(&world, "people", "first_name\tlast_name\temail\nAda\tB\tada@example.org\nBen\tC\t\n");
    assert_eq!(attribute(&world, "people", "first_name"), ["Ada", "Ben"]);
    assert_eq!(attribute(&world, "people", "email"), [json!("ada@example.org"), json!(null)]);
    let said = ["2: email: must be an e-mail address", "3: first_name: is required"];
    assert_eq!(bad(&world, "people", "first_name,last_name,email\nA,B,c\n,B,\n"), said);
}

fn collaborators_have_addresses_of_their_own(place: &Place) {
    let world = world(place);
    good(&world, "collaborators", "full_name,email\nAnn,ann@example.org\nBen,\nEva,\n");
    let text = "full_name,email\nA,ANN@example.org\nB,b@example.org\nC,B@EXAMPLE.ORG\nD,\n";
    let said = ["2: email: is another collaborator's", "4: email: is another collaborator's"];
    assert_eq!(bad(&world, "collaborators", text), said);
    assert_eq!(count(&world, "collaborators"), 3);
}

fn distributors_open(place: &Place) {
    let world = world(place);
    good(
        &world,
        "distributors",
        "name;units;pool_resolver;distribution_resolver;pool_amount;revenue_percentage;schedule;\
         metric_types;requires_approval\n\
         Pool;EUR;fixed_amount;performance_shared_pool;1000,50;;[\"+1 month\"];\
         \"[{\"\"type\"\": \"\"manual\"\", \"\"points\"\": 2}]\";true\n\
         Share;EUR;recognized_revenue;evenly_shared_pool;;12,5;[];;\n",
    );
    let all = rows(&world, "distributors");
    let first = &all[0]["attributes"];
    assert_eq!(first["pool_amount"], 100_050);
    assert_eq!(first["schedule"], json!(["+1 month"]));
    assert_eq!(first["metric_types"], json!([{"type": "manual", "points": 2}]));
    assert_eq!(first["requires_approval"], true);
    assert!(first["next_trigger_date"].is_string(), "{first}");
    assert_eq!(all[1]["attributes"]["revenue_percentage"], "12.5");
    let text = "name,units,pool_resolver,distribution_resolver,schedule\n\
                A,EUR,obligations,accumulated_obligations,monthly\n\
                B,EUR,obligations,accumulated_obligations,\"[\"\"never\"\"]\"\n";
    let said = bad(&world, "distributors", text);
    assert!(said[0].starts_with("2: schedule: must be a JSON array"), "{said:?}");
    assert!(said.len() == 2 && said[1].starts_with("3: schedule: "), "{said:?}");
    world.check_laws();
}

fn credits_add_up(place: &Place) {
    let manual = json!({"metric_types": [{"type": "manual", "points": 1}], "name": "Pool"});
    let programme = Programme::start(place, manual);
    let world = Arc::clone(&programme.world);
    let people = rows(&world, "collaborators");
    assert_eq!(people.len(), 3);
    good(
        &world,
        "metric_credits",
        "distributor,collaborator_id,points,reason\nPool,1,3,May\nPool,2,4,\nPool,1,5,\n",
    );
    good(&world, "metric_credits", "distributor,collaborator_id,points\nPool,1,7\n");
    assert_eq!(attribute(&world, "metric_credits", "points"), [3, 4, 5, 7].map(Value::from));
    assert_eq!(attribute(&world, "metric_credits", "reason")[0], "May");
    assert_eq!(attribute(&world, "metrics", "score"), [15, 4].map(Value::from));
    world.check_laws();
}

fn credits_that_are_refused(place: &Place) {
    let manual = json!({"metric_types": [{"type": "manual", "points": 1}], "name": "Pool"});
    let programme = Programme::start(place, manual);
    let world = Arc::clone(&programme.world);
    programme.also(json!({"name": "No metric", "metric_types": []}));
    world.create("collaborators", json!({"full_name": "Stranger"}), &[]);
    let inactive = json!({"full_name": "Gone", "status": "inactive"});
    world.create("collaborators", inactive, &[]);
    let most = i64::MAX;
    let text = format!(
        "distributor,collaborator_id,points\n\
         Pool,1,0\nPool,4,1\nNo metric,1,1\nPool,5,1\nPool,1,{most}\nPool,1,1\nPool,1,x\nPool,9,1\n"
    );
    let said = [
        "2: points: must be greater than 0",
        "3: distributor: must have the collaborator among its collaborators",
        "4: distributor: must have a manual metric type",
        "5: collaborator_id: must be active",
        "7: points: makes a score that does not fit 64 bits",
        "8: points: must be an integer of at most 64 bits",
        "9: collaborator_id: There is no record '9' of type collaborators",
    ];
    assert_eq!(bad(&world, "metric_credits", &text), said);
    assert_eq!(count(&world, "metrics"), 0);
}

/// As with every other write to a distributor.
fn a_distributor_that_is_due_is_triggered_first(place: &Place) {
    let programme = Programme::start(place, json!({"name": "Pool"}));
    programme.begin_at("2025-03-01T12:00:00Z");
    programme.credit(&[("1", 1)]);
    let text = "distributor,collaborator_id,points\nPool,2,9\n";
    good(&programme.world, "metric_credits", text);
    assert_eq!(programme.paid("2"), ["1 10000 pending approved"]);
    programme.tick_when_due();
    assert_eq!(programme.paid("3"), ["2 10000 pending approved"]);
    programme.world.check_laws();
}
