//! Measures imports of 100,000 rows of a type: how long each takes, and how long another client who
//! writes to the same organization waits meanwhile.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::client::{Client, request};
use crate::place::{Backend, Tenant, directory, scatter};
use crate::process::{Process, Watch};

const ROWS: usize = 100_000;
/// The deals that distributions of few deals belong to.
const FEW_DEALS: usize = 2_000;
/// The collaborators that credits go to.
const CREDITED: usize = 10_000;
/// The most resources that a request links.
const LINKED: usize = 1_000;
/// The most rows that a command changes.
const CHANGED: usize = 2_000;

/// A file, and what it is called in the output.
struct File {
    says: &'static str,
    kind: &'static str,
    flags: &'static [&'static str],
    header: &'static str,
    rows: usize,
    row: fn(usize) -> String,
}

/// The files in the order in which they are imported.
const FILES: &[File] = &[
    File {
        says: "people",
        kind: "people",
        flags: &[],
        header: "first_name,last_name,external_id",
        rows: ROWS,
        row: |at| format!("A{at},B,{at}"),
    },
    File {
        says: "collaborators",
        kind: "collaborators",
        flags: &[],
        header: "full_name,email,external_id",
        rows: ROWS,
        row: |at| format!("A{at},a{at}@example.org,{at}"),
    },
    File {
        says: "deals",
        kind: "deals",
        flags: &[],
        header: "name,value,external_id",
        rows: ROWS,
        row: |at| format!("D{at},{at}.00,{at}"),
    },
    File {
        says: "distributions of 2,000 deals, by external id",
        kind: "revenue_distributions",
        flags: &[],
        header: "deal_external_id,start_on,end_on,amount_percent,external_id",
        rows: ROWS,
        row: |at| format!("{},2026-01-01,2026-12-31,1,{at}", at % FEW_DEALS),
    },
    File {
        says: "distributions of as many deals",
        kind: "revenue_distributions",
        flags: &[],
        header: "deal,start_on,end_on,amount_percent",
        rows: ROWS,
        row: |at| format!("D{},2026-01-01,2026-12-31,1", scatter(at) % ROWS),
    },
    File {
        says: "obligations",
        kind: "obligations",
        flags: &[],
        header: "distributor,collaborator,value,status,external_id",
        rows: ROWS,
        row: |at| format!("Owes,a{}@example.org,{at}.01,approved,{at}", scatter(at) % ROWS),
    },
    File {
        says: "credits to 10,000 collaborators",
        kind: "metric_credits",
        flags: &[],
        header: "distributor,collaborator,points",
        rows: ROWS,
        row: |at| format!("Shares,a{}@example.org,1", at % CREDITED),
    },
    File {
        says: "deals that come again, 2,000 changed",
        kind: "deals",
        flags: &["--update"],
        header: "name,value,external_id",
        rows: ROWS,
        row: |at| {
            let more = if at % (ROWS / CHANGED) == 0 { 1 } else { 0 };
            format!("D{at},{}.00,{at}", at + more)
        },
    },
    File {
        says: "deals that come again, none changed",
        kind: "deals",
        flags: &["--update", "--again"],
        header: "name,value,external_id",
        rows: ROWS,
        row: |at| {
            let more = if at % (ROWS / CHANGED) == 0 { 1 } else { 0 };
            format!("D{at},{}.00,{at}", at + more)
        },
    },
];

pub(crate) fn run() {
    println!("{ROWS} rows a file; the time of the command, and the longest wait of another client");
    Backend::all().iter().for_each(measure);
}

fn measure(backend: &Backend) {
    let url = backend.database("imports");
    let token = Tenant::fill_deals(&url, 1, 1).token;
    let files = directory();
    let server = Process::without_engine(&url, &Watch::none(files.path()));
    let address = server.address();
    for file in FILES {
        let path = files.path().join(format!("{}.csv", file.kind));
        let mut text = format!("{}\n", file.header);
        for at in 0..file.rows {
            writeln!(text, "{}", (file.row)(at)).unwrap();
        }
        std::fs::write(&path, text).unwrap();
        let (seconds, waits) = beside(address, &token, || import(&url, file.flags, &path));
        println!(
            "{}: {}: {seconds:.1} s; the longest of {} writes took {:.2} s, {} were refused",
            backend.name(),
            file.says,
            waits.count,
            waits.longest,
            waits.refused,
        );
        if file.kind == "collaborators" {
            pay(address, &token);
        }
    }
}

/// Makes the distributors that later files name, and the members of one of them.
fn pay(address: SocketAddr, token: &str) {
    let mut client = Client::connect(address);
    let mut post = |path: &str, body: &str| {
        client.expect(201, &request("POST", path, token, body));
    };
    post(
        "/api/v2/distributors",
        r#"{"data":{"type":"distributors","attributes":{"name":"Owes","units":"EUR",
        "pool_resolver":"obligations","distribution_resolver":"accumulated_obligations"}}}"#,
    );
    post(
        "/api/v2/distributors",
        r#"{"data":{"type":"distributors","attributes":{"name":"Shares","units":"EUR",
        "pool_resolver":"fixed_amount","pool_amount":1000000,"schedule":["RRULE:FREQ=YEARLY"],
        "distribution_resolver":"performance_shared_pool",
        "metric_types":[{"type":"manual","points":1}]}}}"#,
    );
    let members: Vec<String> =
        (1..=CREDITED).map(|id| format!(r#"{{"type":"collaborators","id":"{id}"}}"#)).collect();
    let path = "/api/v2/distributors/2/relationships/collaborators";
    for some in members.chunks(LINKED) {
        let body = format!(r#"{{"data":[{}]}}"#, some.join(","));
        client.expect(200, &request("POST", path, token, &body));
    }
}

/// Imports a file by the program, which must succeed.
fn import(url: &str, flags: &[&str], path: &Path) {
    let program = std::env::current_exe().unwrap().with_file_name("apportion");
    let done = Command::new(program)
        .args(["import", "--database-url", url, "--organization", "1"])
        .args(flags)
        .arg(path)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The writes of another client during an import.
struct Waits {
    count: usize,
    /// In seconds.
    longest: f64,
    refused: usize,
}

/// Returns the seconds that some work takes, and what a client sees who writes meanwhile.
fn beside(address: SocketAddr, token: &str, work: impl FnOnce()) -> (f64, Waits) {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let body =
                r#"{"data":{"type":"people","attributes":{"first_name":"A","last_name":"B"}}}"#;
            let post = request("POST", "/api/v2/people", token, body);
            let mut client = Client::connect(address);
            let mut waits = Waits { count: 0, longest: 0.0, refused: 0 };
            while !ended.load(Ordering::Acquire) {
                let began = Instant::now();
                let (status, _) = client.send(&post);
                waits.count += 1;
                waits.refused += usize::from(status != 201);
                waits.longest = waits.longest.max(began.elapsed().as_secs_f64());
                // Others write now and then, and leave the machine to the import.
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            waits
        });
        let began = Instant::now();
        work();
        let seconds = began.elapsed().as_secs_f64();
        ended.store(true, Ordering::Release);
        (seconds, writing.join().unwrap())
    })
}
