//! Filters of an instant compare it with an instant, and its date in UTC with a date. The rows are
//! made in the store, at instants around midnight.

use apportion_core::id::DealId;
use apportion_server::store::revenue_distribution::{self, WrittenRevenueDistribution};
use apportion_server::store::{OrganizationId, Scope, Session, Tenant};
use apportion_testing::Place;
use serde_json::Value;

use crate::support::rows::sample::{each, ids};
use crate::support::world::World;

apportion_testing::cases! {
    by_date_in_utc, by_instant, in_order_of_the_instant, shown_to_the_millisecond
}

/// The instants in the order in which the rows are made, which is not chronological.
const INSTANTS: &[&str] = &[
    "2025-03-01T00:00:00.000",
    "2025-02-28T23:59:59.999",
    "2025-03-01T23:59:59.999",
    "2025-03-02T00:00:00.000",
    "2025-03-01T12:00:00.500",
    "2025-03-01T12:00:00.050",
    "1999-12-31T23:59:59.999",
    "2025-03-01T12:00:00.000",
];

/// Starts a server and makes one distribution at each instant, with ids from 1.
fn make(place: &Place) -> World {
    let world = World::start(place);
    let deal_id = DealId(world.deal("Deal", 100).parse().unwrap());
    let scope = Scope::of(OrganizationId(world.organization));
    let mut session = Session::open(&world.database).unwrap();
    let written = WrittenRevenueDistribution {
        deal_id,
        start_on: "2025-01-01".parse().unwrap(),
        end_on: "2025-01-31".parse().unwrap(),
        amount_percent_e10: 10_000_000_000,
        amount: 1,
        amount_default: 1,
        currency: "EUR".parse().unwrap(),
        currency_default: "EUR".parse().unwrap(),
    };
    for instant in INSTANTS {
        let now = instant.parse().unwrap();
        Tenant::new(scope, &mut session)
            .transaction(|tenant| revenue_distribution::insert(tenant, &written, now))
            .unwrap();
    }
    world
}

/// Returns the ids of the instants whose text meets a condition.
fn matching(holds: fn(&str) -> bool) -> Vec<i64> {
    (1..).zip(INSTANTS).filter(|(_, instant)| holds(instant)).map(|(id, _)| id).collect()
}

type Case = (&'static str, fn(&str) -> bool);

fn by_date_in_utc(place: &Place) {
    let world = make(place);
    let cases: &[Case] = &[
        ("filter[created_at]=2025-03-01", |at| date(at) == "2025-03-01"),
        ("filter[created_at][eq]=2025-03-01", |at| date(at) == "2025-03-01"),
        ("filter[created_at][not_eq]=2025-03-01", |at| date(at) != "2025-03-01"),
        ("filter[created_at][gt]=2025-03-01", |at| date(at) > "2025-03-01"),
        ("filter[created_at][gt_eq]=2025-03-01", |at| date(at) >= "2025-03-01"),
        ("filter[created_at][lt]=2025-03-01", |at| date(at) < "2025-03-01"),
        ("filter[created_at][lt_eq]=2025-03-01", |at| date(at) <= "2025-03-01"),
        ("filter[created_at]=1999-12-31,2025-03-02", |at| {
            ["1999-12-31", "2025-03-02"].contains(&date(at))
        }),
        ("filter[created_at][not_eq]=1999-12-31,2025-03-01", |at| {
            !["1999-12-31", "2025-03-01"].contains(&date(at))
        }),
        ("filter[created_at][]=1999-12-31&filter[created_at][]=2025-02-28", |at| {
            ["1999-12-31", "2025-02-28"].contains(&date(at))
        }),
        (
            "filter[$op]=or&filter[0][created_at][lt]=2000-01-01&filter[1][created_at][gt]=2025-03-01",
            |at| date(at) < "2000-01-01" || date(at) > "2025-03-01",
        ),
    ];
    check(&world, cases);
}

fn check(world: &World, cases: &[Case]) {
    each(cases, |(query, holds)| {
        let found = found(world, query);
        let expected = matching(*holds);
        assert!(!expected.is_empty() && expected.len() < INSTANTS.len(), "{query}");
        if found == expected { Ok(()) } else { Err(format!("{query}: {found:?}")) }
    });
}

fn by_instant(place: &Place) {
    let world = make(place);
    let cases: &[Case] = &[
        ("filter[created_at]=2025-03-01T12:00:00Z", |at| at == "2025-03-01T12:00:00.000"),
        ("filter[created_at]=2025-03-01T12:00:00.5Z", |at| at == "2025-03-01T12:00:00.500"),
        ("filter[created_at][not_eq]=2025-03-01T12:00:00Z", |at| at != "2025-03-01T12:00:00.000"),
        ("filter[created_at][gt]=2025-03-01T12:00:00Z", |at| at > "2025-03-01T12:00:00.000"),
        ("filter[created_at][gt_eq]=2025-03-01T12:00:00Z", |at| at >= "2025-03-01T12:00:00.000"),
        ("filter[created_at][lt]=2025-03-01T12:00:00Z", |at| at < "2025-03-01T12:00:00.000"),
        ("filter[created_at][lt_eq]=2025-03-01T12:00:00Z", |at| at <= "2025-03-01T12:00:00.000"),
        ("filter[updated_at][lt_eq]=2025-03-01T12:00:00.05Z", |at| at <= "2025-03-01T12:00:00.050"),
        // The same instant by other clocks, on one of which it is another day.
        ("filter[created_at]=2025-03-01T13:00:00%2B01:00", |at| at == "2025-03-01T12:00:00.000"),
        ("filter[created_at][gt]=2025-03-02T02:00:00%2B14:00", |at| at > "2025-03-01T12:00:00.000"),
        ("filter[created_at][lt]=2025-03-01T00:30:00%2B00:30", |at| at < "2025-03-01T00:00:00.000"),
        // An instant at midnight is not its day.
        ("filter[created_at]=2025-03-01T00:00:00Z", |at| at == "2025-03-01T00:00:00.000"),
        ("filter[created_at][gt]=2025-03-01T00:00:00Z", |at| at > "2025-03-01T00:00:00.000"),
        ("filter[created_at]=2025-03-02,2025-03-01T12:00:00Z", |at| {
            date(at) == "2025-03-02" || at == "2025-03-01T12:00:00.000"
        }),
        (
            "filter[created_at][not_eq]=1999-12-31,2025-03-01T12:00:00Z,2025-03-01T12:00:00.5Z",
            |at| {
                date(at) != "1999-12-31"
                    && !["2025-03-01T12:00:00.000", "2025-03-01T12:00:00.500"].contains(&at)
            },
        ),
        (
            "filter[created_at][gt_eq]=2025-03-01T12:00:00Z&filter[created_at][lt]=2025-03-02",
            |at| at >= "2025-03-01T12:00:00.000" && date(at) < "2025-03-02",
        ),
        ("filter[created_at][gt]=0000-01-01T00:00:00Z&filter[updated_at][lt]=2000-01-01", |at| {
            date(at) < "2000-01-01"
        }),
        ("filter[created_at][lt]=9999-12-31T23:59:59Z&filter[id]=1", |at| at == INSTANTS[0]),
    ];
    check(&world, cases);
    // Every instant finds itself as it is shown, and cuts the list in two.
    for (id, instant) in (1..).zip(INSTANTS) {
        assert_eq!(found(&world, &format!("filter[created_at]={instant}Z")), [id]);
        for (word, holds) in [("gt", false), ("lt_eq", true)] {
            let mut expected: Vec<i64> = (1..)
                .zip(INSTANTS)
                .filter(|(_, other)| (*other <= instant) == holds)
                .map(|(id, _)| id)
                .collect();
            expected.sort_unstable();
            assert_eq!(found(&world, &format!("filter[updated_at][{word}]={instant}Z")), expected);
        }
    }
}

fn in_order_of_the_instant(place: &Place) {
    let world = make(place);
    let mut expected = matching(|_| true);
    expected.sort_by_key(|id| INSTANTS[usize::try_from(*id).unwrap() - 1]);
    assert_eq!(found(&world, "sort=created_at"), expected);
    expected.reverse();
    assert_eq!(found(&world, "sort=-created_at"), expected);
}

fn shown_to_the_millisecond(place: &Place) {
    let world = make(place);
    let path = "/revenue_distributions?fields[revenue_distributions]=created_at,updated_at";
    let document = world.get(path).expect(200).json();
    let shown: Vec<&Value> =
        document["data"].as_array().unwrap().iter().map(|row| &row["attributes"]).collect();
    assert_eq!(shown.len(), INSTANTS.len());
    for (attributes, instant) in shown.into_iter().zip(INSTANTS) {
        assert_eq!(attributes["created_at"], format!("{instant}Z"));
        assert_eq!(attributes["updated_at"], format!("{instant}Z"));
    }
}

fn date(instant: &str) -> &str {
    &instant[..10]
}

fn found(world: &World, query: &str) -> Vec<i64> {
    ids(&world.get(&format!("/revenue_distributions?{query}")).expect(200).json())
}
