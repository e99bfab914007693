//! How often a client may ask, and what it is told when it asks once more.

use std::time::{Duration, Instant};

use apportion_server::admin::{self, TokenDraft};
use apportion_testing::Place;
use serde_json::json;

use crate::support::http::Answer;
use crate::support::refusal::complaints;
use crate::support::world::{World, document};

apportion_testing::cases! {
    a_token_has_its_share, an_address_has_its_share, reports_have_a_share_of_their_own;
    sqlite: an_organization_has_its_share, a_share_comes_back
}

/// For a token, in ten seconds.
const TOKEN: usize = 100;
/// For all that come from one address without a token that counts, in ten seconds.
const ADDRESS: usize = 20;
/// Of reports, for all tokens of an organization, in half a minute.
const REPORTS: usize = 10;
/// For all tokens of an organization, in half an hour.
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
    // Whatever it asks for counts.
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
    // Nobody else is held to it, and nothing was written.
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
    // Who has a token is not counted with those who have none.
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
    // What is no report, or nobody's, does not count; whatever is asked for does.
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
    // Checks cost as much, and count as reports.
    is_refusal(&ask(&free.token, "/checks").expect(429), REPORTS, 30);
    is_refusal(&ask(&free.token, "/checks/slices-sum").expect(429), REPORTS, 30);
    ask(&free.stranger, "/checks").expect(200);
    // All the rest goes on, and so do the reports of others.
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
