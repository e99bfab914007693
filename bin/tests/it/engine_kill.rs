//! `apportion tick`, or a server, that is killed in the midst of a pass over fifty distributors,
//! and run again: every trigger date is executed once, none is lost, and what was told was kept. So
//! it is with triggers that writes cause.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use apportion_testing::{Place, is_whole, rounds};
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};

use crate::client::{Tenant, document};
use crate::kill::{exchange, wait_for_backends};
use crate::program::{Server, command_at, run};
use apportion_testing::http::send;

apportion_testing::cases! { each_trigger_once, servers_too, triggers_of_writes_too }

/// The number of killed passes of a whole run.
const ROUNDS: usize = 20;
/// The least number of killed servers of a whole run.
const SERVERS: usize = 6;
const DISTRIBUTORS: usize = 50;
const SHARERS: usize = 2;
const ATOMIC: &str = "application/vnd.api+json; ext=\"https://jsonapi.org/ext/atomic\"";

fn each_trigger_once(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = server(place, "off");
    let address = server.address();
    let due = prepare(&tenant, address, &json!(["+1 day"])) + TimeDelta::hours(1);
    let rounds = rounds(ROUNDS);
    let (mut took, mut in_the_midst) = (Duration::from_millis(500), 0);
    for round in 0..rounds {
        credit(&tenant, address);
        let at = due + TimeDelta::days(i64::try_from(round).unwrap());
        let at = at.to_rfc3339();
        let killed = killed(place, &at, took);
        let begun = Instant::now();
        let rest = distributors(&run(place, &["tick", "--at", &at]).ok());
        if rest.len() == DISTRIBUTORS {
            took = begun.elapsed();
        }
        assert!(killed.is_disjoint(&rest), "round {round}: {killed:?} and again {rest:?}");
        let told = killed.len() + rest.len();
        // One may have been kept, and nobody told of it.
        assert!([DISTRIBUTORS - 1, DISTRIBUTORS].contains(&told), "round {round}: {told}");
        in_the_midst += usize::from(rest.len() < DISTRIBUTORS && !rest.is_empty());
        let executed = (round + 1) * DISTRIBUTORS;
        let counts = [
            ("distributions?filter[status]=processing", executed),
            ("distributions?filter[status]=pending", DISTRIBUTORS),
            ("allocations", executed * SHARERS),
            ("obligations", executed * SHARERS),
        ];
        for (path, count) in counts {
            let list = tenant.get(address, &format!("/{path}"));
            assert_eq!(list["meta"]["total_count"], count, "round {round}: {path}");
        }
    }
    // A few rounds may all miss the pass.
    let enough = in_the_midst * 4 >= rounds || !is_whole();
    assert!(enough, "only {in_the_midst} of {rounds} were killed in a pass");
    for (distributor, dates) in check(&tenant, address) {
        assert_eq!(dates.len(), rounds + 1, "distributor {distributor}");
        let dates: Vec<_> = dates.iter().collect();
        let days = dates.windows(2).all(|pair| *pair[1] - *pair[0] == TimeDelta::days(1));
        assert!(days, "distributor {distributor}: {dates:?}");
    }
    println!("{rounds} rounds, {in_the_midst} of them killed between the first and the last");
}

/// A server begins with a pass, and is killed at a moment of it.
fn servers_too(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let watching = server(place, "off");
    let address = watching.address();
    prepare(&tenant, address, &json!(every_second()));
    let executed = || {
        let path = "/distributions?filter[status]=processing,complete";
        tenant.get(address, path)["meta"]["total_count"].as_u64().unwrap()
    };
    let (mut in_the_midst, mut took, mut before) = (0, Duration::from_millis(500), 0);
    // A pass is soon over: more are killed until one was in it.
    for round in 0..10 * SERVERS {
        if round >= rounds(SERVERS) && in_the_midst > 0 {
            break;
        }
        credit(&tenant, address);
        let running = server(place, "1s");
        spin_below(took);
        running.kill();
        let after = executed();
        let part = (after - before) % u64::try_from(DISTRIBUTORS).unwrap();
        in_the_midst += usize::from(part > 0);
        // The clock's own: what is due is due by now, whoever was killed.
        let begun = Instant::now();
        run(place, &["tick"]).ok();
        took = begun.elapsed();
        before = executed();
    }
    assert!(in_the_midst > 0, "no server was killed in a pass");
    // A server that is told to stop does so in good order.
    let (code, _) = server(place, "1s").terminate();
    assert_eq!(code, Some(0));
    check(&tenant, address);
}

/// A server without an engine, killed amid credits: each of them finds its distributor due, and
/// triggers it first. What was answered is there, and every law holds.
fn triggers_of_writes_too(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let first = server(place, "off");
    prepare(&tenant, first.address(), &json!(every_second()));
    first.kill();
    let (mut answered, mut open) = (0, 0);
    for _ in 0..rounds(ROUNDS) {
        wait_for_backends(place);
        // By then all are due again.
        std::thread::sleep(Duration::from_secs(1));
        let running = server(place, "off");
        let address = running.address();
        let clients: Vec<_> = (0..2)
            .map(|_| {
                let tenant = tenant.clone();
                std::thread::spawn(move || credit_until_killed(&tenant, address))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(100));
        spin_below(Duration::from_millis(200));
        running.kill();
        open += clients.len();
        answered += clients.into_iter().map(|client| client.join().unwrap()).sum::<usize>();
    }
    wait_for_backends(place);
    let last = server(place, "off");
    let total = |path: &str| {
        let list = tenant.get(last.address(), path);
        usize::try_from(list["meta"]["total_count"].as_u64().unwrap()).unwrap()
    };
    let credits = total("/metric_credits");
    assert!(answered > 0, "no write was answered");
    assert!((answered..=answered + open).contains(&credits), "{credits} of {answered}");
    let triggered = total("/distributions?filter[status]=processing,complete");
    assert!(triggered > 0, "no write triggered anything");
    run(place, &["check"]).ok();
    println!("{credits} credits, {triggered} triggers");
}

/// Credits somebody somewhere, again and again; returns how often that was answered.
fn credit_until_killed(tenant: &Tenant, address: SocketAddr) -> usize {
    let mut answered = 0;
    loop {
        let to = |kind: &str, id: usize| json!({"data": {"type": kind, "id": id.to_string()}});
        let body = json!({"data": {
            "type": "metric_credits", "attributes": {"points": 1},
            "relationships": {
                "distributor": to("distributors", random_below(DISTRIBUTORS) + 1),
                "collaborator": to("collaborators", random_below(SHARERS) + 1),
            },
        }});
        let body = body.to_string();
        match exchange(tenant, address, "POST", "/metric_credits", body.as_bytes()) {
            Some((status, answer)) => assert_eq!(status, 201, "{answer}"),
            None => return answered,
        }
        answered += 1;
    }
}

/// A schedule of every second of the ten minutes to come.
pub fn every_second() -> Vec<String> {
    let now = Utc::now();
    let numbers = |range: std::ops::Range<u32>| {
        range.map(|number| number.to_string()).collect::<Vec<_>>().join(",")
    };
    let rule = |hour: u32, minutes: std::ops::Range<u32>| {
        let (minutes, seconds) = (numbers(minutes), numbers(0..60));
        format!("FREQ=DAILY;BYHOUR={hour};BYMINUTE={minutes};BYSECOND={seconds}")
    };
    let (hour, end) = (now.hour(), now.minute() + 10);
    let this = rule(hour, now.minute()..end.min(60));
    if end <= 60 { vec![this] } else { vec![this, rule((hour + 1) % 24, 0..end - 60)] }
}

/// A server whose engine passes in that interval, the first time at once.
fn server(place: &Place, interval: &str) -> Server {
    let mut command = command_at(place, &["serve", "--bind", "127.0.0.1:0", "--no-rate-limit"]);
    command.env("APPORTION_ENGINE_INTERVAL", interval);
    Server::spawn(command, &place.directory().join(format!("server-{interval}.log")))
}

/// Distributors that share a pool; answers with the first trigger date of the last.
fn prepare(tenant: &Tenant, address: SocketAddr, schedule: &Value) -> DateTime<Utc> {
    let create = |kind: &str, body: &[u8]| {
        tenant.request(address, "POST", &format!("/{kind}"), body).expect(201).json()
    };
    for name in ["Ann", "Ben"] {
        create("collaborators", &document("collaborators", json!({"full_name": name}), &[]));
    }
    let members =
        json!([{"type": "collaborators", "id": "1"}, {"type": "collaborators", "id": "2"}]);
    let mut last = String::new();
    for at in 0..DISTRIBUTORS {
        let attributes = json!({
            "name": format!("D{at}"), "units": "EUR", "pool_resolver": "fixed_amount",
            "pool_amount": 1_000 + at, "distribution_resolver": "performance_shared_pool",
            "metric_types": [{"type": "manual", "points": 1}], "schedule": schedule,
        });
        let body = json!({"data": {
            "type": "distributors", "attributes": attributes,
            "relationships": {"collaborators": {"data": members}},
        }});
        let made = create("distributors", &serde_json::to_vec(&body).unwrap());
        last = made["data"]["attributes"]["next_trigger_date"].as_str().unwrap().to_owned();
    }
    last.parse().unwrap()
}

/// Credits everybody everywhere, in one request.
fn credit(tenant: &Tenant, address: SocketAddr) {
    let one = |at: usize| {
        let to = |kind: &str, id: usize| json!({"data": {"type": kind, "id": id.to_string()}});
        let (distributor, collaborator) = (at / SHARERS + 1, at % SHARERS + 1);
        json!({"op": "add", "data": {
            "type": "metric_credits", "attributes": {"points": collaborator},
            "relationships": {
                "distributor": to("distributors", distributor),
                "collaborator": to("collaborators", collaborator),
            },
        }})
    };
    let operations: Vec<Value> = (0..DISTRIBUTORS * SHARERS).map(one).collect();
    let body = serde_json::to_vec(&json!({"atomic:operations": operations})).unwrap();
    let headers = [("X-Auth-Token", tenant.token.as_str()), ("Content-Type", ATOMIC)];
    send(address, "POST", "/api/v2/operations", &headers, &body).expect(200);
}

/// Starts a pass and kills it: after some of its lines and a moment, or before the first; answers
/// with those that it told.
fn killed(place: &Place, at: &str, took: Duration) -> BTreeSet<String> {
    let mut command = command_at(place, &["tick", "--at", at]);
    let log = std::fs::File::create(place.directory().join("tick.log")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut told = String::new();
    let lines = random_below(DISTRIBUTORS);
    for _ in 0..lines {
        if stdout.read_line(&mut told).unwrap() == 0 {
            break;
        }
    }
    // The moment of one trigger, or, where no line is awaited, of all of it.
    let parts = if lines == 0 { 1 } else { u32::try_from(DISTRIBUTORS).unwrap() };
    spin_below(took / parts);
    child.kill().unwrap();
    child.wait().unwrap();
    // What it printed before its end is there still; a line may be cut off.
    let mut rest = String::new();
    let _ = std::io::Read::read_to_string(&mut stdout, &mut rest);
    told.push_str(&rest);
    let whole = told.rfind('\n').map_or("", |end| &told[..end]);
    distributors(whole)
}

/// The distributors that lines tell of.
fn distributors(lines: &str) -> BTreeSet<String> {
    let of = |line: &str| line.split(' ').nth(4).unwrap().to_owned();
    let found: BTreeSet<String> = lines.lines().map(of).collect();
    assert_eq!(found.len(), lines.lines().count(), "told twice: {lines}");
    found
}

/// Each distribution is what its parts sum to, and no distributor has two of one date: answers with
/// all of these.
fn check(tenant: &Tenant, address: SocketAddr) -> BTreeMap<String, BTreeSet<DateTime<Utc>>> {
    let (distributions, _) = tenant.all(address, "distributions");
    let (allocations, _) = tenant.all(address, "allocations");
    let (obligations, _) = tenant.all(address, "obligations");
    let id = |row: &Value, name: &str| {
        row["relationships"][name]["data"]["id"].as_str().unwrap_or_default().to_owned()
    };
    let value = |row: &Value| row["attributes"]["value"].as_i64().unwrap();
    let owed: BTreeMap<String, (i64, String)> = obligations
        .iter()
        .map(|row| (row["id"].as_str().unwrap().to_owned(), (value(row), id(row, "allocation"))))
        .collect();
    let mut sums: BTreeMap<String, (i64, usize)> = BTreeMap::new();
    for row in &allocations {
        let expected = (value(row), row["id"].as_str().unwrap().to_owned());
        assert_eq!(owed.get(&id(row, "obligation")), Some(&expected), "{row}");
        let sum = sums.entry(id(row, "distribution")).or_default();
        *sum = (sum.0 + value(row), sum.1 + 1);
    }
    let mut dates: BTreeMap<String, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
    for row in &distributions {
        let date = row["attributes"]["trigger_date"].as_str().unwrap().parse().unwrap();
        assert!(dates.entry(id(row, "distributor")).or_default().insert(date), "twice: {row}");
        let sum = sums.get(row["id"].as_str().unwrap());
        match row["attributes"]["status"].as_str() {
            Some("processing") => assert_eq!(sum, Some(&(value(row), SHARERS)), "{row}"),
            // Open, or nobody had a score.
            _ => assert_eq!(sum, None, "{row}"),
        }
    }
    assert_eq!(dates.len(), DISTRIBUTORS);
    dates
}

/// Lets a random time pass, below that, without giving up the processor.
fn spin_below(longest: Duration) {
    let micros = usize::try_from(longest.as_micros()).unwrap();
    let moment = Duration::from_micros(random_below(micros + 1).try_into().unwrap());
    let begun = Instant::now();
    while begun.elapsed() < moment {
        std::hint::spin_loop();
    }
}

fn random_below(limit: usize) -> usize {
    let random = RandomState::new().build_hasher().finish();
    usize::try_from(random % u64::try_from(limit).unwrap()).unwrap()
}
