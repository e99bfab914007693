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

mod answers;
mod complaints;
mod http;
mod notes;
mod payouts;
mod programme;
mod recomputed;
mod sample;
mod support;
mod world;

apportion_testing::modules! {
    added,
    amounts,
    authentication,
    bodies,
    checks,
    collaborators,
    concurrency,
    conditions,
    cors,
    create,
    credit_metric,
    credits,
    cursors,
    deal_links,
    declared,
    delete,
    distributors,
    docs,
    documents,
    endpoints,
    engine,
    engine_clock,
    engine_races,
    engine_revenue,
    events,
    faults,
    fields,
    filters,
    groups,
    hosts,
    idempotency,
    includes,
    instants,
    isolation,
    limits,
    methods,
    negotiation,
    obligations,
    openapi,
    openings,
    operations,
    pages,
    parity,
    preview_scenarios,
    previews,
    promises,
    rates,
    refusals,
    refused_values,
    related,
    relationships,
    report_csv,
    report_paper,
    report_svg,
    report_writes,
    reports,
    revenue_items,
    rules,
    seed,
    sent_back,
    siren,
    siren_lists,
    sorts,
    tenancy,
    timeouts,
    told,
    totals,
    update,
    walks;
    folders: standard
}

fn main() -> std::process::ExitCode {
    apportion_testing::Suite::new(&modules()).prepared(world::migrate).run()
}
