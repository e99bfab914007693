//! Amounts in files are in units of their currency, exact, and never guessed.

use apportion_testing::Place;
use serde_json::{Value, json};

use super::{attribute, bad, count, good, payer, world};

apportion_testing::cases! {
    deals_in_units, other_spelling, amounts_of_distributors, obligations_in_their_units,
    wrong_amounts_are_explained
}

fn deals_in_units(place: &Place) {
    let world = world(place);
    good(
        &world,
        "deals",
        "name,currency,value,exchange_rate\n\
         A,,12000.00,\nB,EUR,12000,\nC,EUR,-0.5,\nD,JPY,12000,0.006\nE,KWD,1.234,3.1\n\
         F,CLF,0.0001,38\nG,EUR,92233720368547758.07,\nH,EUR,-92233720368547758.08,\nI,EUR,,\n\
         J,EUR,-0,\nK,EUR,007.10,\n",
    );
    let expected = [1_200_000, 1_200_000, -50, 12_000, 1_234, 1, i64::MAX, i64::MIN, 0, 0, 710];
    assert_eq!(attribute(&world, "deals", "value"), expected.map(Value::from));
    world.check_laws();
}

fn other_spelling(place: &Place) {
    let world = world(place);
    good(&world, "deals", "name,currency,value_minor,exchange_rate\nA,EUR,1250,\nB,JPY,7,1\n");
    assert_eq!(attribute(&world, "deals", "value"), [1250, 7].map(Value::from));
    for (header, said) in [
        ("value,value_minor", "1: value_minor: is another spelling of value; give one of the two"),
        ("value_minor,value", "1: value: is another spelling of value_minor; give one of the two"),
    ] {
        assert_eq!(bad(&world, "deals", &format!("name,{header}\nA,1,1\n")), [said]);
    }
    let said = "2: value_minor: must be an integer of at most 64 bits";
    assert_eq!(bad(&world, "deals", "name,value_minor\nA,1.50\n"), [said]);
    payer(&world, "P", "EUR");
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let text = "distributor,collaborator_id,value_minor\nP,1,0\n";
    assert_eq!(bad(&world, "obligations", text), ["2: value_minor: must not be 0"]);
    let names = bad(&world, "people", "first_name,last_name,email_minor\nA,B,c\n");
    assert!(names[0].starts_with("1: email_minor: is not a column of people"), "{names:?}");
    assert_eq!(count(&world, "deals"), 2);
}

fn amounts_of_distributors(place: &Place) {
    let world = world(place);
    let head = "name,units,pool_resolver,distribution_resolver";
    good(
        &world,
        "distributors",
        &format!(
            "{head},pool_amount,minimum_value\n\
             A,EUR,fixed_amount,evenly_shared_pool,100.00,\n\
             B,JPY,fixed_amount,evenly_shared_pool,100,\n\
             C,points,fixed_amount,evenly_shared_pool,7,\n\
             D,KWD,obligations,accumulated_obligations,,0.005\n"
        ),
    );
    let pools = [json!(10_000), json!(100), json!(7), json!(null)];
    assert_eq!(attribute(&world, "distributors", "pool_amount"), pools);
    assert_eq!(attribute(&world, "distributors", "minimum_value")[3], 5);
    let text = format!("{head},pool_amount_minor\nE,EUR,fixed_amount,evenly_shared_pool,105\n");
    good(&world, "distributors", &text);
    assert_eq!(attribute(&world, "distributors", "pool_amount")[4], 105);
    let text = format!(
        "{head},pool_amount\nF,points,fixed_amount,evenly_shared_pool,7.5\n\
         G,EUR,fixed_amount,evenly_shared_pool,-1\nH,,fixed_amount,evenly_shared_pool,x\n\
         I,no units,fixed_amount,evenly_shared_pool,1\n"
    );
    let said = [
        "2: pool_amount: must have no decimals in points, not '7.5'",
        "3: pool_amount: must not be negative",
        "4: units: is required",
        "5: units: must be an ISO 4217 currency code or a unit of 1 to 32 letters",
    ];
    assert_eq!(bad(&world, "distributors", &text), said);
    assert_eq!(count(&world, "distributors"), 5);
}

fn obligations_in_their_units(place: &Place) {
    let world = world(place);
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    for (name, units) in [("Euro", "EUR"), ("Yen", "JPY"), ("Points", "points")] {
        payer(&world, name, units);
    }
    good(
        &world,
        "obligations",
        "distributor,collaborator_id,value\nEuro,1,12.50\nYen,1,12\nPoints,1,-3\n",
    );
    assert_eq!(attribute(&world, "obligations", "value"), [1250, 12, -3].map(Value::from));
    assert_eq!(attribute(&world, "obligations", "units"), ["EUR", "JPY", "points"]);
    let text = "distributor,collaborator_id,value\nYen,1,12.5\nPoints,1,0.0\nNobody,1,1\n";
    let said = [
        "2: value: must have no decimals in JPY, not '12.5'",
        "3: value: must have no decimals in points, not '0.0'",
        "4: distributor: there is no distributor 'Nobody'",
    ];
    assert_eq!(bad(&world, "obligations", text), said);
}

/// A cell, and what is said of it in a file of deals in EUR.
const WRONG: &[(&str, &str)] = &[
    ("12.345", "must have at most 2 decimals in EUR, not '12.345'"),
    ("12.000", "must have at most 2 decimals in EUR, not '12.000'"),
    ("1.234.567", "must be an amount in plain digits such as 12000.00, not '1.234.567'"),
    ("1 234", "must be an amount in plain digits such as 12000.00, not '1 234'"),
    ("1'234.50", "must be an amount in plain digits such as 12000.00, not '1'234.50'"),
    ("1e3", "must be an amount in plain digits such as 12000.00, not '1e3'"),
    ("+1", "must be an amount in plain digits such as 12000.00, not '+1'"),
    ("--1", "must be an amount in plain digits such as 12000.00, not '--1'"),
    ("-", "must be an amount in plain digits such as 12000.00, not '-'"),
    (".5", "must be an amount in plain digits such as 12000.00, not '.5'"),
    ("5.", "must be an amount in plain digits such as 12000.00, not '5.'"),
    ("€5", "must be an amount in plain digits such as 12000.00, not '€5'"),
    ("٣", "must be an amount in plain digits such as 12000.00, not '٣'"),
    ("NaN", "must be an amount in plain digits such as 12000.00, not 'NaN'"),
    ("92233720368547758.08", "does not fit 64 bits of minor units"),
    (
        "\"1,234.50\"",
        "must have a point before its decimals and no comma, not '1,234.50'; decimal commas are \
         for files that are separated by semicolons",
    ),
    (
        "\"12,50\"",
        "must have a point before its decimals and no comma, not '12,50'; decimal commas are for \
         files that are separated by semicolons",
    ),
];

fn wrong_amounts_are_explained(place: &Place) {
    let world = world(place);
    for (cell, said) in WRONG {
        let told = bad(&world, "deals", &format!("name,value\nA,{cell}\n"));
        assert_eq!(told, [format!("2: value: {said}")], "{cell}");
    }
    // The decimals are those of the row's own currency, and one that is none is the only fault.
    let text = "name,currency,value,exchange_rate\nA,JPY,1.0,1\nB,KWD,1.2345,1\nC,XXQ,1.2345,1\n";
    let said = [
        "2: value: must have no decimals in JPY, not '1.0'",
        "3: value: must have at most 3 decimals in KWD, not '1.2345'",
        "4: currency: must be an ISO 4217 currency code such as EUR",
    ];
    assert_eq!(bad(&world, "deals", text), said);
    assert_eq!(count(&world, "deals"), 0);
}
