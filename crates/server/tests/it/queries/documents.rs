//! Whole documents as clients see them, member by member, and the headers and members that every
//! answer to a read has.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::sample::{Sample, each};
use crate::support::world::{World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    one_deal, one_distribution, one_person_and_its_organization, a_page, options,
    methods_not_taken, trailing_slash,
    percent_signs, headers,
}

/// Returns the relationship object of a relationship that is not included.
fn link(row: &str, name: &str, linkage: Option<Value>) -> Value {
    let mut relationship = json!({
        "links": {
            "self": format!("/api/v2{row}/relationships/{name}"),
            "related": format!("/api/v2{row}/{name}"),
        },
        "meta": {"included": false},
    });
    if let Some(linkage) = linkage {
        relationship["data"] = linkage;
    }
    relationship
}

fn identifier(kind: &str, id: &str) -> Option<Value> {
    Some(json!({"type": kind, "id": id}))
}

/// Removes the instants from the attributes and checks that they are RFC 3339 in UTC with
/// milliseconds.
#[track_caller]
fn take_instants(row: &mut Value) {
    for name in ["created_at", "updated_at"] {
        let taken = row["attributes"].as_object_mut().unwrap().remove(name).unwrap();
        let text = taken.as_str().unwrap();
        assert!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.', "{text}");
    }
}

fn one_deal(place: &Place) {
    let sample = Sample::make(place);
    // This deal is in USD; 12.5 % of it and 10^-10 % are distributed.
    let mut document = sample.world.get("/deals/5").expect(200).json();
    take_instants(&mut document["data"]);
    let row = "/deals/5";
    let expected = json!({
        "data": {
            "id": "5",
            "type": "deals",
            "attributes": {
                "name": "Z", "currency": "USD", "value": 1_000_000, "exchange_rate": "0.92",
                "exchange_date": "2025-01-01", "probability": 75, "status": "won", "date": null,
                "end_date": null, "value_default": 920_000, "distributed_percent": "12.5000000001",
                "distributed_amount": 125_000, "undistributed_amount": 875_000,
                "external_id": null,
            },
            "relationships": {
                "organization": link(row, "organization", identifier("organizations", "1")),
                "creator": link(row, "creator", Some(Value::Null)),
                "revenue_distributions": link(row, "revenue_distributions", None),
            },
            "links": {"self": "/api/v2/deals/5"},
        },
        "links": {"self": "/api/v2/deals/5", "describedby": "/api/v2/openapi.json"},
        "meta": {},
        "jsonapi": {"version": "1.1"},
    });
    assert_eq!(document, expected);
}

fn one_distribution(place: &Place) {
    let sample = Sample::make(place);
    let mut document = sample.world.get("/revenue_distributions/7").expect(200).json();
    // Relationships may be added one day, but these stay as they are.
    let shown = document["data"]["relationships"].as_object_mut().unwrap();
    shown.retain(|name, _| ["organization", "deal", "creator"].contains(&name.as_str()));
    let row = "/revenue_distributions/7";
    let expected = json!({
        "data": {
            "id": "7",
            "type": "revenue_distributions",
            "attributes": {
                "start_on": "2025-06-30", "end_on": "2025-06-30", "amount_percent": "12.5",
                "amount": 125_000, "amount_default": 115_000, "amount_normalized": 125_000,
                "currency": "USD", "currency_default": "EUR", "currency_normalized": "USD",
                "external_id": null,
            },
            "relationships": {
                "organization": link(row, "organization", identifier("organizations", "1")),
                "deal": link(row, "deal", identifier("deals", "5")),
                "creator": link(row, "creator", identifier("people", "4")),
            },
            "links": {"self": "/api/v2/revenue_distributions/7"},
        },
        "links": {"self": "/api/v2/revenue_distributions/7", "describedby": "/api/v2/openapi.json"},
        "meta": {},
        "jsonapi": {"version": "1.1"},
    });
    assert_eq!(document, expected);
}

fn one_person_and_its_organization(place: &Place) {
    let sample = Sample::make(place);
    let mut person = sample.world.get("/people/5").expect(200).json()["data"].clone();
    take_instants(&mut person);
    let expected = json!({
        "id": "5",
        "type": "people",
        "attributes": {
            "first_name": "Zed", "last_name": "_under%score\\", "email": null,
            "external_id": null,
        },
        "relationships": {
            "organization": link("/people/5", "organization", identifier("organizations", "1")),
        },
        "links": {"self": "/api/v2/people/5"},
    });
    assert_eq!(person, expected);
    let list = sample.world.get("/organizations").expect(200).json();
    assert_eq!(list["meta"]["total_count"], 1);
    let mut organization = list["data"][0].clone();
    take_instants(&mut organization);
    let expected = json!({
        "id": "1",
        "type": "organizations",
        "attributes": {"name": "Acme", "currency": "EUR", "time_zone": "UTC"},
        "relationships": {},
        "links": {"self": "/api/v2/organizations/1"},
    });
    assert_eq!(organization, expected);
}

/// The rows of a list are the same as at their own addresses, and the members of its root are
/// fixed.
fn a_page(place: &Place) {
    let sample = Sample::make(place);
    for list in ["/deals", "/people", "/organizations", "/revenue_distributions"] {
        let document = sample.world.get(list).expect(200).json();
        let mut members: Vec<&str> =
            document.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["data", "jsonapi", "links", "meta"]);
        assert_eq!(document["jsonapi"], json!({"version": "1.1"}));
        for row in document["data"].as_array().unwrap() {
            let path = format!("{list}/{}", row["id"].as_str().unwrap());
            assert_eq!(*row, sample.world.get(&path).expect(200).json()["data"]);
        }
    }
}

/// Every kind of address, with the methods that it takes.
const ADDRESSES: &[(&str, &str)] = &[
    ("/deals", "GET, HEAD, OPTIONS, POST"),
    ("/revenue_distributions", "GET, HEAD, OPTIONS, POST"),
    ("/people", "GET, HEAD, OPTIONS, POST"),
    ("/organizations", "GET, HEAD, OPTIONS"),
    ("/deals/2", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ("/revenue_distributions/3", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ("/people/2", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ("/organizations/1", "GET, HEAD, OPTIONS"),
    ("/revenue_distributions/3/deal", "GET, HEAD, OPTIONS"),
    ("/deals/2/revenue_distributions", "GET, HEAD, OPTIONS"),
];

fn allowed(answer: &Answer) -> String {
    let mut names: Vec<&str> = answer.header("Allow").unwrap_or_default().split(", ").collect();
    names.sort_unstable();
    names.join(", ")
}

fn options(place: &Place) {
    let sample = Sample::make(place);
    each(ADDRESSES, |(path, expected)| {
        let answer = sample.world.request("OPTIONS", path, None);
        if answer.status == 204 && answer.body.is_empty() && allowed(&answer) == *expected {
            Ok(())
        } else {
            Err(format!("{path}: {} {:?}", answer.status, answer.headers))
        }
    });
}

fn methods_not_taken(place: &Place) {
    let sample = Sample::make(place);
    let mut cases = Vec::new();
    for (path, taken) in ADDRESSES {
        for method in ["PUT", "TRACE", "POST", "PATCH", "DELETE", "PURGE"] {
            if !taken.contains(method) {
                cases.push((method, path, taken));
            }
        }
    }
    each(&cases, |(method, path, taken)| {
        let answer = sample.world.request(method, path, None);
        let error = answer.json()["errors"][0].clone();
        let right = answer.status == 405
            && error["code"] == "method_not_allowed"
            && error["title"] == "Method Not Allowed"
            && allowed(&answer) == **taken;
        if right { Ok(()) } else { Err(format!("{method} {path}: {} {error}", answer.status)) }
    });
}

fn trailing_slash(place: &Place) {
    let sample = Sample::make(place);
    each(ADDRESSES, |(path, _)| {
        let plain = sample.world.get(&format!("{path}?fields[deals]=name")).expect(200).json();
        let slash = sample.world.get(&format!("{path}/?fields[deals]=name")).expect(200).json();
        if plain["data"] == slash["data"] && plain["meta"] == slash["meta"] {
            Ok(())
        } else {
            Err(format!("{path}: {slash}"))
        }
    });
    let linkage = sample.world.get("/deals/2/relationships/creator/").expect(200).json();
    assert_eq!(linkage["data"], json!({"type": "people", "id": "2"}));
}

/// A letter, a digit, `-`, `.`, `_` or `~` is the same with and without a percent sign (RFC 3986,
/// section 6.2.2.2).
fn percent_signs(place: &Place) {
    let sample = Sample::make(place);
    let same = [
        ("/deals/%32", "/deals/2"),
        ("/%64eals/2", "/deals/2"),
        ("/d%65als/1%31/relationships/%63reator", "/deals/11/relationships/creator"),
        ("/revenue%5fdistributions/2", "/revenue_distributions/2"),
        ("/revenue%5Fitems/2%2D2025%2d01-01", "/revenue_items/2-2025-01-01"),
        ("/reports/%66inancial_item_reports", "/reports/financial_item_reports"),
        ("/checks/slices%2Dsum", "/checks/slices-sum"),
    ];
    each(&same, |(written, plain)| {
        let shown = sample.world.get(written);
        if shown.status == 200 && shown.json()["data"] == sample.world.get(plain).json()["data"] {
            Ok(())
        } else {
            Err(format!("{written}: {}", shown.status))
        }
    });
    let renamed = document("deals", json!({"name": "Renamed"}), &[]);
    sample.world.patch("/deals/%32", &renamed).expect(200);
    let siren = "/siren/v1/%64istributions";
    let token = [("X-Auth-Token", sample.world.token.as_str())];
    assert!(send(sample.world.address(), "GET", siren, &token, b"").expect(200).json().is_array());
}

fn headers(place: &Place) {
    let world = World::start(place);
    world.deal("Deal", 100);
    let cases = [
        ("/api/v2/deals", 200),
        ("/api/v2/deals/1", 200),
        ("/api/v2/deals/9", 404),
        ("/api/v2/deals?x", 400),
        ("/elsewhere", 404),
    ];
    each(&cases, |(target, status)| {
        let token = [("X-Auth-Token", world.reader.as_str())];
        let answer = send(world.address(), "GET", target, &token, b"");
        let expected = [
            ("Content-Type", Some("application/vnd.api+json")),
            ("Vary", Some("Accept, Authorization, X-Auth-Token, X-Organization-Id")),
            ("Cache-Control", Some("no-store")),
            ("X-Content-Type-Options", Some("nosniff")),
            ("Server", None),
        ];
        let same = expected.iter().all(|(name, value)| answer.header(name) == *value);
        if answer.status == *status && same {
            Ok(())
        } else {
            Err(format!("{target}: {} {:?}", answer.status, answer.headers))
        }
    });
}
