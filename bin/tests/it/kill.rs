//! A server that is killed while sixteen clients write: what was answered is there afterwards, and
//! what is there agrees with itself.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use apportion_core::decimal::parse_units;
use apportion_testing::{Place, rounds};
use serde_json::{Value, json};

use crate::client::{JSON_API, Tenant, document};
use crate::program::{PATIENCE, Server, eventually};

apportion_testing::cases! { answered_writes_survive }

/// The number of kills of a whole run.
const ROUNDS: usize = 12;
const WRITERS: usize = 16;
/// Deals that all writers spread, so that they meet.
const SHARED: usize = 3;
/// A round ends after at least so many answers, and before so many more.
const LEAST_ANSWERS: usize = 20;
const MORE_ANSWERS: usize = 100;
const SPREAD: &str = "revenue_distributions";

fn answered_writes_survive(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    let mut book = Book::default();
    for at in 0..SHARED {
        let body =
            document("deals", json!({"name": format!("shared {at}"), "value": 100_000}), &[]);
        let made = tenant.request(server.address(), "POST", "/deals", &body).expect(201).json();
        book.note(&made["data"]);
    }
    book.shared = book.rows.keys().map(|(_, id)| id.clone()).collect();
    let mut server = Some(server);
    for round in 0..rounds(ROUNDS) {
        let running = server.take().unwrap_or_else(|| Server::start(place));
        let enough = LEAST_ANSWERS + random_below(MORE_ANSWERS);
        let answers = write_until_killed(&tenant, running, round, enough, &mut book);
        assert!(answers >= enough, "round {round} was killed after {answers} of {enough} answers");
        wait_for_backends(place);
        let restarted = Server::start(place);
        check(&tenant, restarted.address(), &mut book, (round + 1) * WRITERS);
        server = Some(restarted);
    }
}

/// The writes of which the clients know for sure.
#[derive(Default)]
struct Book {
    /// Rows as they were answered, by type and id. What others may change since is left out.
    rows: BTreeMap<(String, String), Value>,
    shared: Vec<String>,
    /// The values that a shared deal may have: the last one answered, and the one on its way.
    values: BTreeMap<String, [i64; 2]>,
}

impl Book {
    fn note(&mut self, data: &Value) {
        let text = |member: &str| data[member].as_str().unwrap().to_owned();
        let key = (text("type"), text("id"));
        let twice = self.rows.insert(key, lasting(data));
        assert_eq!(twice, None, "one id was given twice: {data}");
    }
}

/// The part of a row that stays as it was answered.
fn lasting(data: &Value) -> Value {
    let attributes = &data["attributes"];
    match data["type"].as_str() {
        Some("deals") => json!([attributes["name"], attributes["created_at"]]),
        _ => json!([
            attributes["start_on"],
            attributes["end_on"],
            attributes["amount_percent"],
            data["relationships"]["deal"]["data"]["id"],
        ]),
    }
}

/// Lets all writers write until there are enough answers, and kills the server in their midst.
fn write_until_killed(
    tenant: &Tenant,
    server: Server,
    round: usize,
    enough: usize,
    book: &mut Book,
) -> usize {
    let (address, answers) = (server.address(), AtomicUsize::new(0));
    let (reached, until) = mpsc::channel();
    let shared = book.shared.clone();
    let noted = Mutex::new(std::mem::take(book));
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (noted, answers, shared, reached) = (&noted, &answers, &shared, reached.clone());
            scope.spawn(move || {
                for turn in 0.. {
                    let done = if writer < SHARED && turn % 2 == 1 {
                        change_value(tenant, address, &shared[writer], turn, noted)
                    } else {
                        add(tenant, address, (round, writer, turn), shared, noted)
                    };
                    if done.is_none() {
                        break;
                    }
                    if answers.fetch_add(1, Ordering::SeqCst) + 1 == enough {
                        reached.send(()).unwrap();
                    }
                }
            });
        }
        // At once, before what was just answered could become true a little later.
        let reached = until.recv_timeout(PATIENCE);
        server.kill();
        assert_eq!(reached, Ok(()), "too few answers in good time");
    });
    *book = noted.into_inner().unwrap();
    answers.into_inner()
}

/// Makes a deal, or spreads one; none once the server is gone.
fn add(
    tenant: &Tenant,
    address: SocketAddr,
    (round, writer, turn): (usize, usize, usize),
    shared: &[String],
    book: &Mutex<Book>,
) -> Option<()> {
    let (kind, body) = if turn % 4 == 0 {
        let name = format!("deal {round}.{writer}.{turn}");
        ("deals", document("deals", json!({"name": name, "value": 999}), &[]))
    } else {
        let deal = shared[(writer + turn) % shared.len()].as_str();
        let percent = format!("{}.{}", turn % 7, 1 + writer % 9);
        let end = format!("2026-{:02}-28", 1 + turn % 12);
        let attributes =
            json!({"start_on": "2026-01-01", "end_on": end, "amount_percent": percent});
        (SPREAD, document(SPREAD, attributes, &[("deal", "deals", deal)]))
    };
    let (status, answer) = exchange(tenant, address, "POST", &format!("/{kind}"), &body)?;
    assert_eq!(status, 201, "{answer}");
    book.lock().unwrap().note(&answer["data"]);
    Some(())
}

/// Changes what a shared deal is worth, and with it all of its distributions.
fn change_value(
    tenant: &Tenant,
    address: SocketAddr,
    deal: &str,
    turn: usize,
    book: &Mutex<Book>,
) -> Option<()> {
    let value =
        100_000 + i64::try_from(turn).unwrap() * 7 + i64::try_from(random_below(9999)).unwrap();
    let body = document("deals", json!({"value": value}), &[]);
    let before = {
        let values = &mut book.lock().unwrap().values;
        let before = values.get(deal).map_or(100_000, |[known, _]| *known);
        values.insert(deal.to_owned(), [before, value]);
        before
    };
    let (status, answer) = exchange(tenant, address, "PATCH", &format!("/deals/{deal}"), &body)?;
    assert_eq!(status, 200, "{before} -> {value}: {answer}");
    book.lock().unwrap().values.insert(deal.to_owned(), [value, value]);
    Some(())
}

/// Status and document of an answer that arrived entirely.
pub fn exchange(
    tenant: &Tenant,
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &[u8],
) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "{method} /api/v2{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         X-Auth-Token: {}\r\nContent-Type: {JSON_API}\r\nContent-Length: {}\r\n\r\n",
        tenant.token,
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut answer = Vec::new();
    // Broken off or not: what counts is whether all of the document is there.
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).unwrap().to_ascii_lowercase();
    let length: usize =
        head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().unwrap();
    let body = answer.get(end + 4..end + 4 + length)?;
    let status = head.split(' ').nth(1)?.parse().unwrap();
    Some((status, serde_json::from_slice(body).unwrap()))
}

/// PostgreSQL learns of a client's death when it next reads or writes: until then the last
/// statements may still take effect.
pub fn wait_for_backends(place: &Place) {
    let Some(cluster) = place.cluster() else { return };
    let name = place.url.rsplit('/').next().unwrap();
    let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'");
    let gone = || cluster.query(&cluster.admin_url(), &sql) == "0";
    assert!(eventually(gone), "connections of the killed server stay");
}

/// Compares what is stored with what was answered, and with itself. At most `open` rows may be
/// there that nobody has an answer for.
fn check(tenant: &Tenant, address: SocketAddr, book: &mut Book, open: usize) {
    let ((deals, deal_count), (spread, spread_count)) =
        (tenant.all(address, "deals"), tenant.all(address, SPREAD));
    assert_eq!(i64::try_from(deals.len()), Ok(deal_count), "total_count of deals");
    assert_eq!(i64::try_from(spread.len()), Ok(spread_count), "total_count of distributions");
    let stored: BTreeMap<(String, String), Value> = deals
        .iter()
        .chain(&spread)
        .map(|row| ((text(&row["type"]), text(&row["id"])), lasting(row)))
        .collect();
    assert_eq!(stored.len(), deals.len() + spread.len(), "an id is there twice");
    for (key, row) in &book.rows {
        assert_eq!(stored.get(key), Some(row), "{key:?} was answered and is lost or changed");
    }
    let unanswered = stored.len() - book.rows.len();
    assert!(unanswered <= open, "{unanswered} rows that nobody was told of");
    for deal in &deals {
        check_deal(deal, &spread);
        if let Some(values) = book.values.get_mut(&text(&deal["id"])) {
            let value = deal["attributes"]["value"].as_i64().unwrap();
            assert!(values.contains(&value), "{values:?} were asked for, not {value}");
            *values = [value, value];
        }
    }
}

/// A deal's sums are those of its distributions, and these follow from its value.
fn check_deal(deal: &Value, spread: &[Value]) {
    let (id, attributes) = (&deal["id"], &deal["attributes"]);
    let number = |name: &str| attributes[name].as_i64().unwrap();
    let percent_units = |text: &Value| parse_units(text.as_str().unwrap(), 10).unwrap();
    let (mut percent, mut amount) = (0, 0);
    for row in spread.iter().filter(|row| row["relationships"]["deal"]["data"]["id"] == *id) {
        let units = percent_units(&row["attributes"]["amount_percent"]);
        // Positive, so that half up is half away from zero.
        let exact = i128::from(number("value")) * i128::from(units);
        let expected = (2 * exact + 1_000_000_000_000) / 2_000_000_000_000;
        let found = row["attributes"]["amount"].as_i64().unwrap();
        assert_eq!(i128::from(found), expected, "amount of {row}");
        percent += units;
        amount += found;
    }
    assert_eq!(percent_units(&attributes["distributed_percent"]), percent, "percent of deal {id}");
    assert_eq!(number("distributed_amount"), amount, "amount of deal {id}");
    assert_eq!(number("undistributed_amount"), number("value") - amount, "rest of deal {id}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn random_below(limit: usize) -> usize {
    let random = RandomState::new().build_hasher().finish();
    usize::try_from(random % u64::try_from(limit).unwrap()).unwrap()
}
