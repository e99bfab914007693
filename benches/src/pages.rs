//! What a page of 30 with its total costs among 1,000 rows and among 100,000: for every declared
//! sort and the common filters, on both stores, and for a small organization beside the large one.

use crate::client::{drive, request};
use crate::figures::{Figures, median};
use crate::place::{Backend, PER_DEAL, Tenant};
use crate::process::{Process, Watch};

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;
const ROUNDS: usize = 9;
/// Requests of one round.
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
        let place = |name| {
            let url = backend.database(name);
            let rows = if name == "small" { SMALL } else { LARGE };
            let tenant = Tenant::fill(&url, rows);
            (url, tenant, rows)
        };
        let (small, large) = (place("small"), place("large"));
        let beside = (large.0.clone(), Tenant::fill(&large.0, SMALL), SMALL);
        let files = tempfile::tempdir().unwrap();
        let start = |url| Process::server(url, (Watch::Bare, files.path()));
        let (of_small, of_large) = (start(&small.0), start(&large.0));
        for url in [&small.0, &large.0] {
            backend.settle(url);
        }
        println!("ratios to the same page among {SMALL} rows; medians of {ROUNDS} rounds");
        for query in QUERIES {
            for clients in [1, 16] {
                let subjects = [(&of_small, &small), (&of_large, &large), (&of_large, &beside)];
                compare(query, clients, subjects);
            }
        }
    }
}

type Subject<'s> = (&'s Process, &'s (String, Tenant, usize));

fn compare(query: &str, clients: usize, subjects: [Subject<'_>; 3]) {
    let mut runs: [Vec<Figures>; 3] = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for (runs, (server, (_, tenant, rows))) in runs.iter_mut().zip(&subjects) {
            let query = query
                .replace("{deal}", &tenant.deals[rows / PER_DEAL / 2].to_string())
                .replace("{middle}", &(rows / 60).to_string())
                .replace(' ', "%20");
            let path = format!("/api/v2/revenue_distributions?{query}");
            let bytes = request("GET", &path, &tenant.token, "");
            let each = if slow(&query) { REQUESTS / 16 } else { REQUESTS } / clients;
            let run = drive(server.address(), (clients, each.max(1), 200), |_, _| bytes.clone());
            // The first round warms up.
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
    let [small, of_large, _] = runs.map(Figures::of);
    let (p50, p99) = (of_large.quantile(0.5), of_large.quantile(0.99));
    println!(
        "{clients:2} clients  {large:7.2}  beside {beside:5.2}  p50 {p50:7.2} of {:5.2}  p99 {p99:7.2} of {:5.2} ms  ?{query}",
        small.quantile(0.5),
        small.quantile(0.99),
    );
}

/// What is known to cost as much as there are matches.
fn slow(query: &str) -> bool {
    query.contains("gt_eq") || query.contains("contains")
}
