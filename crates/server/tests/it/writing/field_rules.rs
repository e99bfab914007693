//! The rules of the fields, one line each. A value that breaks one is refused both when a row is
//! made and when it is changed. Not here: several faults at once (`all_faults_at_once`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::refused;
use crate::support::world::{World, document};

apportion_testing::cases! {
    of_deals, of_people, of_distributions, of_currencies_and_rates, required_members
}

/// A type, a row of it to change, and the attributes of a sound one.
struct Kind {
    world: World,
    kind: &'static str,
    sound: Value,
}

impl Kind {
    fn new(place: &Place, kind: &'static str, sound: Value) -> Self {
        let world = World::start(place);
        if kind == "revenue_distributions" {
            world.deal("D", 100);
        }
        world.create(kind, sound.clone(), &[]);
        Self { world, kind, sound }
    }

    /// Returns the sound attributes with one replaced; `value` is JSON.
    fn body(&self, name: &str, value: &str) -> String {
        let mut attributes = self.sound.clone();
        attributes[name] = json!("@@");
        let data = json!({"data": {"type": self.kind, "attributes": attributes}});
        data.to_string().replace("\"@@\"", value)
    }

    /// Checks that the value is refused with a pointer to it; `value` is JSON.
    #[track_caller]
    fn refuses(&self, name: &str, value: &str) {
        self.refuses_at(name, value, name);
    }

    /// Checks that the value is refused with a pointer to the attribute `at`.
    #[track_caller]
    fn refuses_at(&self, name: &str, value: &str, at: &str) {
        let fault = format!("422 /data/attributes/{at}");
        let (kind, body) = (self.kind, self.body(name, value));
        refused(&self.world, ("POST", &format!("/{kind}")), &body, 422, &[&fault]);
        refused(&self.world, ("PATCH", &format!("/{kind}/1")), &body, 422, &[&fault]);
    }
}

fn of_deals(place: &Place) {
    let deals = Kind::new(place, "deals", json!({"name": "D"}));
    for value in
        ["null", "1", "true", "[]", "{}", r#""""#, r#""a\u0000b""#, r#""a\nb""#, r#""\u007f""#]
    {
        deals.refuses("name", value);
    }
    deals.refuses("name", &json!("n".repeat(256)).to_string());
    for value in [
        "null",
        r#""1""#,
        "1.5",
        "1e-1",
        "1e19",
        "1.5",
        "true",
        "9223372036854775808",
        "-9223372036854775809",
        "1e1000000000",
        "[1]",
    ] {
        deals.refuses("value", value);
    }
    for value in ["null", r#""50""#, "-1", "101", "50.5", "9223372036854775807", "[]"] {
        deals.refuses("probability", value);
    }
    for value in ["null", r#""""#, r#""Won""#, r#""closed""#, "1", "true", "[]"] {
        deals.refuses("status", value);
    }
    for name in ["date", "end_date", "exchange_date"] {
        for value in [
            r#""""#,
            r#""2025-02-29""#,
            r#""2025-1-01""#,
            r#""01.02.2025""#,
            r#""2025-01-01T00:00:00Z""#,
            r#""1899-12-31""#,
            r#""2200-01-01""#,
            r#""+2025-01-01""#,
            "20250101",
            "false",
        ] {
            deals.refuses(name, value);
        }
    }
    deals.refuses("value_default", "7");
    deals.refuses("distributed_percent", r#""1.0""#);
    deals.refuses("undistributed_amount", r#""x""#);
    deals.refuses("created_at", r#""2025-01-01T00:00:00.000Z""#);
    deals.refuses("updated_at", "1");
    let deals = Kind { sound: json!({"name": "D", "date": "2025-06-01"}), ..deals };
    deals.refuses("end_date", r#""2025-05-31""#);
}

fn of_currencies_and_rates(place: &Place) {
    let deals = Kind::new(place, "deals", json!({"name": "D", "value": 1}));
    for value in [
        "null",
        "1",
        r#""""#,
        r#""eur""#,
        r#""EURO""#,
        r#"" EUR""#,
        r#""XAU""#,
        r#""XTS""#,
        r#""points""#,
    ] {
        deals.refuses("currency", value);
    }
    deals.refuses_at("currency", r#""USD""#, "exchange_rate");
    deals.refuses("exchange_rate", "2");
    deals.refuses("exchange_rate", r#""0.999999999999""#);
    let foreign = json!({"name": "D", "value": 1, "currency": "USD", "exchange_rate": "0.9"});
    let deals = Kind { sound: foreign.clone(), ..deals };
    deals.world.patch("/deals/1", &document("deals", foreign, &[])).expect(200);
    for value in [
        "null",
        "0",
        "-1",
        r#""0.0000000000001""#,
        "1000000",
        "1e6",
        r#""NaN""#,
        r#""Infinity""#,
        r#""""#,
        r#"" 1""#,
        r#""1,5""#,
        r#"".5""#,
        r#""1.""#,
        r#""+1""#,
        r#""0x1""#,
        "1e400",
        "1e1000000000",
        r#""1e1000000000""#,
        "true",
        "[1]",
        "{}",
    ] {
        deals.refuses("exchange_rate", value);
    }
}

fn of_people(place: &Place) {
    let people = Kind::new(place, "people", json!({"first_name": "A", "last_name": "B"}));
    for name in ["first_name", "last_name"] {
        for value in ["null", "1", r#""""#, r#""a\tb""#, r#""\u0000""#, r#""\u0085""#] {
            people.refuses(name, value);
        }
        people.refuses(name, &json!("ä".repeat(256)).to_string());
    }
    for value in [
        "1",
        r#""""#,
        r#""ada""#,
        r#""ada@""#,
        r#""@example.org""#,
        r#""a b@example.org""#,
        r#""a@example.org\n""#,
    ] {
        people.refuses("email", value);
    }
}

fn of_distributions(place: &Place) {
    let sound = json!({"start_on": "2025-01-02", "end_on": "2025-01-03", "amount_percent": "10",
        "deal_id": "1"});
    let spread = Kind::new(place, "revenue_distributions", sound);
    for value in [
        "null",
        "0",
        "-1",
        r#""0""#,
        r#""0.00000000001""#,
        "100000000",
        r#""99999999.99999999999""#,
        r#""NaN""#,
        r#""""#,
        r#""10%""#,
        r#""10,5""#,
        "1e400",
        "1e1000000000",
        r#""1e1000000000""#,
        "1e-1000000000",
        "false",
        "[]",
        r#"{"value": 1}"#,
    ] {
        spread.refuses("amount_percent", value);
    }
    for name in ["start_on", "end_on"] {
        for value in [
            "null",
            r#""""#,
            r#""2025-02-30""#,
            r#""1899-12-31""#,
            r#""2200-01-01""#,
            r#""today""#,
            "2025",
        ] {
            spread.refuses(name, value);
        }
    }
    spread.refuses("end_on", r#""2025-01-01""#);
    spread.refuses_at("start_on", r#""2025-01-04""#, "end_on");
    // 36,525 days are the most.
    spread.refuses("end_on", r#""2125-01-03""#);
    for (name, value) in [
        ("amount", "1"),
        ("amount_default", "1"),
        ("amount_normalized", "true"),
        ("currency", r#""USD""#),
        ("currency_default", r#""USD""#),
        ("currency_normalized", "1"),
        ("day_count", "1"),
        ("daily_amount_min", "7"),
        ("daily_amount_max", "7"),
        ("created_at", r#""""#),
    ] {
        spread.refuses(name, value);
    }
}

fn required_members(place: &Place) {
    let world = World::start(place);
    let check = |kind: &str, data: &str, expected: &[&str]| {
        let body = format!(r#"{{"data": {{"type": "{kind}"{data}}}}}"#);
        let expected: Vec<String> = expected.iter().map(|at| format!("422 /data/{at}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        refused(&world, ("POST", &format!("/{kind}")), body, 422, &expected);
    };
    check("deals", "", &["attributes/name"]);
    check("deals", r#", "attributes": {"value": 1}"#, &["attributes/name"]);
    check("people", "", &["attributes/first_name", "attributes/last_name"]);
    check("people", r#", "attributes": {"last_name": "B"}"#, &["attributes/first_name"]);
    let all = [
        "attributes/start_on",
        "attributes/end_on",
        "attributes/amount_percent",
        "relationships/deal",
    ];
    check("revenue_distributions", "", &all);
    check("revenue_distributions", r#", "attributes": {}, "relationships": {}"#, &all);
    check("revenue_distributions", r#", "attributes": {"start_on": "2025-01-01"}"#, &all[1..]);
}
