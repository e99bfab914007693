//! `serve --demo`: a tenant to try things on, and a line that tries one.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::client::Tenant;
use crate::program::{Server, command, finish};

apportion_testing::cases! {
    plain:
    its_own_line_works, a_programme_was_played, a_second_start_reuses_the_file,
    it_stays_on_loopback
}

fn start(directory: &Path) -> (Server, String) {
    let mut serve = command(directory, &["serve", "--demo", "--bind", "127.0.0.1:0"]);
    // The demo has a file of its own.
    serve.env("APPORTION_DATABASE_URL", "sqlite://mine.db");
    let mut server = Server::spawn(serve, &directory.join("server.log"));
    let line = server.line();
    let line = line.strip_prefix("try: ").unwrap_or_else(|| panic!("no line to try: {line}"));
    (server, line.to_owned())
}

fn its_own_line_works() {
    let directory = tempfile::tempdir().unwrap();
    let (server, line) = start(directory.path());
    assert!(line.starts_with("curl ") && line.contains(&server.address().to_string()), "{line}");
    let document = shell(&line);
    let rows = document["data"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "{document}");
    assert!(rows.iter().all(|row| row["type"] == "revenue_distributions"), "{document}");
    assert_eq!(document["meta"]["total_count"], 588);
    assert_eq!(document["included"][0]["type"], "deals");
    let (code, printed) = server.terminate();
    assert_eq!((code, printed.as_str()), (Some(0), ""), "two lines are enough");
    let left = std::fs::exists(directory.path().join("mine.db")).unwrap();
    assert!(!left, "the demo touched the database of others");
}

/// A year of payouts, made by the engine: each distribution is what it allocated, and all but those
/// of the last month are settled.
fn a_programme_was_played() {
    let directory = tempfile::tempdir().unwrap();
    let (server, line) = start(directory.path());
    let tenant = tenant(&line);
    let (collaborators, total) = tenant.all(server.address(), "collaborators");
    assert_eq!((collaborators.len(), total), (40, 40));
    let (distributions, _) = tenant.all(server.address(), "distributions");
    let (allocations, _) = tenant.all(server.address(), "allocations");
    let of_the_year: Vec<&Value> = distributions
        .iter()
        .filter(|row| row["attributes"]["trigger_date"].as_str().unwrap() < "2026-07-02")
        .collect();
    assert_eq!(of_the_year.len(), 36);
    let mut paid = 0;
    for row in of_the_year {
        let attributes = &row["attributes"];
        let last = attributes["trigger_date"].as_str().unwrap() > "2026-06";
        assert_eq!(attributes["status"], if last { "processing" } else { "complete" }, "{row}");
        let parts = allocations
            .iter()
            .filter(|it| it["relationships"]["distribution"]["data"]["id"] == row["id"]);
        let sum: i64 = parts.map(|it| it["attributes"]["value"].as_i64().unwrap()).sum();
        assert_eq!(attributes["value"], sum, "{row}");
        paid += i64::from(sum > 0);
    }
    assert!(paid > 30, "only {paid} distributions paid anything");
}

fn tenant(line: &str) -> Tenant {
    let token = line.split('\'').find_map(|part| part.strip_prefix("X-Auth-Token: ")).unwrap();
    Tenant { organization: "1".to_owned(), token: token.to_owned() }
}

fn a_second_start_reuses_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (server, line) = start(directory.path());
    let tenant = tenant(&line);
    let body = br#"{"data": {"type": "deals", "attributes": {"name": "Mine"}}}"#;
    tenant.request(server.address(), "POST", "/deals", body).expect(201);
    server.terminate();

    let (server, again) = start(directory.path());
    assert!(again.contains(&tenant.token), "another token: {again}");
    assert_eq!(shell(&again)["meta"]["total_count"], 588);
    let deals = tenant.get(server.address(), "/deals?sort=-id&page%5Bsize%5D=1");
    assert_eq!(deals["meta"]["total_count"], 145);
    assert_eq!(deals["data"][0]["attributes"]["name"], "Mine");
    let organizations = tenant.get(server.address(), "/organizations");
    assert_eq!(organizations["meta"]["total_count"], 1);
}

fn it_stays_on_loopback() {
    let binds = ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"];
    for (option, bind) in
        binds.map(|bind| ("--bind", bind)).into_iter().chain([("--metrics-bind", "0.0.0.0:0")])
    {
        let directory = tempfile::tempdir().unwrap();
        let refusal = finish(command(directory.path(), &["serve", "--demo", option, bind]));
        let refusal = refusal.refusal();
        assert!(refusal.contains("loopback only"), "{refusal}");
        assert!(refusal.contains(&format!("give {option} an address")), "{refusal}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{bind} left a file");
    }
}

/// Runs the line as a person would, and reads what it prints.
fn shell(line: &str) -> Value {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    assert!(curl.is_ok_and(|status| status.success()), "the line needs curl: install it");
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
