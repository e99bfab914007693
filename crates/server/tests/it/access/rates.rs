//! Rate limits: the number of requests that a client may send, and the refusal of the next one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use apportion_server::admin::{self, TokenDraft};
use apportion_server::token::Token;
use apportion_testing::Place;
use serde_json::json;

use crate::support::refusal::complaints;
use crate::support::world::{World, document};
use apportion_testing::http::{Answer, send};

apportion_testing::cases! {
    a_token_has_its_share, an_address_has_its_share, a_revoked_token_is_a_stranger,
    visitors_of_the_documentation_are_strangers, probes_have_a_share_of_their_own,
    every_answer_says_where_one_stands, reports_are_counted_by_their_cost;
    sqlite: an_organization_has_its_share, a_share_comes_back, a_newcomer_is_never_refused,
    a_network_is_one_address
}

/// The requests that one token may send in 10 s.
const TOKEN: usize = 100;
/// The requests that one address may send in 10 s without a valid token.
const ADDRESS: usize = 20;
/// The units that an organization has for reports.
const BUDGET: usize = 1_500;
/// The requests that all tokens of an organization may send in 30 min.
const ORGANIZATION: usize = 4_000;

fn limited(place: &Place) -> World {
    World::configured(place, |config| config.service.limit_rates = true)
}

/// Returns the limit that an answer tells, what remains of it, and when it begins anew.
fn standing(answer: &Answer) -> Option<([usize; 2], u64)> {
    let mut parts = answer.header("RateLimit")?.split(", ");
    let mut next = |name: &str| -> usize {
        let part = parts.next().unwrap().strip_prefix(name).unwrap();
        part.strip_prefix('=').unwrap().parse().unwrap()
    };
    let (limit, remaining, reset) = (next("limit"), next("remaining"), next("reset"));
    Some(([limit, remaining], reset.try_into().unwrap()))
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
    world.request_as(&world.reader, "GET", "/deals", None).expect(200);
    for turn in 0..ADDRESS {
        let token = ["", "apt_x", "nothing"][turn % 3];
        let refused = world.request_as(token, "GET", "/deals", None).expect(401);
        assert_eq!(standing(&refused).map(|it| it.0), Some([ADDRESS, ADDRESS - 1 - turn]));
    }
    is_refusal(&world.request_as("", "GET", "/deals", None).expect(429), ADDRESS, 10);
    is_refusal(&world.request_as("apt_x", "GET", "/deals", None).expect(429), ADDRESS, 10);
    // A token that was used within the last minute is not counted with its address. Another one is
    // not looked up, be it good or not: nobody finds out by guessing.
    world.request_as(&world.reader, "GET", "/deals", None).expect(200);
    is_refusal(&world.get("/deals").expect(429), ADDRESS, 10);
    let unknown = Token::random().unwrap();
    is_refusal(&world.request_as(unknown.reveal(), "GET", "/deals", None).expect(429), ADDRESS, 10);
    // A second is longer than a token is cached, and the reader's is looked up again.
    std::thread::sleep(Duration::from_millis(1_000));
    world.request_as(&world.reader, "GET", "/deals", None).expect(200);
}

fn a_revoked_token_is_a_stranger(place: &Place) {
    let world = limited(place);
    world.get("/deals").expect(200);
    let tokens = admin::list_tokens(&world.database, Some(world.organization)).unwrap();
    let own = tokens.iter().find(|token| token.scope == "write").unwrap();
    admin::revoke_token(&world.database, own.id.0).unwrap();
    std::thread::sleep(Duration::from_millis(1_000));
    for _ in 0..ADDRESS {
        world.get("/deals").expect(401);
    }
    // It was good within the last minute, but is known to be so no longer.
    is_refusal(&world.get("/deals").expect(429), ADDRESS, 10);
}

fn public(world: &World, path: &str, token: &str) -> Answer {
    let headers = [("X-Auth-Token", token)];
    let headers = if token.is_empty() { &headers[..0] } else { &headers[..] };
    send(world.address(), "GET", path, headers, b"")
}

fn visitors_of_the_documentation_are_strangers(place: &Place) {
    let world = limited(place);
    world.get("/deals").expect(200);
    let paths = ["/docs", "/docs/docs.js", "/api/v2/openapi.json", "/docs/nothing", "/health/x"];
    for turn in 0..ADDRESS {
        // A token that was never used is that of a stranger.
        let token = if turn % 2 == 0 { "" } else { world.reader.as_str() };
        let answer = public(&world, paths[turn % 5], token);
        assert_ne!(answer.status, 429, "{turn}");
        assert_eq!(standing(&answer).map(|it| it.0), Some([ADDRESS, ADDRESS - 1 - turn]));
    }
    for path in paths {
        is_refusal(&public(&world, path, "").expect(429), ADDRESS, 10);
    }
    world.request_as("", "GET", "/deals", None).expect(429);
    // Whoever uses a token is counted by it.
    let known = public(&world, "/docs", &world.token).expect(200);
    assert_eq!(standing(&known).map(|it| it.0[0]), Some(TOKEN));
    // The life of the process is told to everybody, as often as they ask.
    for _ in 0..3 * ADDRESS {
        public(&world, "/health/live", "").expect(200);
    }
    public(&world, "/health/ready", "").expect(200);
}

fn probes_have_a_share_of_their_own(place: &Place) {
    let world = limited(place);
    let began = Instant::now();
    let mut refused = None;
    // A second may end between two of them.
    for _ in 0..4 * ADDRESS {
        let answer = public(&world, "/health/ready", "");
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        answer.expect(200);
    }
    is_refusal(&refused.expect("the rate has an end"), ADDRESS, 1);
    world.request_as("", "GET", "/deals", None).expect(401);
    while public(&world, "/health/ready", "").status == 429 {
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

/// Every answer that was counted says where its client stands in the tightest of its limits.
fn every_answer_says_where_one_stands(place: &Place) {
    let world = limited(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    let mut seen = Vec::new();
    for answer in [
        world.get("/deals").expect(200),
        world.post("/deals", &deal).expect(201),
        world.request("HEAD", "/deals/1", None).expect(200),
        world.request("OPTIONS", "/deals", None).expect(204),
        world.get("/nothing").expect(404),
        world.request("PUT", "/deals", None).expect(405),
        world.post("/deals", &json!({})).expect(400),
        world.get("/deals?filter[x]=1").expect(400),
        world.request_as(&world.token, "GET", "/events", None).expect(403),
        world.get("/reports/financial_item_reports").expect(200),
        world.delete("/deals/1").expect(204),
    ] {
        let ([limit, remaining], reset) = standing(&answer).unwrap();
        assert_eq!(limit, TOKEN);
        assert!((1..=11).contains(&reset), "{reset}");
        assert_eq!(answer.header("X-RateLimit-Reset"), None);
        seen.push(remaining);
    }
    let expected: Vec<usize> = (TOKEN - seen.len()..TOKEN).rev().collect();
    assert_eq!(seen, expected);
    // The tightest is told: of a budget that is spent, and not of the token.
    for _ in 0..9 {
        world.get("/checks").expect(200);
    }
    let answer = world.get("/checks");
    assert_eq!(standing(&answer).map(|it| it.0[0]), Some(BUDGET));
    // Without limits there is nothing to tell.
    let free = World::at(&place.url, |_| {});
    assert_eq!(standing(&free.get("/deals").expect(200)), None);
}

/// There is room for whoever comes, however many have come before.
fn a_newcomer_is_never_refused(place: &Place) {
    let world = behind_a_proxy(place);
    let victim = "203.0.113.1".to_owned();
    for _ in 0..ADDRESS {
        assert_eq!(from(&world, std::slice::from_ref(&victim)), [401]);
    }
    assert_eq!(from(&world, std::slice::from_ref(&victim)), [429]);
    let began = Instant::now();
    let crowd = |range: std::ops::Range<u32>| -> Vec<String> {
        range.map(|at| std::net::Ipv4Addr::from_bits(0x0A00_0000 + at).to_string()).collect()
    };
    // A crowd that fits does not make the others forgotten.
    assert!(from(&world, &crowd(0..5_000)).iter().all(|status| *status == 401));
    if began.elapsed() < Duration::from_secs(9) {
        assert_eq!(from(&world, &[victim]), [429]);
    }
    for part in 0..25_u32 {
        let statuses = from(&world, &crowd(5_000 + part * 1_000..6_000 + part * 1_000));
        assert!(statuses.iter().all(|status| *status == 401), "part {part}: {statuses:?}");
    }
}

/// A client with one address of IPv6 has 2^64 of them.
fn a_network_is_one_address(place: &Place) {
    let world = behind_a_proxy(place);
    let addresses = |network: &str| -> Vec<String> {
        (0..=ADDRESS).map(|at| format!("{network}:{at:x}:0:{at:x}:1")).collect()
    };
    let mut statuses = from(&world, &addresses("2001:db8:1:2"));
    assert_eq!((statuses.pop(), statuses.iter().all(|it| *it == 401)), (Some(429), true));
    assert_eq!(from(&world, &["2001:db8:1:3::1".to_owned()]), [401]);
    // IPv4 within IPv6 is IPv4, each of which is somebody else's.
    let mapped = (0..=ADDRESS).map(|at| format!("::ffff:192.0.2.{at}")).collect::<Vec<_>>();
    assert!(from(&world, &mapped).iter().all(|status| *status == 401));
}

/// A world whose peers are a trusted proxy.
fn behind_a_proxy(place: &Place) -> World {
    World::configured(place, |config| {
        config.service.limit_rates = true;
        config.service.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    })
}

/// Sends a request without a token for each address, on one connection; returns their statuses.
fn from(world: &World, addresses: &[String]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for addresses in addresses.chunks(200) {
        let mut requests = String::new();
        for (at, address) in addresses.iter().enumerate() {
            let last = at + 1 == addresses.len();
            let connection = if last { "close" } else { "keep-alive" };
            requests += &format!(
                "GET /api/v2/deals HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\
                 X-Forwarded-For: {address}\r\n\r\n"
            );
        }
        let mut stream = TcpStream::connect(world.address()).unwrap();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        let heads = answers.split("HTTP/1.1 ").skip(1);
        statuses.extend(heads.map(|head| head[..3].parse::<u16>().unwrap()));
    }
    assert_eq!(statuses.len(), addresses.len());
    statuses
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

/// Reports are paid from a budget of the organization. Cheap ones are not limited for themselves.
fn reports_are_counted_by_their_cost(place: &Place) {
    let path = "/reports/financial_item_reports";
    let free = World::start(place);
    let deal = free.deal("D", 1_000_000);
    for _ in 0..300 {
        free.spread(&deal, "1900-01-01", "1999-12-31", "0.3");
    }
    let world = World::at(&place.url, |config| config.service.limit_rates = true);
    let ask = |token: &str, path: &str| world.request_as(token, "GET", path, None);
    for turn in 0..30 {
        match turn % 3 {
            0 => ask(&free.token, path).expect(200),
            1 => ask(&free.reader, &format!("{path}?format=svg")).expect(200),
            _ => ask(&free.token, "/deals?format=csv").expect(200),
        };
    }
    // Checks may read everything, and there are ten in a row; then there is what came back.
    let mut checks = 0;
    let refused = loop {
        let answer = ask(
            &free.reader,
            ["/checks/trigger-once", "/checks?filter[id]=settled-once"][checks % 2],
        );
        match answer.status {
            200 => checks += 1,
            _ => break answer,
        }
        assert!(checks < 100, "the budget has an end");
    };
    assert!(checks >= 9, "{checks}");
    assert_eq!(complaints(&refused.clone().expect(429)), ["429"]);
    assert_eq!(refused.json()["errors"][0]["code"], json!("too_many_requests"));
    let detail = refused.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("This costs 150 of the units"), "{detail}");
    let ([limit, left], reset) = standing(&refused).unwrap();
    assert!(limit == BUDGET && left < 150 && (1..=4).contains(&reset), "{detail}");
    assert_eq!(refused.header("Retry-After"), Some(reset.to_string().as_str()));
    // 300 distributions of 36,524 days each are ten million sums by the day, and few without it, or
    // within a month.
    if left < 100 {
        let dear = ask(&free.token, &format!("{path}?group=date:day"));
        let said = dear.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(dear.status == 429 && said.starts_with("This costs 109 of the units"), "{said}");
    }
    ask(&free.token, path).expect(200);
    let month = "filter[date][gt_eq]=1925-01-01&filter[date][lt_eq]=1925-01-31";
    ask(&free.token, &format!("{path}?group=date:day&{month}")).expect(200);
    // Other addresses are not limited by it, nor are reports of other organizations.
    ask(&free.token, "/deals").expect(200);
    ask(&free.stranger, "/checks").expect(200);
    ask(&free.stranger, &format!("{path}?group=date:day")).expect(200);
    // What was spent comes back.
    let began = Instant::now();
    while ask(&free.stranger, "/deals").status == 200 && ask(&free.reader, "/checks").status == 429
    {
        assert!(began.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(200));
    }
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
