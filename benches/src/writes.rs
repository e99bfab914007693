//! Durable creates on SQLite by 16 clients: how many share an `fsync`, and what that is worth
//! against a transaction of each client's own, with a slow disk and with this one.

use std::path::Path;

use crate::baseline;
use crate::client::{drive, request};
use crate::figures::{Figures, median};
use crate::place::{Tenant, directory, scatter};
use crate::process::{Process, Watch};

const CLIENTS: usize = 16;
/// Creates of each client in a round.
const EACH: usize = 150;
const ROUNDS: usize = 5;
const DEALS: usize = 200;
/// Distributions that are there before.
const ROWS: usize = 20_000;

pub(crate) fn run() {
    for deals in [DEALS, 1] {
        let spread = if deals == 1 { "all on one deal" } else { "over 200 deals" };
        println!("\n{CLIENTS} clients, {EACH} creates each, {spread}; 'own' is a transaction each");
        compare((deals, CLIENTS, EACH), Watch::Counted, ROUNDS);
        compare((deals, CLIENTS, EACH), Watch::Slowed, ROUNDS);
        compare((deals, CLIENTS, EACH), Watch::Bare, ROUNDS);
    }
    println!("\none client");
    compare((DEALS, 1, EACH * 4), Watch::Bare, ROUNDS);
}

/// Runs both sides in turn, each on a database of its own, and prints what they came to.
fn compare((deals, clients, each): (usize, usize, usize), watch: Watch, rounds: usize) {
    let files = directory();
    let ours = Side::new(files.path(), "ours", deals);
    let own = Side::new(files.path(), "own", deals);
    let server = Process::server(&ours.url, (watch, files.path()));
    let token = &ours.tenant.token;
    let creates = |round: usize| {
        drive(server.address(), (clients, each, 201), |client, at| {
            let at = (round * clients + client) * each + at;
            create(token, ours.tenant.deals[scatter(at) % deals], scatter(at))
        })
    };
    // Opens connections, and makes the files as large as they will be.
    drive(server.address(), (clients, 20, 201), |_, at| create(token, ours.tenant.deals[0], at));
    let (mut by_us, mut by_own, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let before = server.fsyncs();
        by_us.push(creates(round));
        let fsyncs = server.fsyncs() - before;
        shared.push(by_us[round].count() as f64 / fsyncs.max(1) as f64);
        by_own.push(own.insert((clients, each), (watch, files.path())));
    }
    let ratio = by_us.iter().zip(&by_own).map(|(us, own)| us.per_second() / own.per_second());
    let ratio = median(ratio);
    println!("{watch:?}: {ratio:.1} times as many creates");
    println!("  ours {}", Figures::of(by_us));
    println!("  own  {}", Figures::of(by_own));
    if watch != Watch::Bare {
        println!("  {:.1} creates an fsync", median(shared));
    }
}

fn create(token: &str, deal: i64, chance: usize) -> Vec<u8> {
    let (month, day) = (1 + chance / 3 % 12, 1 + chance / 36 % 28);
    let body = format!(
        r#"{{"data":{{"type":"revenue_distributions","attributes":{{"start_on":"2026-{month:02}-{day:02}","end_on":"2027-{month:02}-{day:02}","amount_percent":"0.001"}},"relationships":{{"deal":{{"data":{{"type":"deals","id":"{deal}"}}}}}}}}}}"#
    );
    request("POST", "/api/v2/revenue_distributions", token, &body)
}

/// A database of one side.
struct Side {
    url: String,
    file: String,
    tenant: Tenant,
}

impl Side {
    fn new(files: &Path, name: &str, deals: usize) -> Self {
        let file = files.join(format!("{name}.db")).display().to_string();
        let url = format!("sqlite://{file}");
        let tenant = Tenant::with(&url, deals, ROWS);
        Self { url, file, tenant }
    }

    /// Inserts without the server.
    fn insert(&self, (clients, each): (usize, usize), watch: (Watch, &Path)) -> Figures {
        let deals = &self.tenant.deals;
        let numbers = [clients, each, deals[0] as usize, deals.len()].map(|n| n.to_string());
        let mut arguments = vec![baseline::COMMAND, self.file.as_str()];
        arguments.extend(numbers.iter().map(String::as_str));
        let program = std::env::current_exe().unwrap();
        let files = tempfile::tempdir_in(watch.1).unwrap();
        let process = Process::start(&program, &arguments, (watch.0, files.path()));
        baseline::read(&process.said)
    }
}
