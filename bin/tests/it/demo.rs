//! `serve --demo`: a tenant to try things on, and a line that tries one.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::client::Tenant;
use crate::program::{Server, command, finish};

apportion_testing::cases! {
    plain: its_own_line_works, a_second_start_reuses_the_file, it_stays_on_loopback
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

fn a_second_start_reuses_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let (server, line) = start(directory.path());
    let token = line.split('\'').find_map(|part| part.strip_prefix("X-Auth-Token: ")).unwrap();
    let tenant = Tenant { organization: "1".to_owned(), token: token.to_owned() };
    let body = br#"{"data": {"type": "deals", "attributes": {"name": "Mine"}}}"#;
    tenant.request(server.address(), "POST", "/deals", body).expect(201);
    server.terminate();

    let (server, again) = start(directory.path());
    assert!(again.contains(token), "another token: {again}");
    assert_eq!(shell(&again)["meta"]["total_count"], 588);
    let deals = tenant.get(server.address(), "/deals?sort=-id&page%5Bsize%5D=1");
    assert_eq!(deals["meta"]["total_count"], 145);
    assert_eq!(deals["data"][0]["attributes"]["name"], "Mine");
    let organizations = tenant.get(server.address(), "/organizations");
    assert_eq!(organizations["meta"]["total_count"], 1);
}

fn it_stays_on_loopback() {
    for bind in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let directory = tempfile::tempdir().unwrap();
        let refusal = finish(command(directory.path(), &["serve", "--demo", "--bind", bind]));
        let refusal = refusal.refusal();
        assert!(refusal.contains("loopback only"), "{refusal}");
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
