//! Included resources: the ones that a path leads to, each once and all reached by linkage.

use std::collections::BTreeSet;

use apportion_core::id::DealId;
use apportion_server::store::revenue_distribution::{self, WrittenRevenueDistribution};
use apportion_server::store::{OrganizationId, Scope, Session, Tenant};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::included::{Identities, linked};
use crate::support::rows::sample::{Sample, each};
use crate::support::world::World;

apportion_testing::cases! {
    paths, no_include_and_an_empty_one, included_is_empty_where_nothing_is_related,
    linkage_of_many, on_writes, at_most_ten_thousand
}

/// A path, and the ids of what it includes: deals, distributions, people, organizations.
type Case = (&'static str, &'static [i64], &'static [i64], &'static [i64], &'static [i64]);

fn paths(place: &Place) {
    let sample = Sample::make(place);
    let all: &[i64] = &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
    let cases: &[Case] = &[
        ("/revenue_distributions/3?include=deal", &[2], &[], &[], &[]),
        ("/revenue_distributions/4?include=creator", &[], &[], &[2], &[]),
        ("/revenue_distributions/3?include=organization", &[], &[], &[], &[1]),
        ("/revenue_distributions/3?include=deal.creator", &[2], &[], &[2], &[]),
        ("/revenue_distributions/3?include=deal,deal.creator", &[2], &[], &[2], &[]),
        ("/revenue_distributions/3?include=deal.creator,deal", &[2], &[], &[2], &[]),
        ("/revenue_distributions/3?include=deal,deal,deal", &[2], &[], &[], &[]),
        ("/revenue_distributions/3?include=deal%2Ccreator", &[2], &[], &[2], &[]),
        ("/revenue_distributions/5?include=deal,creator,deal.creator", &[4], &[], &[3], &[]),
        ("/revenue_distributions/3?include=deal.creator.organization", &[2], &[], &[2], &[1]),
        (
            "/revenue_distributions/3?include=organization,deal.organization,creator.organization",
            &[2],
            &[],
            &[2],
            &[1],
        ),
        // A path that leads back to primary data does not repeat it.
        ("/revenue_distributions/3?include=deal.revenue_distributions", &[2], &[2], &[], &[]),
        ("/deals/2?include=revenue_distributions", &[], &[2, 3], &[], &[]),
        ("/deals/2?include=revenue_distributions.deal", &[], &[2, 3], &[], &[]),
        ("/deals/2?include=revenue_distributions.creator", &[], &[2, 3], &[2], &[]),
        ("/deals/2?include=creator,revenue_distributions.creator", &[], &[2, 3], &[2], &[]),
        ("/deals?include=creator", &[], &[], &[2, 3, 4], &[]),
        ("/deals?include=revenue_distributions", &[], all, &[], &[]),
        ("/deals?include=revenue_distributions.deal.creator", &[], all, &[2, 3, 4], &[]),
        ("/deals?include=organization&page[size]=2", &[], &[], &[], &[1]),
        ("/deals?include=creator&filter[name]=a", &[], &[], &[2], &[]),
        ("/revenue_distributions?include=deal", &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11], &[], &[], &[]),
        ("/revenue_distributions?include=deal&page[size]=2", &[2], &[], &[], &[]),
        ("/revenue_distributions?include=deal&sort=-id&page[size]=2", &[10, 11], &[], &[], &[]),
        ("/revenue_distributions?include=deal&page[number]=9", &[], &[], &[], &[]),
        ("/people?include=organization", &[], &[], &[], &[1]),
        ("/deals/2/revenue_distributions?include=creator,deal", &[2], &[], &[2], &[]),
        ("/revenue_distributions/3/deal?include=creator", &[], &[], &[2], &[]),
        ("/revenue_distributions/3/deal?include=revenue_distributions", &[], &[2, 3], &[], &[]),
    ];
    each(cases, |&(path, deals, distributions, people, organizations)| {
        let document = sample.world.get(path).expect(200).json();
        let found = linked(&document).map_err(|error| format!("{path}: {error}"))?;
        let kinds = [
            ("deals", deals),
            ("revenue_distributions", distributions),
            ("people", people),
            ("organizations", organizations),
        ];
        let expected: BTreeSet<(String, String)> = kinds
            .iter()
            .flat_map(|(kind, ids)| ids.iter().map(|id| ((*kind).to_owned(), id.to_string())))
            .collect();
        if found == expected { Ok(()) } else { Err(format!("{path}: {found:?}")) }
    });
}

fn no_include_and_an_empty_one(place: &Place) {
    let sample = Sample::make(place);
    for path in ["/deals", "/deals/2", "/people", "/revenue_distributions/3"] {
        let document = sample.world.get(path).expect(200).json();
        assert_eq!(document.get("included"), None, "{path}");
        let empty = sample.world.get(&format!("{path}?include=")).expect(200).json();
        assert_eq!(empty["included"], json!([]), "{path}");
        assert_eq!(empty["data"], document["data"], "{path}");
    }
}

fn included_is_empty_where_nothing_is_related(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Deal", 100);
    let cases = [
        "/people?include=organization".to_owned(),
        format!("/deals/{deal}?include=creator,revenue_distributions.deal.creator"),
        format!("/deals/{deal}/creator?include=organization"),
    ];
    for path in cases {
        assert_eq!(world.get(&path).expect(200).json()["included"], json!([]), "{path}");
    }
    // A relationship that was included shows so, even when it leads nowhere.
    let path = format!("/deals/{deal}?include=creator,revenue_distributions");
    let relationships = world.get(&path).json()["data"]["relationships"].clone();
    assert_eq!(relationships["creator"]["data"], Value::Null);
    assert_eq!(relationships["creator"].get("meta"), None);
    assert_eq!(relationships["revenue_distributions"]["data"], json!([]));
    assert_eq!(relationships["organization"]["meta"], json!({"included": false}));
}

/// A relationship to many shows its linkage once included: of every row its own, by id.
fn linkage_of_many(place: &Place) {
    let sample = Sample::make(place);
    let document = sample.world.get("/deals?include=revenue_distributions").expect(200).json();
    for row in document["data"].as_array().unwrap() {
        let id: i64 = row["id"].as_str().unwrap().parse().unwrap();
        let own = sample.distributions.iter().filter(|distribution| distribution.deal_id == id);
        let expected: Vec<Value> = own
            .map(|own| json!({"type": "revenue_distributions", "id": own.id.to_string()}))
            .collect();
        assert_eq!(row["relationships"]["revenue_distributions"]["data"], json!(expected));
    }
    let plain = sample.world.get("/deals/2").json()["data"]["relationships"].clone();
    assert_eq!(plain["revenue_distributions"].get("data"), None);
    assert_eq!(plain["revenue_distributions"]["meta"], json!({"included": false}));
}

fn on_writes(place: &Place) {
    let sample = Sample::make(place);
    let body = crate::support::world::document("deals", json!({"name": "New"}), &[]);
    let made = sample.world.post("/deals?include=organization", &body).expect(201).json();
    assert_eq!(linked(&made).unwrap(), Identities::from([("organizations".into(), "1".into())]));
    let path = "/deals/2?include=creator,revenue_distributions";
    let changed = sample.world.patch(path, &body).expect(200).json();
    let kinds = [("people", "2"), ("revenue_distributions", "2"), ("revenue_distributions", "3")];
    let expected: Identities =
        kinds.iter().map(|(kind, id)| ((*kind).to_owned(), (*id).to_owned())).collect();
    assert_eq!(linked(&changed).unwrap(), expected);
    assert_eq!(changed["data"]["attributes"]["name"], "New");
}

fn at_most_ten_thousand(place: &Place) {
    let world = World::start(place);
    let deal_id = DealId(world.deal("Deal", 100).parse().unwrap());
    let scope = Scope::of(OrganizationId(world.organization));
    let mut session = Session::open(&world.database).unwrap();
    let written = WrittenRevenueDistribution {
        deal_id,
        start_on: "2025-01-01".parse().unwrap(),
        end_on: "2025-01-31".parse().unwrap(),
        amount_percent_e10: 1,
        amount: 0,
        amount_default: 0,
        currency: "EUR".parse().unwrap(),
        currency_default: "EUR".parse().unwrap(),
    };
    let now = "2025-01-01T00:00:00".parse().unwrap();
    let mut add = |count: usize| {
        Tenant::new(scope, &mut session).transaction(|tenant| {
            (0..count)
                .try_for_each(|_| revenue_distribution::insert(tenant, &written, now).map(drop))
        })
    };
    add(10_000).unwrap();
    let path = "/deals?include=revenue_distributions&fields[revenue_distributions]=";
    let document = world.get(path).expect(200).json();
    assert_eq!(document["included"].as_array().unwrap().len(), 10_000);
    add(1).unwrap();
    let error = world.get(path).expect(400).json()["errors"][0].clone();
    assert_eq!(error["code"], "unsupported_include");
    assert_eq!(error["source"], json!({"parameter": "include"}));
    assert_eq!(world.get("/deals?include=creator").status, 200);
}
