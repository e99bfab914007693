//! Rows that another system has names for: files that refer to them, and files that change them.

use apportion_server::import::{MAX_LISTED, Options, TypeSummary};
use apportion_testing::Place;
use serde_json::{Value, json};

use super::{attribute, bad, count, good, import, payer, rows, told, world};
use crate::support::resources::{attributes, change};
use crate::support::world::World;

apportion_testing::cases! {
    rows_are_named_by_their_external_ids, known_names_are_refused,
    known_rows_are_changed_and_others_inserted, what_is_as_the_file_says_is_left_alone,
    a_change_is_judged_as_a_request_is, new_rows_are_judged_by_what_changes_leave,
    decimals_do_not_move_money, rows_that_update_have_names, deleted_distributors_give_it_up,
    tables_come_back_as_they_went, changes_are_bounded
}

pub(super) const UPDATE: Options = Options { again: false, dry_run: false, update: true };
const TRY: Options = Options { again: false, dry_run: true, update: true };

/// Imports files of which known rows are changed; returns `new changed unchanged` of each type.
#[track_caller]
pub(super) fn update(world: &World, files: &[(&str, &str)]) -> Vec<String> {
    let tried = import(world, TRY, files).unwrap_or_else(|error| panic!("{:?}", told(&error)));
    let done = import(world, UPDATE, files).unwrap_or_else(|error| panic!("{:?}", told(&error)));
    assert_eq!(tried, done);
    let line = |TypeSummary { kind, rows, changed, unchanged, .. }: &TypeSummary| {
        format!("{kind} {rows} {changed} {unchanged}")
    };
    done.iter().map(line).collect()
}

/// Tries such files, which must be bad; returns their faults.
#[track_caller]
fn refused(world: &World, kind: &str, text: &str) -> Vec<String> {
    let events = count(world, "events");
    let told = told(&import(world, UPDATE, &[(kind, text)]).unwrap_err());
    assert_eq!(count(world, "events"), events);
    told
}

fn rows_are_named_by_their_external_ids(place: &Place) {
    let world = world(place);
    good(&world, "deals", "name,value,external_id\nA,10.00,crm-1\nA,20.00,cre\u{300}me\n");
    let files = [
        ("deals", "name,value,external_id\nA,30.00,crm-3\n"),
        (
            "revenue_distributions",
            "deal_external_id,start_on,end_on,amount_percent,external_id\n\
             cr\u{e8}me,2026-01-01,2026-01-31,50,x\ncrm-3,2026-01-01,2026-01-31,50,y\n",
        ),
        ("collaborators", "full_name,external_id\nAnn,hr-1\n"),
        (
            "distributors",
            "name,units,external_id,pool_resolver,distribution_resolver\n\
             P,EUR,pay-1,obligations,accumulated_obligations\n",
        ),
        (
            "obligations",
            "distributor_external_id,distributor,collaborator_external_id,value,external_id\n\
             pay-1,P,hr-1,12.50,o-1\n",
        ),
    ];
    import(&world, Options::default(), &files).unwrap();
    assert_eq!(attribute(&world, "revenue_distributions", "amount"), [1_000, 1_500]);
    assert_eq!(attribute(&world, "revenue_distributions", "external_id"), ["x", "y"]);
    assert_eq!(attribute(&world, "obligations", "external_id"), ["o-1"]);
    let text = "deal,deal_external_id,deal_id,start_on,end_on,amount_percent\n\
                A,crm-1,1,2026-01-01,2026-01-31,5\n,crm-9,,2026-01-01,2026-01-31,5\n\
                ,crm-1,2,2026-01-01,2026-01-31,5\n";
    let faults = bad(&world, "revenue_distributions", text);
    let expected = [
        "2: deal: more than one deal is called 'A'; give the id in a column deal_id, or the \
         external_id in deal_external_id",
        "3: deal_external_id: there is no deal with the external_id 'crm-9'",
        "4: deal_id: must be the id of the row in the column deal",
    ];
    assert_eq!(faults, expected);
    good(&world, "deals", "name\nB\n");
    let text = "deal,deal_external_id,start_on,end_on,amount_percent\n\
                B,crm-1,2026-01-01,2026-01-31,5\n";
    let expected = ["2: deal_external_id: names another row than the column deal does"];
    assert_eq!(bad(&world, "revenue_distributions", text), expected);
}

fn known_names_are_refused(place: &Place) {
    let world = world(place);
    payer(&world, "P", "EUR");
    let text = "distributor,collaborator_id,points,external_id\nP,1,1,c\n";
    good(&world, "deals", "name,external_id\nA,1\n");
    good(&world, "people", "first_name,last_name,external_id\nA,B,1\n");
    let faults = bad(&world, "deals", "name,external_id\nB,1\nC,2\nD,2\nE,a\tb\nF,\n");
    let expected = [
        "2: external_id: is that of record '1' of type deals; give --update to change that one",
        "4: external_id: is that of an earlier row",
        "5: external_id: must not contain control characters",
    ];
    assert_eq!(faults, expected);
    let files = [("deals", "name,external_id\nB,2\n"), ("deals", "name,external_id\nC,2\n")];
    let error = import(&world, Options::default(), &files).unwrap_err();
    assert_eq!(told(&error), ["2: external_id: is that of an earlier row"]);
    assert_eq!(count(&world, "deals"), 1);
    // Credits are never changed.
    let pool = json!({
        "name": "Pool", "units": "EUR", "pool_resolver": "fixed_amount", "pool_amount": 100,
        "distribution_resolver": "performance_shared_pool", "schedule": ["RRULE:FREQ=DAILY"],
        "metric_types": [{"type": "manual", "points": 1}],
    });
    let pool = world.create("distributors", pool, &[]);
    let ann = world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let members = json!({"data": [{"type": "collaborators", "id": ann}]});
    world.patch(&format!("/distributors/{pool}/relationships/collaborators"), &members).expect(200);
    let text = text.replace("P,1", &format!("Pool,{ann}"));
    good(&world, "metric_credits", &text);
    let reason = "2: external_id: is that of record '1' of type metric_credits, which cannot be \
                  changed";
    assert_eq!(bad(&world, "metric_credits", &text.replace("1,c", "2,c")), [reason]);
    // One that is as the file says is left alone, and new ones are inserted.
    let more = format!("{text}Pool,{ann},3,d\n");
    assert_eq!(update(&world, &[("metric_credits", &more)]), ["metric_credits 1 0 1"]);
    let reason = "2: external_id: is that of a record that differs and cannot be changed";
    assert_eq!(refused(&world, "metric_credits", &text.replace("1,c", "2,c")), [reason]);
}

fn known_rows_are_changed_and_others_inserted(place: &Place) {
    let world = world(place);
    let deals = "name,currency,value,exchange_rate,external_id\nA,EUR,10.00,,1\nY,JPY,7,0.01,2\n";
    let spread = "deal_external_id,start_on,end_on,amount_percent,external_id\n\
                  1,2026-01-01,2026-01-31,50,1\n";
    assert_eq!(
        update(&world, &[("deals", deals), ("revenue_distributions", spread)]),
        ["deals 2 0 0", "revenue_distributions 1 0 0"]
    );
    // Amounts are in the units of the stored row where the line does not give others. An empty cell
    // changes nothing, and the distributions of a deal follow.
    let deals = "name,value,external_id\n,30.00,1\nB,9,2\nC,1.00,3\n";
    let spread = "deal,deal_external_id,start_on,end_on,amount_percent,external_id\n\
                  ,,2026-02-01,2026-02-28,,1\nB,2,2026-01-01,2026-01-31,50,2\n";
    let known = "deal,start_on,end_on,amount_percent,external_id\nA,,,,1\n";
    assert_eq!(update(&world, &[("deals", deals)]), ["deals 1 2 0"]);
    assert_eq!(
        update(&world, &[("revenue_distributions", spread)]),
        ["revenue_distributions 1 1 0"]
    );
    assert_eq!(
        update(&world, &[("revenue_distributions", known)]),
        ["revenue_distributions 0 0 1"]
    );
    assert_eq!(attribute(&world, "deals", "name"), ["A", "B", "C"]);
    assert_eq!(attribute(&world, "deals", "value"), [3_000, 9, 100]);
    assert_eq!(attribute(&world, "deals", "distributed_amount"), [1_500, 5, 0]);
    let ends = attribute(&world, "revenue_distributions", "end_on");
    assert_eq!(ends, ["2026-02-28", "2026-01-31"]);
    // Such a change has events as one by a request has.
    let events = world.get("/events?filter[subject_type]=deals&filter[action]=update").expect(200);
    assert!(events.json()["meta"]["total_count"].as_i64() >= Some(2), "{:?}", events.json());
    for (kind, first, second) in [
        ("people", "first_name,last_name,external_id\nA,B,1\n", "last_name,external_id\nC,1\n"),
        ("collaborators", "full_name,external_id\nA,1\n", "email,external_id\na@b.example,1\n"),
        (
            "distributors",
            "name,units,external_id,pool_resolver,distribution_resolver,minimum_value\n\
             P,EUR,1,obligations,accumulated_obligations,1.00\n",
            "minimum_value,external_id\n2.00,1\n",
        ),
        (
            "obligations",
            "distributor_external_id,collaborator_external_id,value,external_id\n1,1,1.00,1\n",
            "status,value,external_id\napproved,2.50,1\n",
        ),
    ] {
        assert_eq!(update(&world, &[(kind, first)]), [format!("{kind} 1 0 0")]);
        assert_eq!(update(&world, &[(kind, second)]), [format!("{kind} 0 1 0")]);
    }
    assert_eq!(attribute(&world, "obligations", "value"), [250]);
    assert_eq!(attribute(&world, "distributors", "minimum_value"), [200]);
    let owed = attributes(&world, "/distributors/1?fields[distributors]=accumulated_value");
    assert_eq!(owed["accumulated_value"], 250);
    world.check_laws();
}

/// A file that comes every night and changes little writes little.
fn what_is_as_the_file_says_is_left_alone(place: &Place) {
    let world = world(place);
    let text = "name,currency,value,exchange_rate,date,external_id\n\
                A,EUR,10.00,,2026-01-31,1\nY,JPY,7,0.0100,,2\n";
    update(&world, &[("deals", text)]);
    let events = count(&world, "events");
    assert_eq!(update(&world, &[("deals", text)]), ["deals 0 0 2"]);
    assert_eq!(count(&world, "events"), events);
    assert_eq!(update(&world, &[("deals", &text.replace("10.00", "11.00"))]), ["deals 0 1 1"]);
    assert_eq!(count(&world, "events"), events + 1);
}

fn a_change_is_judged_as_a_request_is(place: &Place) {
    let world = world(place);
    update(&world, &[("deals", "name,value,external_id\nA,10.00,1\nB,20.00,2\n")]);
    let text = "name,value,probability,external_id\nA,1.234,,1\nB,,101,2\n,1.00,,3\n";
    let expected = [
        "2: value: must have at most 2 decimals in EUR, not '1.234'",
        "3: probability: must be from 0 to 100",
        "4: name: is required",
    ];
    assert_eq!(refused(&world, "deals", text), expected);
    payer(&world, "P", "EUR");
    let text = "distributor,collaborator_id,value,status,external_id\nP,1,5.00,approved,o\n";
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    update(&world, &[("obligations", text)]);
    change(&world, "/obligations/1", json!({"status": "cancelled"}));
    let faults = refused(&world, "obligations", "value,external_id\n6.00,o\n");
    assert_eq!(faults, ["2: value: the obligation is cancelled, so value cannot be changed"]);
    // A row of the same command is not there when others are changed.
    let spread = "deal_external_id,start_on,end_on,amount_percent,external_id\n\
                  1,2026-01-01,2026-01-31,50,1\n";
    update(&world, &[("revenue_distributions", spread)]);
    let files = [
        ("deals", "name,external_id\nC,9\n"),
        ("revenue_distributions", "deal_external_id,external_id\n9,1\n"),
    ];
    let error = import(&world, UPDATE, &files).unwrap_err();
    let expected = "2: deal: must not be a row that the same command inserts; import that row by a \
                    command before";
    assert_eq!(told(&error), [expected]);
    assert_eq!(count(&world, "deals"), 2);
}

/// All changes of a command come first, whatever the order of its rows.
fn new_rows_are_judged_by_what_changes_leave(place: &Place) {
    let world = world(place);
    let many = "9000000000000000.00";
    let text = "name,value,external_id\nA,1.00,a\nOld,1.00,b\n";
    update(&world, &[("deals", text)]);
    update(&world, &[("collaborators", "full_name,email,status,external_id\nC,,inactive,c\n")]);
    let faults = |files: &[(&str, &str)]| {
        let tried = told(&import(&world, TRY, files).unwrap_err());
        assert_eq!(told(&import(&world, UPDATE, files).unwrap_err()), tried);
        tried
    };
    let spread = "deal_external_id,start_on,end_on,amount_percent,external_id\n\
                  a,2026-01-01,2026-01-31,2000,a\n";
    let deals = format!("value,external_id\n{many},a\n");
    let told = faults(&[("deals", &deals), ("revenue_distributions", spread)]);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("2: amount_percent: makes an amount"), "{told:?}");
    let taken = "full_name,email,external_id\nD,z@x.example,d\nC,z@x.example,c\n";
    let expected = ["2: email: is another collaborator's"];
    assert_eq!(faults(&[("collaborators", taken)]), expected);
    // A new name of a deal, and a rate, count for the rows of later files.
    let deals = "name,currency,exchange_rate,value,external_id\nNew,USD,0.5,2.00,b\n";
    let spread = "deal,start_on,end_on,amount_percent,external_id\n\
                  New,2026-01-01,2026-01-31,100,b\n";
    let done = import(&world, TRY, &[("deals", deals), ("revenue_distributions", spread)]).unwrap();
    assert_eq!(done[1].sums, ["2.00 USD"]);
    update(&world, &[("deals", deals), ("revenue_distributions", spread)]);
    assert_eq!(attribute(&world, "revenue_distributions", "amount_default"), [100]);
    // New deals are no stored ones, and count as such.
    let files = [
        ("deals", "name,currency,exchange_rate,external_id\nP,GBP,1.5,p\n"),
        (
            "distributors",
            "name,units,external_id,pool_resolver,distribution_resolver\n\
             P,gbp,1,obligations,accumulated_obligations\n",
        ),
    ];
    assert_eq!(faults(&files), ["2: units: must be GBP for the currency of a deal"]);
    world.check_laws();
}

/// A currency with other decimals is refused without the amount.
fn decimals_do_not_move_money(place: &Place) {
    let world = world(place);
    let text = "name,value,exchange_rate,external_id\nA,120.00,1,a\nZero,0,,z\n";
    update(&world, &[("deals", text)]);
    // A rate of 1 is kept as none.
    assert_eq!(update(&world, &[("deals", text)]), ["deals 0 0 2"]);
    let yen = "currency,exchange_rate,external_id\nJPY,0.01,a\n";
    let rule = "2: currency: changes the decimals of value, which must be given with it";
    assert_eq!(refused(&world, "deals", yen), [rule]);
    let yen = "currency,value,exchange_rate,external_id\nJPY,12000,0.01,a\nJPY,,0.01,z\n";
    assert_eq!(update(&world, &[("deals", yen)]), ["deals 0 2 0"]);
    assert_eq!(attribute(&world, "deals", "value"), [12_000, 0]);
    let dollars = "currency,exchange_rate,external_id\nKRW,0.01,a\n";
    assert_eq!(update(&world, &[("deals", dollars)]), ["deals 0 1 0"]);
}

/// A distributor stays as a row, and gives its name up all the same.
fn deleted_distributors_give_it_up(place: &Place) {
    let world = world(place);
    let text = "name,units,external_id,pool_resolver,distribution_resolver\n\
                P,EUR,a,obligations,accumulated_obligations\n";
    for id in ["1", "2"] {
        assert_eq!(update(&world, &[("distributors", text)]), ["distributors 1 0 0"]);
        world.delete(&format!("/distributors/{id}")).expect(204);
        assert_eq!(attributes(&world, &format!("/distributors/{id}"))["external_id"], Value::Null);
    }
}

/// Texts that look like formulas come back unchanged from a table.
fn tables_come_back_as_they_went(place: &Place) {
    let world = world(place);
    for (at, name) in ["=1+1", "'=1+1", "''-x", "'x", "-7", "+43", "@a", "plain"].iter().enumerate()
    {
        let external_id = format!("{name}{at}");
        world.create("deals", json!({"name": name, "external_id": external_id}), &[]);
    }
    let path = "/deals?format=csv&fields[deals]=name,value,external_id";
    let table = world.get(path).expect(200).body;
    let table = String::from_utf8(table).unwrap();
    let lines = table.lines().map(|line| line.split_once(',').unwrap().1.to_owned() + "\n");
    let before = rows(&world, "deals");
    let text: String = lines.collect();
    assert_eq!(update(&world, &[("deals", &text)]), ["deals 0 0 8"], "{text}");
    assert_eq!(rows(&world, "deals"), before);
}

fn rows_that_update_have_names(place: &Place) {
    let world = world(place);
    // A day without rows is no day that was imported before.
    good(&world, "deals", "name,external_id\n");
    good(&world, "deals", "name,external_id\n");
    let expected = ["2: external_id: is required in files that update rows"];
    assert_eq!(refused(&world, "deals", "name,external_id\nA,\n"), expected);
    assert_eq!(refused(&world, "deals", "name\nA\n"), expected);
    // The same bytes may come again.
    let text = "name,external_id\nA,1\n";
    assert_eq!(update(&world, &[("deals", text)]), ["deals 1 0 0"]);
    assert_eq!(update(&world, &[("deals", text)]), ["deals 0 0 1"]);
    let faults = refused(&world, "deals", "name,external_id\nA,1\nB,1\n");
    assert_eq!(faults, ["3: external_id: is that of an earlier row"]);
}

fn changes_are_bounded(place: &Place) {
    let world = world(place);
    let file = |name: &str| {
        let line = |at: i64| format!("{name}{at},{at}\n");
        format!("name,external_id\n{}", (0..2_001).map(line).collect::<String>())
    };
    update(&world, &[("deals", &file("A"))]);
    let expected = "2002: -: is one too many: a command changes at most 2000 rows; give the rest \
                    to another command";
    assert_eq!(refused(&world, "deals", &file("B")), [expected]);
    let all = file("B");
    let some: Vec<&str> = all.lines().take(2_001).collect();
    assert_eq!(update(&world, &[("deals", &some.join("\n"))]), ["deals 0 2000 0"]);
    assert_eq!(update(&world, &[("deals", &all)]), ["deals 0 1 2000"]);
    let bad: Value = json!(all.replace(",1", ",\t1"));
    assert_eq!(refused(&world, "deals", bad.as_str().unwrap()).len(), MAX_LISTED);
}
