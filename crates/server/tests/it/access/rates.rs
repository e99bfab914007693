//! Rate limits: the number of requests that a client may send, and the refusal of the next one.

use std::time::{Duration, Instant};

use apportion_server::admin::{self, TokenDraft};
use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::complaints;
use crate::support::world::{World, document};
use apportion_testing::http::Answer;

apportion_testing::cases! {
    a_token_has_its_share, an_address_has_its_share, reports_have_a_share_of_their_own;
    sqlite: an_organization_has_its_share, a_share_comes_back
}

/// The requests that one token may send in 10 s.
const TOKEN: usize = 100;
/// The requests that one address may send in 10 s without a valid token.
const ADDRESS: usize = 20;
/// The reports that all tokens of an organization may read in 30 s.
const REPORTS: usize = 10;
/// The requests that all tokens of an organization may send in 30 min.
const ORGANIZATION: usize = 4_000;

fn limited(place: &Place) -> World {
    World::configured(place, |config| config.limit_rates = true)
}

#[track_caller]
fn is_refusal(answer: &Answer, limit: usize, period: u64) {
    assert_eq!(complaints(answer), ["429"]);
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], json!("too_many_requests"));
    assert_eq!(error["title"], json!("Too many requests"));
    let seconds: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=period).contains(&seconds), "{seconds}");
    let reset = seconds.to_string();
    assert_eq!(answer.header("X-RateLimit-Reset"), Some(reset.as_str()));
    let rate = format!("limit={limit}, remaining=0, reset={seconds}");
    assert_eq!(answer.header("RateLimit"), Some(rate.as_str()));
}

fn a_token_has_its_share(place: &Place) {
    let world = limited(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    let began = Instant::now();
    // Every request counts, whatever its address.
    for turn in 0..TOKEN {
        match turn % 4 {
            0 => world.get("/deals").expect(200),
            1 => world.get("/nothing").expect(404),
            2 => world.request("PUT", "/deals", None).expect(405),
            _ => world.post("/deals", &deal).expect(201),
        };
    }
    let refused = world.post("/deals", &deal);
    assert!(began.elapsed() < Duration::from_secs(10), "this machine is too slow for the test");
    is_refusal(&refused.expect(429), TOKEN, 10);
    world.get("/deals").expect(429);
    // Another token is not limited by it, and nothing was written.
    let others = world.request_as(&world.reader, "GET", "/deals", None).expect(200);
    assert_eq!(others.json()["meta"]["total_count"], 25);
    world.request_as(&world.stranger, "GET", "/deals", None).expect(200);
    world.request_as("", "GET", "/deals", None).expect(401);
}

fn an_address_has_its_share(place: &Place) {
    let world = limited(place);
    for turn in 0..ADDRESS {
        let token = ["", "apt_x", "nothing"][turn % 3];
        world.request_as(token, "GET", "/deals", None).expect(401);
    }
    is_refusal(&world.request_as("", "GET", "/deals", None).expect(429), ADDRESS, 10);
    is_refusal(&world.request_as("apt_x", "GET", "/deals", None).expect(429), ADDRESS, 10);
    // Requests with a token are not counted with those of their address.
    world.get("/deals").expect(200);
}

fn an_organization_has_its_share(place: &Place) {
    let world = limited(place);
    let tokens = (0..ORGANIZATION / TOKEN).map(|_| mint(&world));
    let tokens: Vec<String> = tokens.collect();
    std::thread::scope(|scope| {
        for tokens in tokens.chunks(5) {
            let world = &world;
            scope.spawn(move || {
                for token in tokens {
                    for _ in 0..TOKEN {
                        world.request_as(token, "GET", "/organizations/1", None).expect(200);
                    }
                }
            });
        }
    });
    is_refusal(&world.get("/deals").expect(429), ORGANIZATION, 30 * 60);
    is_refusal(
        &world.request_as(&mint(&world), "GET", "/deals", None).expect(429),
        ORGANIZATION,
        30 * 60,
    );
    world.request_as(&world.stranger, "GET", "/deals", None).expect(200);
}

fn reports_have_a_share_of_their_own(place: &Place) {
    let path = "/reports/financial_item_reports";
    let free = World::start(place);
    for _ in 0..=REPORTS {
        free.get(path).expect(200);
    }
    let world = World::at(&place.url, |config| config.limit_rates = true);
    let ask = |token: &str, path: &str| world.request_as(token, "GET", path, None);
    // Requests that are no report of this organization do not count; the others do, whatever they
    // ask for.
    world.request_as(&free.token, "POST", path, None).expect(405);
    world.request_as(&free.token, "OPTIONS", path, None).expect(204);
    ask("", path).expect(401);
    for turn in 0..REPORTS {
        match turn % 3 {
            0 => ask(&free.token, path).expect(200),
            1 => ask(&free.reader, &format!("{path}?format=svg")).expect(200),
            _ => ask(&free.token, &format!("{path}?group=nothing")).expect(400),
        };
    }
    is_refusal(&ask(&free.token, path).expect(429), REPORTS, 30);
    is_refusal(&ask(&free.reader, &format!("{path}?format=csv")).expect(429), REPORTS, 30);
    // Checks cost as much as reports, and count as reports.
    is_refusal(&ask(&free.token, "/checks").expect(429), REPORTS, 30);
    is_refusal(&ask(&free.token, "/checks/slices-sum").expect(429), REPORTS, 30);
    // So do lists as tables, which have all their rows.
    is_refusal(&ask(&free.token, "/deals?format=csv").expect(429), REPORTS, 30);
    ask(&free.stranger, "/checks").expect(200);
    ask(&free.stranger, "/deals?format=csv").expect(200);
    // Other addresses are not limited by it, nor are reports of other organizations.
    ask(&free.token, "/deals").expect(200);
    ask(&free.stranger, path).expect(200);
}

fn mint(world: &World) -> String {
    let (organization, scope) = (world.organization, "read");
    let draft = TokenDraft { organization, person: None, scope, label: None };
    admin::create_token(&world.database, draft).unwrap().reveal().to_owned()
}

fn a_share_comes_back(place: &Place) {
    let world = limited(place);
    let began = Instant::now();
    while world.get("/deals").status == 200 {
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    while world.get("/deals").status == 429 {
        assert!(began.elapsed() < Duration::from_secs(15));
    }
    assert!(began.elapsed() >= Duration::from_secs(10));
}
