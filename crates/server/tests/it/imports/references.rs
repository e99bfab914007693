//! Rows that a file names: stored ones and those of the same command, by name or by id.

use apportion_server::import::Options;
use apportion_testing::Place;
use serde_json::{Value, json};

use super::{bad, count, good, import, payer, rows, told, world};

apportion_testing::cases! {
    rows_of_the_same_command, names_that_are_ambiguous, ids_and_names_agree, ids_that_are_none,
    sums_of_the_same_command
}

fn rows_of_the_same_command(place: &Place) {
    let world = world(place);
    world.deal("Old", 100);
    import(
        &world,
        Options::default(),
        &[
            ("deals", "name,value\nNew,100.00\nOther,1.00\n"),
            (
                "revenue_distributions",
                "deal,start_on,end_on,amount_percent\n\
                 New,2026-01-01,2026-01-31,50\nOld,2026-01-01,2026-01-31,10\n\
                 New,2026-02-01,2026-02-28,25\n",
            ),
            ("collaborators", "full_name,email\nAnn,ann@Example.org\n"),
            (
                "distributors",
                "name;units;pool_resolver;distribution_resolver\n\
                 Paid;JPY;obligations;accumulated_obligations\n",
            ),
            (
                "obligations",
                "distributor;collaborator;value;status\nPaid;ann@example.ORG;1250;approved\n",
            ),
        ],
    )
    .unwrap();
    let deals = rows(&world, "deals");
    let distributed = |at: usize| deals[at]["attributes"]["distributed_amount"].clone();
    assert_eq!([distributed(0), distributed(1), distributed(2)], [10, 5_000 + 2_500, 0]);
    let whose: Vec<Value> = rows(&world, "revenue_distributions")
        .iter()
        .map(|row| row["relationships"]["deal"]["data"]["id"].clone())
        .collect();
    assert_eq!(whose, ["2", "1", "2"]);
    let owed = rows(&world, "obligations");
    assert_eq!(owed[0]["attributes"]["value"], 1250);
    assert_eq!(owed[0]["attributes"]["units"], "JPY");
    let path = "/distributors/1?fields[distributors]=accumulated_value";
    let payer = world.get(path).json();
    assert_eq!(payer["data"]["attributes"]["accumulated_value"], 1250);
    world.check_laws();
}

fn names_that_are_ambiguous(place: &Place) {
    let world = world(place);
    world.deal("One", 100);
    world.deal("Twin", 100);
    world.deal("Twin", 100);
    let line = |deal: &str| format!("{deal},2026-01-01,2026-01-31,50\n");
    let head = "deal,start_on,end_on,amount_percent\n";
    let many = |deal| {
        format!(
            "more than one deal is called '{deal}'; give the id in a column deal_id, or the \
             external_id in deal_external_id"
        )
    };
    let said = [format!("2: deal: {}", many("Twin")), "3: deal: there is no deal 'one'".to_owned()];
    let text = format!("{head}{}{}{}", line("Twin"), line("one"), line("One"));
    assert_eq!(bad(&world, "revenue_distributions", &text), said);
    // A stored deal and one of the same command, or two of the same command.
    for deals in ["name\nOne\n", "name\nNew\nNew\n"] {
        let name = if deals.contains("One") { "One" } else { "New" };
        let text = format!("{head}{}", line(name));
        let files = [("deals", deals), ("revenue_distributions", text.as_str())];
        let error = import(&world, Options::default(), &files).unwrap_err();
        assert_eq!(told(&error), [format!("2: deal: {}", many(name))]);
    }
    payer(&world, "P", "EUR");
    let gone = payer(&world, "P", "EUR");
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let text = "distributor,collaborator_id,value\nP,1,1\n";
    let said = "2: distributor: more than one distributor is called 'P'; give the id in a column \
                distributor_id, or the external_id in distributor_external_id";
    assert_eq!(bad(&world, "obligations", text), [said]);
    // One that is deleted has lost its name.
    world.delete(&format!("/distributors/{gone}")).expect(204);
    good(&world, "obligations", text);
    let text = format!("distributor_id,collaborator_id,value\n{gone},1,1\n");
    let said = ["2: distributor_id: must not be deleted"];
    assert_eq!(bad(&world, "obligations", &text), said);
    assert_eq!(count(&world, "revenue_distributions"), 0);
}

fn ids_and_names_agree(place: &Place) {
    let world = world(place);
    for name in ["One", "Two"] {
        world.deal(name, 100);
    }
    let head = "deal,deal_id,start_on,end_on,amount_percent\n";
    let days = "2026-01-01,2026-01-31,50\n";
    good(&world, "revenue_distributions", &format!("{head}One,1,{days},2,{days}Two,,{days}"));
    let text = format!("{head}One,2,{days}One,x,{days}");
    let said =
        [2, 3].map(|line| format!("{line}: deal_id: must be the id of the row in the column deal"));
    assert_eq!(bad(&world, "revenue_distributions", &text), said);
    assert_eq!(count(&world, "revenue_distributions"), 3);
}

fn ids_that_are_none(place: &Place) {
    let world = world(place);
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    payer(&world, "P", "EUR");
    let text = "distributor_id,collaborator_id,value,reverses_id\n\
                99,1,1,\n1,99,1,\n01,1,1,\n1,1,1,99\n1,1,1,x\n,1,1,\n1,,1,\n";
    let said = [
        "2: distributor_id: There is no record '99' of type distributors",
        "3: collaborator_id: There is no record '99' of type collaborators",
        "4: distributor_id: There is no record '01' of type distributors",
        "5: reverses_id: There is no record '99' of type obligations",
        "6: reverses_id: There is no record 'x' of type obligations",
        "7: distributor: is required",
        "8: collaborator: is required",
    ];
    assert_eq!(bad(&world, "obligations", text), said);
    // Another organization's row is no row.
    let mut stranger =
        apportion_server::import::Importer::open(&world.database, world.other).unwrap();
    stranger.import("deals", "name\nTheirs\n".as_bytes(), |_| {}).unwrap();
    let text = "deal,deal_id,start_on,end_on,amount_percent\n\
                Theirs,,2026-01-01,2026-01-31,50\n,1,2026-01-01,2026-01-31,50\n";
    let said = ["2: deal: there is no deal 'Theirs'", "3: deal_id: There is no such deal"];
    assert_eq!(bad(&world, "revenue_distributions", text), said);
    assert_eq!(count(&world, "obligations"), 0);
}

/// A row finds only what the rows before it have left.
fn sums_of_the_same_command(place: &Place) {
    let world = world(place);
    let most = i64::MAX;
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    payer(&world, "P", "points");
    let head = "distributor,collaborator_id,status,value";
    let text = format!("{head}\nP,1,approved,{most}\nP,1,,{most}\nP,1,approved,1\n");
    let said = ["4: value: makes a sum that does not fit 64 bits"];
    assert_eq!(bad(&world, "obligations", &text), said);
    // The parts of reversals come to what they reverse at most, within the file and before it.
    good(&world, "obligations", &format!("{head}\nP,1,approved,100\n"));
    let head = "distributor,collaborator_id,status,value,reverses_id";
    let text = format!("{head}\nP,1,approved,-60,1\nP,1,,-40,1\nP,1,,-1,1\n");
    let said = ["4: reverses_id: must not be reversed in whole already"];
    assert_eq!(bad(&world, "obligations", &text), said);
    good(&world, "obligations", &format!("{head}\nP,1,approved,-60,1\n"));
    let text = format!("{head}\nP,1,,-41,1\n");
    let said = ["2: value: must be from -40 to -1, which takes back what is left; it is -41"];
    assert_eq!(bad(&world, "obligations", &text), said);
    good(&world, "obligations", &format!("{head}\nP,1,approved,,1\n"));
    let values: Vec<Value> =
        rows(&world, "obligations").iter().map(|row| row["attributes"]["value"].clone()).collect();
    assert_eq!(values, [100, -60, -40]);
    // So do the distributions of a deal.
    good(&world, "deals", &format!("name,value_minor\nD,{most}\n"));
    let days = "2026-01-01,2026-01-31";
    let text = format!("deal,start_on,end_on,amount_percent\nD,{days},100\nD,{days},100\n");
    let said =
        ["3: amount_percent: makes a sum of the deal's distributions that does not fit 64 bits"];
    assert_eq!(bad(&world, "revenue_distributions", &text), said);
    world.check_laws();
}
