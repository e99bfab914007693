//! Measures durable creates on SQLite by 16 clients: the number of creates that share an `fsync`,
//! and the gain over a transaction for each create, on a slow disk and on this one.

use std::path::Path;

use crate::baseline;
use crate::client::{Load, drive, request};
use crate::figures::{Figures, median};
use crate::place::{Tenant, directory, scatter};
use crate::process::{Process, Tracing, Watch};

const CLIENTS: usize = 16;
/// The number of creates of each client in a round.
const EACH: usize = 150;
const ROUNDS: usize = 5;
const DEALS: usize = 200;
/// The number of distributions before the first round.
const ROWS: usize = 20_000;

pub(crate) fn run() {
    for deals in [DEALS, 1] {
        let spread = if deals == 1 { "all on one deal" } else { "over 200 deals" };
        println!("\n{CLIENTS} clients, {EACH} creates each, {spread}; 'own' is a transaction each");
        let load = Load { clients: CLIENTS, requests: EACH, status: 201 };
        for tracing in [Tracing::Counted, Tracing::Slowed, Tracing::Bare] {
            compare(deals, load, tracing);
        }
    }
    println!("\none client");
    compare(DEALS, Load { clients: 1, requests: EACH * 4, status: 201 }, Tracing::Bare);
}

/// Runs the server and the baseline in turn, each on a database of its own, and prints the ratio of
/// their figures.
fn compare(deals: usize, load: Load, tracing: Tracing) {
    let files = directory();
    let ours = Side::new(files.path(), "ours", deals);
    let own = Side::new(files.path(), "own", deals);
    let watch = Watch { tracing, directory: files.path() };
    let server = Process::server(&ours.url, &watch);
    let token = &ours.tenant.token;
    let creates = |round: usize| {
        drive(server.address(), load, |client, at| {
            let at = (round * load.clients + client) * load.requests + at;
            create(token, ours.tenant.deals[scatter(at) % deals], scatter(at))
        })
    };
    // A first load makes the server open its connections and its files grow.
    drive(server.address(), Load { requests: 20, ..load }, |_, at| {
        create(token, ours.tenant.deals[0], at)
    });
    let (mut by_us, mut by_own, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let before = server.fsyncs();
        by_us.push(creates(round));
        let fsyncs = server.fsyncs() - before;
        shared.push(by_us[round].count() as f64 / fsyncs.max(1) as f64);
        by_own.push(own.insert(load, &watch));
    }
    let ratio = by_us.iter().zip(&by_own).map(|(us, own)| us.per_second() / own.per_second());
    let ratio = median(ratio);
    println!("{tracing:?}: {ratio:.1} times as many creates");
    println!("  ours {}", Figures::merge(by_us));
    println!("  own  {}", Figures::merge(by_own));
    if tracing != Tracing::Bare {
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

/// The database of one side of the comparison.
struct Side {
    url: String,
    file: String,
    tenant: Tenant,
}

impl Side {
    fn new(files: &Path, name: &str, deals: usize) -> Self {
        let file = files.join(format!("{name}.db")).display().to_string();
        let url = format!("sqlite://{file}");
        let tenant = Tenant::fill_deals(&url, deals, ROWS);
        Self { url, file, tenant }
    }

    /// Inserts rows without the server.
    fn insert(&self, load: Load, watch: &Watch<'_>) -> Figures {
        let deals = &self.tenant.deals;
        let numbers =
            [load.clients, load.requests, deals[0] as usize, deals.len()].map(|n| n.to_string());
        let mut arguments = vec![baseline::COMMAND, self.file.as_str()];
        arguments.extend(numbers.iter().map(String::as_str));
        let program = std::env::current_exe().unwrap();
        let files = tempfile::tempdir_in(watch.directory).unwrap();
        let watch = Watch { directory: files.path(), ..*watch };
        let process = Process::start(&program, &arguments, &watch);
        baseline::parse(&process.first_line)
    }
}
