//! Measures requests per second, as fractions of those that a handler with a constant answer
//! reaches in the same run.

use crate::client::{Load, drive, request};
use crate::figures::{Figures, median};
use crate::place::{Backend, Tenant};
use crate::process::{Process, Watch};

const ROWS: usize = 20_000;
const ROUNDS: usize = 5;
const REQUESTS: usize = 6_400;

pub(crate) fn run() {
    let files = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let watch = Watch::none(files.path());
    let constant = Process::start(&program, &[crate::constant::COMMAND], &watch);
    for backend in Backend::all() {
        println!("\n{}", backend.name());
        let url = backend.database("requests");
        let tenant = Tenant::fill(&url, ROWS);
        backend.settle(&url);
        let loud = Process::server(&url, &watch);
        let quiet = Process::quiet_server(&url, &watch);
        let deal = tenant.deals[tenant.deals.len() / 2];
        let list = "/api/v2/revenue_distributions".to_owned();
        let one = format!("/api/v2/deals/{deal}");
        for clients in [16, 64] {
            for (name, path) in [("list of 30", &list), ("one", &one)] {
                let bytes = request("GET", path, &tenant.token, "");
                let mut runs: [Vec<Figures>; 3] = [const { Vec::new() }; 3];
                for round in 0..=ROUNDS {
                    for (runs, server) in runs.iter_mut().zip([&constant, &loud, &quiet]) {
                        let load = Load { clients, requests: REQUESTS / clients, status: 200 };
                        let run = drive(server.address(), load, |_, _| bytes.clone());
                        if round > 0 {
                            runs.push(run);
                        }
                    }
                }
                let part = |at: usize| {
                    let pairs = runs[at].iter().zip(&runs[0]);
                    median(pairs.map(|(run, most)| run.per_second() / most.per_second()))
                };
                let (logged, silent) = (part(1), part(2));
                let [constant, loud, _] = runs.map(Figures::merge);
                println!(
                    "{clients} clients, {name}: {logged:.3} of a constant; {silent:.3} without the log"
                );
                println!("  constant {constant}");
                println!("  ours     {loud}");
            }
        }
    }
}
