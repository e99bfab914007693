//! The service over a real socket, on SQLite and on PostgreSQL: a module per behaviour.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test that cannot go on should stop"
)]

mod added;
mod amounts;
mod answers;
mod authentication;
mod bodies;
mod checks;
mod collaborators;
mod complaints;
mod concurrency;
mod conditions;
mod cors;
mod create;
mod credit_metric;
mod credits;
mod cursors;
mod deal_links;
mod declared;
mod delete;
mod distributors;
mod docs;
mod documents;
mod endpoints;
mod engine;
mod engine_clock;
mod engine_races;
mod engine_revenue;
mod events;
mod faults;
mod fields;
mod filters;
mod groups;
mod hosts;
mod http;
mod idempotency;
mod includes;
mod instants;
mod isolation;
mod limits;
mod methods;
mod negotiation;
mod notes;
mod obligations;
mod openapi;
mod openings;
mod operations;
mod pages;
mod parity;
mod payouts;
mod preview_scenarios;
mod previews;
mod programme;
mod promises;
mod rates;
mod recomputed;
mod refusals;
mod refused_values;
mod related;
mod relationships;
mod report_csv;
mod report_paper;
mod report_svg;
mod report_writes;
mod reports;
mod revenue_items;
mod rules;
mod sample;
mod seed;
mod sent_back;
mod siren;
mod siren_lists;
mod sorts;
mod standard;
mod tenancy;
mod timeouts;
mod told;
mod totals;
mod update;
mod walks;
mod world;

fn main() -> std::process::ExitCode {
    let modules = [
        ("added", added::CASES),
        ("amounts", amounts::CASES),
        ("authentication", authentication::CASES),
        ("bodies", bodies::CASES),
        ("checks", checks::CASES),
        ("concurrency", concurrency::CASES),
        ("collaborators", collaborators::CASES),
        ("conditions", conditions::CASES),
        ("cors", cors::CASES),
        ("create", create::CASES),
        ("credit_metric", credit_metric::CASES),
        ("credits", credits::CASES),
        ("cursors", cursors::CASES),
        ("deal_links", deal_links::CASES),
        ("declared", declared::CASES),
        ("delete", delete::CASES),
        ("distributors", distributors::CASES),
        ("docs", docs::CASES),
        ("documents", documents::CASES),
        ("endpoints", endpoints::CASES),
        ("engine", engine::CASES),
        ("engine_clock", engine_clock::CASES),
        ("engine_races", engine_races::CASES),
        ("engine_revenue", engine_revenue::CASES),
        ("events", events::CASES),
        ("faults", faults::CASES),
        ("fields", fields::CASES),
        ("filters", filters::CASES),
        ("groups", groups::CASES),
        ("hosts", hosts::CASES),
        ("idempotency", idempotency::CASES),
        ("includes", includes::CASES),
        ("instants", instants::CASES),
        ("isolation", isolation::CASES),
        ("limits", limits::CASES),
        ("methods", methods::CASES),
        ("negotiation", negotiation::CASES),
        ("obligations", obligations::CASES),
        ("openapi", openapi::CASES),
        ("openings", openings::CASES),
        ("operations", operations::CASES),
        ("pages", pages::CASES),
        ("parity", parity::CASES),
        ("preview_scenarios", preview_scenarios::CASES),
        ("previews", previews::CASES),
        ("promises", promises::CASES),
        ("rates", rates::CASES),
        ("refusals", refusals::CASES),
        ("refused_values", refused_values::CASES),
        ("related", related::CASES),
        ("relationships", relationships::CASES),
        ("report_csv", report_csv::CASES),
        ("report_paper", report_paper::CASES),
        ("report_svg", report_svg::CASES),
        ("report_writes", report_writes::CASES),
        ("reports", reports::CASES),
        ("revenue_items", revenue_items::CASES),
        ("rules", rules::CASES),
        ("seed", seed::CASES),
        ("sent_back", sent_back::CASES),
        ("siren", siren::CASES),
        ("siren_lists", siren_lists::CASES),
        ("sorts", sorts::CASES),
        ("tenancy", tenancy::CASES),
        ("timeouts", timeouts::CASES),
        ("told", told::CASES),
        ("totals", totals::CASES),
        ("update", update::CASES),
        ("walks", walks::CASES),
    ];
    let modules = [&modules[..], standard::MODULES].concat();
    apportion_testing::Suite::new(&modules).prepared(world::migrate).run()
}
