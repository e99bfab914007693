//! The recorded API under `/siren/v1`: its object, extended fields, parameters and errors, compared
//! with golden files member by member in both directions, and with what `/api/v2` shows of the same
//! rows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use apportion_core::allocation::AllocationStatus;
use apportion_core::distribution::DistributionStatus;
use apportion_core::id::{AllocationId, CollaboratorId, DistributionId, DistributorId};
use apportion_core::obligation::DISTRIBUTION_AWARD;
use apportion_server::store::allocate::{self, EarnedShare, NewObligations, Payment};
use apportion_server::store::{OrganizationId, Scope, Session, Tenant, allocation, distribution};
use apportion_testing::Place;
use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::support::rows::payouts::{make, pool};
use crate::support::rows::sample::Sample;
use crate::support::siren::{ask, get};
use crate::support::world::World;
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    golden_files_are_answered, members_stand_in_their_order, both_surfaces_show_the_same,
    addresses_and_methods,
    errors_of_every_kind, allocations_are_bounded, strangers_see_nothing
}

fn instant(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

/// Starts a server with a triggered distribution of two allocations, and the distribution that
/// opened after it.
fn recorded(place: &Place) -> World {
    let world = World::start(place);
    world.create("collaborators", json!({"full_name": "Ann"}), &[]);
    let mut attributes = pool();
    attributes["name"] = json!("Affiliate \"Gold\"");
    attributes["units"] = json!("points");
    attributes["status"] = json!("inactive");
    world.create("distributors", attributes, &[]);
    let scope = Scope::of(OrganizationId(world.organization));
    let mut session = Session::open(&world.database).unwrap();
    let opened = instant("2025-06-30T22:00:05.250");
    let triggered = instant("2025-07-31T22:00:07");
    let open = |tenant: &mut Tenant<'_>, trigger_date, now| {
        let new = distribution::NewDistribution {
            distributor_id: DistributorId(1),
            status: DistributionStatus::Pending,
            value: 0,
            units: "points".to_owned(),
            opened_at: opened,
            period_from: opened.date(),
            trigger_date,
            carried: 0,
        };
        distribution::insert(tenant, &new, now).unwrap()
    };
    Tenant::new(scope, &mut session)
        .transaction(|tenant| {
            let first = open(tenant, instant("2025-07-31T22:00:00"), opened);
            allocate(tenant, first, &[4_000, 6_000], triggered);
            let second = AllocationId(2);
            allocation::set_status(tenant, second, AllocationStatus::Complete, triggered).unwrap();
            let done = distribution::Triggered {
                period_until: opened.date(),
                carried_on: 0,
                status: DistributionStatus::Processing,
                value: 10_000,
                allocation_count: 2,
                shared_pool: None,
                explanation: None,
            };
            distribution::trigger(tenant, first, &done, triggered).unwrap();
            open(tenant, instant("2025-08-31T22:00:00"), triggered);
            Ok::<_, apportion_server::store::Error>(())
        })
        .unwrap();
    world
}

/// Pays the first collaborator shares of these values.
fn allocate(tenant: &mut Tenant<'_>, whole: DistributionId, values: &[i64], now: NaiveDateTime) {
    let distributor_id = DistributorId(1);
    let payment = Payment { distributor_id, distribution_id: whole, units: "points", now };
    let obligations = NewObligations { status: "approved", award_type: DISTRIBUTION_AWARD };
    let collaborator_id = CollaboratorId(1);
    let share = |value: &i64| EarnedShare { collaborator_id, value: *value, weight: 1, rank: 1 };
    let shares: Vec<EarnedShare> = values.iter().map(share).collect();
    allocate::pay_shares(tenant, payment, obligations, &shares).unwrap();
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/siren")
}

fn golden_files_are_answered(place: &Place) {
    let world = recorded(place);
    let files = std::fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<PathBuf> = files.collect();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let name = file.display();
        let golden: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let (request, response) = (&golden["request"], &golden["response"]);
        let mut headers = vec![("X-Auth-Token", world.token.as_str())];
        let given = request["headers"].as_object().unwrap().iter();
        headers.extend(given.map(|(name, value)| (name.as_str(), value.as_str().unwrap())));
        let body = request.get("body").map(Value::to_string).unwrap_or_default();
        let text = |name: &str| request[name].as_str().unwrap();
        let answer = send(world.address(), text("method"), text("path"), &headers, body.as_bytes());
        assert_eq!(json!(answer.status), response["status"], "{name}");
        for (header, value) in response["headers"].as_object().unwrap() {
            assert_eq!(answer.header(header), value.as_str(), "{name}: {header}");
        }
        assert_eq!(answer.json(), response["body"], "{name}");
    }
}

fn members_stand_in_their_order(place: &Place) {
    let world = recorded(place);
    let body = get(&world, "/1?fields=allocations,distributorName").expect(200).body;
    let expected = "{\"id\":1,\"distributorId\":1,\"status\":\"processing\",\"value\":10000,\
         \"triggerDate\":\"2025-07-31T22:00:00.000Z\",\"dateCreated\":\"2025-06-30T22:00:05.250Z\",\
         \"dateModified\":\"2025-07-31T22:00:07.000Z\",\"distributorName\":\"Affiliate \\\"Gold\\\"\",\
         \"allocations\":[{\"distributionId\":1,\"obligationId\":1,\"status\":\"pending\"},\
         {\"distributionId\":1,\"obligationId\":2,\"status\":\"complete\"}]}";
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

/// Every member of every distribution is compared with the resource under `/api/v2`.
fn both_surfaces_show_the_same(place: &Place) {
    let Sample { world, .. } = Sample::make(place);
    let fields = "fields=distributorName,distributorUnits,allocationCount,allocations";
    let list = get(&world, &format!("?number=50&order=asc&{fields}")).expect(200);
    let total = list.header("X-Siren-Estimated-Count").unwrap().to_owned();
    let list = list.json();
    let names = "status,value,trigger_date,created_at,updated_at,distributor_name,\
         distributor_units,allocation_count,distributor,allocations";
    let path = format!(
        "/distributions?sort=id&page[size]=200&fields[distributions]={names}\
         &include=allocations&fields[allocations]=status,obligation"
    );
    let ours = world.get(&path).expect(200).json();
    assert_eq!(ours["meta"]["total_count"].to_string(), total);
    let included = ours["included"].as_array().unwrap();
    let rows = ours["data"].as_array().unwrap();
    assert!(rows.len() == 5 && !included.is_empty(), "{ours}");
    let number = |id: &Value| json!(id.as_str().unwrap().parse::<i64>().unwrap());
    let expected = rows.iter().map(|row| {
        let attributes = &row["attributes"];
        let parts = row["relationships"]["allocations"]["data"].as_array().unwrap();
        let part = |part: &Value| {
            let found = included.iter().find(|it| it["id"] == part["id"]).unwrap();
            json!({
                "distributionId": number(&row["id"]),
                "obligationId": number(&found["relationships"]["obligation"]["data"]["id"]),
                "status": found["attributes"]["status"],
            })
        };
        json!({
            "id": number(&row["id"]),
            "distributorId": number(&row["relationships"]["distributor"]["data"]["id"]),
            "status": attributes["status"],
            "value": attributes["value"],
            "triggerDate": attributes["trigger_date"],
            "dateCreated": attributes["created_at"],
            "dateModified": attributes["updated_at"],
            "distributorName": attributes["distributor_name"],
            "distributorUnits": attributes["distributor_units"],
            "allocationCount": attributes["allocation_count"],
            "allocations": parts.iter().map(part).collect::<Vec<_>>(),
        })
    });
    assert_eq!(list, Value::Array(expected.collect()));
    for row in list.as_array().unwrap() {
        let one = get(&world, &format!("/{}?{fields}", row["id"])).expect(200);
        assert_eq!((&one.json(), one.header("X-Siren-Estimated-Count")), (row, None));
    }
}

fn addresses_and_methods(place: &Place) {
    let world = recorded(place);
    for path in ["/siren/v1/distributions", "/siren/v1/distributions/1"] {
        let plain = ask(&world, &world.token, "GET", path).expect(200);
        for path in [path.to_owned(), format!("{path}/")] {
            let slash = ask(&world, &world.token, "GET", &path).expect(200);
            assert_eq!(slash.body, plain.body, "{path}");
            let head = ask(&world, &world.reader, "HEAD", &path).expect(200);
            assert!(head.body.is_empty(), "{path}");
            let count = plain.header("X-Siren-Estimated-Count");
            assert_eq!(head.header("X-Siren-Estimated-Count"), count, "{path}");
            let options = ask(&world, &world.token, "OPTIONS", &path).expect(204);
            assert_eq!(options.header("Allow"), Some("GET, HEAD, OPTIONS"), "{path}");
            for method in ["POST", "PUT", "PATCH", "DELETE", "PURGE"] {
                let answer = ask(&world, &world.token, method, &path).expect(405);
                assert_eq!(answer.header("Allow"), Some("GET, HEAD, OPTIONS"), "{method}");
                assert_eq!(answer.json().as_object().unwrap().len(), 1, "{method}");
            }
        }
    }
    for path in [
        "/distributions/0",
        "/distributions/01",
        "/distributions/-1",
        "/distributions/x",
        "/distributions/9223372036854775808",
        "/distributions/1/allocations",
        "/distributions//",
        "/distributionsx",
        "/distributors",
        "/distributors/1",
        "",
        "/",
    ] {
        let answer = ask(&world, &world.token, "GET", &format!("/siren/v1{path}")).expect(404);
        assert_eq!(answer.json(), json!({"message": "There is no such record"}), "{path}");
    }
    let elsewhere = ask(&world, &world.token, "GET", "/siren/v10").expect(404);
    assert!(elsewhere.json().get("errors").is_some());
}

fn errors_of_every_kind(place: &Place) {
    let world = recorded(place);
    let path = "/siren/v1/distributions";
    let long = format!("{path}?x={}", "y".repeat(9000));
    let check = |answer: Answer, status: u16| {
        let answer = answer.expect(status);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let document = answer.json();
        let names: Vec<&String> = document.as_object().unwrap().keys().collect();
        assert_eq!(names, ["message"], "{document}");
        answer
    };
    let unknown = check(ask(&world, "apt_x", "GET", path), 401);
    assert_eq!(unknown.header("WWW-Authenticate"), Some("Bearer"));
    check(send(world.address(), "GET", path, &[], b""), 401);
    check(ask(&world, &world.token, "GET", &format!("{path}?X-Organization-Id=2")), 404);
    check(ask(&world, &world.token, "GET", &long), 414);
    let host = [("X-Auth-Token", world.token.as_str()), ("Host", "example.org")];
    check(send(world.address(), "GET", path, &host, b""), 400);
    let credit = "/siren/v1/distributors/credit-metric";
    check(ask(&world, &world.reader, "POST", credit), 403);
    let large = vec![b' '; 1024 * 1024 + 1];
    let headers = [("X-Auth-Token", world.token.as_str()), ("Content-Type", "application/json")];
    check(send(world.address(), "POST", credit, &headers, &large), 413);
    check(send(world.address(), "POST", credit, &headers[..1], b"{}"), 415);
}

/// One distribution has more allocations than are shown; the next one still shows all of its own.
fn allocations_are_bounded(place: &Place) {
    let world = recorded(place);
    let scope = Scope::of(OrganizationId(world.organization));
    let mut session = Session::open(&world.database).unwrap();
    let now = instant("2025-08-31T22:00:00");
    Tenant::new(scope, &mut session)
        .transaction(|tenant| {
            allocate(tenant, DistributionId(1), &[1; 1_001], now);
            allocate(tenant, DistributionId(2), &[1; 3], now);
            Ok::<_, apportion_server::store::Error>(())
        })
        .unwrap();
    let list = get(&world, "?order=ASC&fields=allocations").expect(200).json();
    let parts = |row: usize| list[row]["allocations"].as_array().unwrap();
    assert_eq!((parts(0).len(), parts(1).len()), (1_000, 3));
    let obligations = parts(0).iter().map(|part| part["obligationId"].as_i64().unwrap());
    assert!(obligations.eq(1..=1_000));
    assert!(parts(1).iter().all(|part| part["distributionId"] == 2));
}

fn strangers_see_nothing(place: &Place) {
    let world = recorded(place);
    let list = ask(&world, &world.stranger, "GET", "/siren/v1/distributions").expect(200);
    assert_eq!(list.body, b"[]");
    ask(&world, &world.stranger, "GET", "/siren/v1/distributions/1").expect(404);
    let theirs = make(&world, &world.stranger, "distributors", pool(), &[]);
    let path = format!("/siren/v1/distributions?distributorId={theirs}&fields=allocations");
    let list = ask(&world, &world.stranger, "GET", &path).expect(200).json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["allocations"]), (1, &json!([])));
    assert_eq!(get(&world, &format!("?distributorId={theirs}")).expect(200).body, b"[]");
}
