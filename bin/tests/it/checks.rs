//! `apportion check` over a whole database: a line for each law of each organization, also while a
//! server runs; it fails with what breaks a law.

use apportion_server::store::{OrganizationId, Scope, Session};
use apportion_testing::Place;
use diesel::connection::SimpleConnection;

use crate::client::Tenant;
use crate::program::{Server, run};

apportion_testing::cases! {
    every_law_of_everybody_is_checked, it_fails_with_what_is_broken, it_needs_a_schema,
    it_needs_something_to_check
}

fn deals(place: &Place, tenant: &Tenant) {
    let rows: String = (1..=3).map(|at| format!("Deal {at},{at}00\n")).collect();
    std::fs::write(place.directory().join("deals.csv"), format!("name,value_minor\n{rows}"))
        .unwrap();
    let spread = "deal,start_on,end_on,amount_percent\nDeal 1,2025-01-01,2025-12-31,100\n";
    std::fs::write(place.directory().join("revenue_distributions.csv"), spread).unwrap();
    let files = ["deals.csv", "revenue_distributions.csv"];
    let import = ["import", "--organization", &tenant.organization];
    run(place, &[&import[..], &files[..]].concat()).ok();
}

fn every_law_of_everybody_is_checked(place: &Place) {
    let ours = Tenant::make(place, "Ours");
    Tenant::make(place, "Others");
    deals(place, &ours);
    let expected = "organization 1: allocations-sum: pass (0 and 0)
organization 1: obligation-once: pass (0 and 0)
organization 1: trigger-once: pass (0 and 0)
organization 1: amounts-follow-deals: pass (700 and 700)
organization 1: slices-sum: pass (300 and 300)
organization 1: metrics-follow-credits: pass (0 and 0)
organization 1: periods-adjoin: pass (0 and 0)
organization 1: pools-carried-on: pass (0 and 0)
organization 1: reversals-within: pass (0 and 0)
organization 1: settled-once: pass (0 and 0)
organization 1: waiting-explained: pass (0 and 0)
organization 1: pools-follow-revenue: pass (0 and 0)
";
    let printed = run(place, &["check"]).ok();
    assert!(printed.starts_with(expected), "{printed}");
    let theirs = printed.lines().filter(|line| line.starts_with("organization 2: "));
    assert_eq!((theirs.count(), printed.lines().count()), (12, 24), "{printed}");
    let _server = Server::start(place);
    assert_eq!(run(place, &["check"]).ok(), printed);
}

fn it_fails_with_what_is_broken(place: &Place) {
    Tenant::make(place, "Sound");
    let ours = Tenant::make(place, "Broken");
    deals(place, &ours);
    let mut session = Session::open(&place.url.parse().unwrap()).unwrap();
    let scope = Scope::of(OrganizationId(2));
    let sql = "UPDATE revenue_distributions SET amount = amount + 1";
    session.tenant(&scope).unwrap().batch_execute(sql).unwrap();
    drop(session);
    let ended = run(place, &["check"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let broken: Vec<&str> =
        ended.stdout.lines().filter(|line| !line.contains(": pass (")).collect();
    assert_eq!(
        broken,
        [
            "organization 2: amounts-follow-deals: fail (701 and 700)",
            "  revenue_distributions 1: amount 101, amount_default 100; from the deal follow \
             amount 100, amount_default 100",
            "organization 2: slices-sum: fail (301 and 302)",
            "  deals 1: distributed_amount is 100, the sum of the slices is 101",
        ]
    );
}

fn it_needs_a_schema(place: &Place) {
    if let Some(file) = place.url.strip_prefix("sqlite://") {
        // A file that is not there is not made.
        let refusal = run(place, &["check"]).refusal();
        let said = format!("cannot open sqlite://{file}: No such file");
        assert!(refusal.contains(&said), "{refusal}");
        assert!(!std::path::Path::new(file).exists());
        std::fs::write(file, "").unwrap();
    }
    let refusal = run(place, &["check"]).refusal();
    assert!(refusal.contains("the schema is not up to date"), "{refusal}");
}

/// A check that looked at nothing has not passed.
fn it_needs_something_to_check(place: &Place) {
    run(place, &["migrate"]).ok();
    let refusal = run(place, &["check"]).refusal();
    assert!(refusal.contains("there is no organization"), "{refusal}");
}
