//! The OpenAPI description of the service: it is the committed one, it is served to everybody, and
//! reports take every parameter in it.

use apportion_server::{openapi, resources};
use apportion_testing::Place;
use serde_json::Value;

use crate::support::openapi::written;
use crate::support::world::World;
use apportion_testing::http::send;

apportion_testing::cases! {
    it_is_served_to_everybody, reports_take_what_is_described; plain: it_is_what_is_committed
}

const COMMITTED: &str = include_str!("../../../../../docs/openapi.json");

fn it_is_served_to_everybody(place: &Place) {
    let world = World::start(place);
    let answer = send(world.address(), "GET", "/api/v2/openapi.json", &[], b"").expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(String::from_utf8(answer.body).unwrap(), openapi::description(&resources::own()));
    let answer = send(world.address(), "POST", "/api/v2/openapi.json", &[], b"x").expect(405);
    assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"));
}

/// Tries each word of each list, and each filter by itself.
fn reports_take_what_is_described(place: &Place) {
    let world = World::start(place);
    world.spread(&world.deal("D", 100), "2025-01-01", "2025-03-31", "100");
    let document: Value = serde_json::from_str(&openapi::description(&resources::own())).unwrap();
    let get = &document["paths"]["/api/v2/reports/financial_item_reports"]["get"];
    let parameters = get["parameters"].as_array().unwrap().iter();
    let parameters: Vec<&Value> = parameters.map(|it| written(&document, it)).collect();
    let schema = |name: &str| {
        let found = parameters.iter().find(|it| it["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not described"))["schema"].clone()
    };
    let words = |schema: &Value| -> Vec<String> {
        let words = schema["enum"].as_array().unwrap().iter();
        words.map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let media: Vec<&String> =
        get["responses"]["200"]["content"].as_object().unwrap().keys().collect();
    assert_eq!(media, ["application/vnd.api+json", "image/svg+xml", "text/csv"]);
    let all = "organization,deal,creator,currency,status,revenue_distribution,date:month";
    let mut queries: Vec<String> =
        words(&schema("format")).iter().map(|word| format!("group={all}&format={word}")).collect();
    for name in ["group", "groupBy"] {
        let groups = words(&schema(name)["items"]);
        assert_eq!(groups.len(), 11);
        queries.extend(groups.iter().map(|word| format!("{name}={word}")));
    }
    for name in ["sort", "include"] {
        let words = words(&schema(name)["items"]);
        queries.extend(words.iter().map(|word| format!("group={all}&{name}={word}")));
    }
    let names = parameters.iter().filter_map(|it| it["name"].as_str());
    for name in names.filter(|name| name.starts_with("filter[")) {
        let [value, other] = match name {
            _ if name.contains("[date]") || name.contains("as_of") => ["2025-01-01", ""],
            _ if name.contains("[status]") => ["open", "lost"],
            _ => ["1", "2"],
        };
        let several = schema(name)["type"] == "array";
        let more = if several { format!(",{other}") } else { String::new() };
        queries.push(format!("{name}={value}{more}"));
        if !several {
            let query = format!("{name}={value},{value}");
            world.get(&format!("/reports/financial_item_reports?{query}")).expect(400);
        }
    }
    assert!(queries.len() > 80, "{}", queries.len());
    for query in queries {
        let answer = world.get(&format!("/reports/financial_item_reports?{query}"));
        assert_eq!(answer.status, 200, "{query}");
    }
}

fn it_is_what_is_committed() {
    let same = COMMITTED == openapi::description(&resources::own());
    assert!(same, "look at what changed, then: apportion openapi > docs/openapi.json");
}
