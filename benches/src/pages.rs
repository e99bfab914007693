//! Measures the cost of a page of 30 rows with its total, among 1,000 rows and among 100,000: for
//! every declared sort and the common filters, on both stores, and also for a small organization in
//! the database of the large one.

use crate::client::{Load, drive, request};
use crate::figures::{Figures, median};
use crate::place::{Backend, PER_DEAL, Tenant};
use crate::process::{Process, Watch};

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
const ROUNDS: usize = 9;
/// The number of requests of one round.
const REQUESTS: usize = 320;

/// The queries; `{deal}` stands for the id of a deal, `{middle}` for the number of the middle page.
const QUERIES: &[&str] = &[
    "",
    "page[number]=17",
    "sort=-id",
    "sort=start_on",
    "sort=-start_on",
    "sort=end_on",
    "sort=-end_on",
    "sort=created_at",
    "sort=-created_at",
    "sort=amount",
    "sort=-amount",
    "sort=amount_percent",
    "sort=-amount_percent",
    "sort=deal_id",
    "sort=-deal_id",
    "sort=deal",
    "sort=-deal",
    "sort=creator_id",
    "sort=-creator_id",
    "filter[deal_id]={deal}",
    "filter[deal_id]={deal}&sort=-start_on",
    "filter[id]={deal}",
    "page[number]={middle}",
    "filter[start_on][gt_eq]=2025-06-01",
    "filter[deal.name][contains]=deal 0001",
];

pub(crate) fn run() {
    for backend in Backend::all() {
        println!("\n{}", backend.name());
        let (small_url, large_url) = (backend.database("small"), backend.database("large"));
        let small = Tenant::fill(&small_url, SMALL);
        let large = Tenant::fill(&large_url, LARGE);
        let beside = Tenant::fill(&large_url, SMALL);
        let files = tempfile::tempdir().unwrap();
        let start = |url| Process::server(url, &Watch::none(files.path()));
        let (small_server, large_server) = (start(&small_url), start(&large_url));
        for url in [&small_url, &large_url] {
            backend.settle(url);
        }
        println!("ratios to the same page among {SMALL} rows; medians of {ROUNDS} rounds");
        for query in QUERIES {
            for clients in [1, 16] {
                let subjects = [
                    Subject { server: &small_server, tenant: &small, rows: SMALL },
                    Subject { server: &large_server, tenant: &large, rows: LARGE },
                    Subject { server: &large_server, tenant: &beside, rows: SMALL },
                ];
                compare(query, clients, subjects);
            }
        }
    }
}

/// A tenant to measure, and the server that serves it.
struct Subject<'s> {
    server: &'s Process,
    tenant: &'s Tenant,
    /// The number of distributions of the tenant.
    rows: usize,
}

/// Measures a query on each subject in turn, and prints ratios to the first.
fn compare(query: &str, clients: usize, subjects: [Subject<'_>; 3]) {
    let mut runs: [Vec<Figures>; 3] = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for (runs, Subject { server, tenant, rows }) in runs.iter_mut().zip(&subjects) {
            let query = query
                .replace("{deal}", &tenant.deals[rows / PER_DEAL / 2].to_string())
                .replace("{middle}", &(rows / 60).to_string())
                .replace(' ', "%20");
            let path = format!("/api/v2/revenue_distributions?{query}");
            let bytes = request("GET", &path, &tenant.token, "");
            let each = if is_slow(&query) { REQUESTS / 16 } else { REQUESTS } / clients;
            let load = Load { clients, requests: each.max(1), status: 200 };
            let run = drive(server.address(), load, |_, _| bytes.clone());
            // The first round only warms up.
            if round > 0 {
                runs.push(run);
            }
        }
    }
    let ratio = |at: usize| {
        median(
            runs[at].iter().zip(&runs[0]).map(|(run, small)| small.per_second() / run.per_second()),
        )
    };
    let (large, beside) = (ratio(1), ratio(2));
    let [small, of_large, _] = runs.map(Figures::merge);
    let (p50, p99) = (of_large.quantile(0.5), of_large.quantile(0.99));
    println!(
        "{clients:2} clients  {large:7.2}  beside {beside:5.2}  p50 {p50:7.2} of {:5.2}  p99 {p99:7.2} of {:5.2} ms  ?{query}",
        small.quantile(0.5),
        small.quantile(0.99),
    );
}

/// Whether the cost of a query is known to grow with the number of matches.
fn is_slow(query: &str) -> bool {
    query.contains("gt_eq") || query.contains("contains")
}
