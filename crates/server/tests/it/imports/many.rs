//! Many rows, beside others who write: nobody is sent away, nothing is lost, and what others change
//! between the judging of a file and its transaction is judged again.

use std::sync::atomic::{AtomicBool, Ordering};

use apportion_server::import::{ImportError, Importer, Options};
use apportion_testing::Place;
use serde_json::json;

use super::{attribute, count, payer, rows, told, world};
use crate::support::rows::programme::Programme;
use crate::support::world::{World, document};

apportion_testing::cases! {
    writers_are_answered_meanwhile, every_row_has_its_event, changes_before_the_transaction,
    refusals_before_the_transaction, credits_before_the_transaction
}

/// A number of rows that, one by one, would hold the writer of SQLite for longer than others wait.
const MANY: usize = 20_000;

fn writers_are_answered_meanwhile(place: &Place) {
    let world = world(place);
    let line = |at: usize| format!("Deal {},{}.{:02}\n", at * 7919 % MANY, at, at % 100);
    let deals: String = (0..MANY).map(line).collect();
    let deals = format!("name,value\n{deals}");
    let is_done = AtomicBool::new(false);
    let created = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut created = 0;
            while !is_done.load(Ordering::Relaxed) {
                world.deal("Meanwhile", 1);
                created += 1;
            }
            created
        });
        let mut importer = Importer::open(&world.database, world.organization).unwrap();
        let imported = importer.import("deals", deals.as_bytes(), |_| {});
        is_done.store(true, Ordering::Relaxed);
        assert_eq!(imported.unwrap(), MANY as u64);
        writer.join().unwrap()
    });
    assert!(created > 0);
    assert_eq!(count(&world, "deals"), MANY as i64 + created);
    let path = "/deals?filter[name]=Deal%200,Deal%201&page[size]=200";
    assert_eq!(world.get(path).expect(200).json()["meta"]["total_count"], 2);
    world.check_laws();
}

/// There are more rows than one statement inserts.
fn every_row_has_its_event(place: &Place) {
    const DEALS: usize = 700;
    let world = world(place);
    let before = count(&world, "events");
    let deals: String = (0..DEALS).map(|at| format!("Deal {at},100\n")).collect();
    let deals = format!("name,value\n{deals}");
    let days = "2026-01-01,2026-01-31";
    let spread: String = (0..2 * DEALS).map(|at| format!("Deal {},{days},10\n", at / 2)).collect();
    let spread = format!("deal,start_on,end_on,amount_percent\n{spread}");
    let files = [("deals", deals.as_str()), ("revenue_distributions", spread.as_str())];
    super::import(&world, Options::default(), &files).unwrap();
    let events = |kind: &str, action: &str| {
        let filter = format!("filter[subject_type]={kind}&filter[action]={action}");
        let list = world.get(&format!("/events?{filter}&sort=-id&page[size]=1")).json();
        (list["meta"]["total_count"].clone(), list["data"][0]["attributes"]["subject_id"].clone())
    };
    assert_eq!(events("deals", "create"), (json!(DEALS), json!(DEALS)));
    let distributions = 2 * DEALS;
    let made = events("revenue_distributions", "create");
    assert_eq!(made, (json!(distributions), json!(distributions)));
    // Deals that are there get one update each, however many distributions are added.
    super::good(&world, "revenue_distributions", &format!("{spread}Deal 0,{days},1\n"));
    assert_eq!(events("deals", "update").0, DEALS);
    assert_eq!(
        count(&world, "events"),
        before + 3 * DEALS as i64 + distributions as i64 + 1 + DEALS as i64
    );
    let first = &rows(&world, "deals")[0]["attributes"];
    assert_eq!(first["distributed_percent"], "41.0");
    assert_eq!(first["distributed_amount"], 4_100);
    world.check_laws();
}

/// Reads a file, does something else, and inserts the rows of the file.
fn amid(
    world: &World,
    kind: &str,
    text: &str,
    meanwhile: impl FnOnce(),
) -> Result<(), ImportError> {
    let mut importer = Importer::open(&world.database, world.organization).unwrap();
    let mut batch = importer.batch(Options::default());
    batch.read(kind, kind, text.as_bytes(), |_| {}).unwrap();
    meanwhile();
    batch.finish().map(|_| ())
}

fn changes_before_the_transaction(place: &Place) {
    let world = world(place);
    let deal = world.deal("D", 10_000);
    let text = "deal,start_on,end_on,amount_percent\nD,2026-01-01,2026-01-31,50\n";
    let body = document("deals", json!({"value": 20_000}), &[]);
    let path = format!("/deals/{deal}");
    amid(&world, "revenue_distributions", text, || {
        world.patch(&path, &body).expect(200);
    })
    .unwrap();
    assert_eq!(attribute(&world, "revenue_distributions", "amount"), [10_000]);
    assert_eq!(attribute(&world, "deals", "distributed_amount"), [10_000]);
    let text = "deal,start_on,end_on,amount_percent\nD,2026-01-01,2026-01-31,10\n";
    amid(&world, "revenue_distributions", text, || {
        world.spread(&deal, "2026-01-01", "2026-01-31", "25");
    })
    .unwrap();
    assert_eq!(attribute(&world, "deals", "distributed_amount"), [17_000]);
    // New amounts, in the units that the distributor has by then.
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let id = payer(&world, "P", "EUR");
    let body = document("distributors", json!({"units": "KWD"}), &[]);
    let text = "distributor,collaborator_id,value,status\nP,1,1.50,approved\n";
    let path = format!("/distributors/{id}");
    amid(&world, "obligations", text, || {
        world.patch(&path, &body).expect(200);
    })
    .unwrap();
    assert_eq!(attribute(&world, "obligations", "value"), [1_500]);
    world.check_laws();
}

fn refusals_before_the_transaction(place: &Place) {
    let world = world(place);
    let days = "2026-01-01,2026-01-31,50";
    let spread = |name: &str| format!("deal,start_on,end_on,amount_percent\n{name},{days}\n");
    let renamed = world.deal("Old", 100);
    let body = document("deals", json!({"name": "New"}), &[]);
    let path = format!("/deals/{renamed}");
    let error = amid(&world, "revenue_distributions", &spread("Old"), || {
        world.patch(&path, &body).expect(200);
    });
    assert_eq!(told(&error.unwrap_err()), ["2: deal: there is no deal 'Old'"]);
    let error = amid(&world, "revenue_distributions", &spread("New"), || {
        world.delete(&path).expect(204);
    });
    assert_eq!(told(&error.unwrap_err()), ["2: deal: there is no deal 'New'"]);
    let text = "full_name,email\nAnn,ann@example.org\n";
    let same = json!({"full_name": "A", "email": "ANN@example.org"});
    let error = amid(&world, "collaborators", text, || {
        world.create("collaborators", same, &[]);
    });
    assert_eq!(told(&error.unwrap_err()), ["2: email: is another collaborator's"]);
    let id = payer(&world, "P", "EUR");
    let owed = "distributor,collaborator,value,status\nP,ann@example.org,1.00,approved\n";
    super::good(&world, "obligations", owed);
    let back = "distributor,collaborator,value,reverses_id\nP,ann@example.org,-0.60,1\n";
    let links = [
        ("distributor", "distributors", id.as_str()),
        ("collaborator", "collaborators", "1"),
        ("reverses", "obligations", "1"),
    ];
    let error = amid(&world, "obligations", back, || {
        world.create("obligations", json!({"value": -50}), &links);
    });
    let said = "2: value: must be from -50 to -1, which takes back what is left; it is -60";
    assert_eq!(told(&error.unwrap_err()), [said]);
    let gone = payer(&world, "Gone", "EUR");
    let text = "distributor,collaborator,value\nGone,ann@example.org,1.00\n";
    let error = amid(&world, "obligations", text, || {
        world.delete(&format!("/distributors/{gone}")).expect(204);
    });
    assert_eq!(told(&error.unwrap_err()), ["2: distributor: there is no distributor 'Gone'"]);
    let text = "name\nA\n";
    let error = amid(&world, "deals", text, || super::good(&world, "deals", text));
    assert!(matches!(error.unwrap_err(), ImportError::Repeated { .. }));
    assert_eq!([count(&world, "deals"), count(&world, "obligations")], [1, 2]);
    world.check_laws();
}

fn credits_before_the_transaction(place: &Place) {
    let programme = Programme::start(place, json!({"name": "Pool"}));
    let world = &programme.world;
    let text = "distributor,collaborator_id,points\nPool,1,2\n";
    amid(world, "metric_credits", text, || programme.credit(&[("1", 5)])).unwrap();
    assert_eq!(attribute(world, "metrics", "score"), [7]);
    let text = "distributor,collaborator_id,points\nPool,1,3\n";
    let path = format!("{}/relationships/collaborators", programme.path());
    let body = json!({"data": [{"type": "collaborators", "id": "1"}]});
    let error = amid(world, "metric_credits", text, || {
        let answer = world.request("DELETE", &path, Some(&body));
        assert!(answer.status < 300, "{}", answer.status);
    });
    let said = "2: distributor: must have the collaborator among its collaborators";
    assert_eq!(told(&error.unwrap_err()), [said]);
    assert_eq!(attribute(world, "metrics", "score"), [7]);
}
