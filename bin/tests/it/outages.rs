//! An outage of the database is in the log twice, however many requests it lets fail: when it
//! begins and when it has ended.

use apportion_testing::Place;
use apportion_testing::http::Answer;
use serde_json::json;

use crate::client::{Tenant, document};
use crate::program::{Server, eventually};

apportion_testing::cases! {
    ;
    sqlite: a_file_that_is_removed;
    postgres: a_database_that_refuses
}

/// Lets the database go and come back, several times, while requests are made.
fn is_told_twice(place: &Place, go: impl Fn(), come_back: impl Fn()) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    let write = || -> Answer { tenant.request(server.address(), "POST", "/deals", &deal) };
    write().expect(201);
    for outages in 1..=2 {
        go();
        for _ in 0..20 {
            write().expect(503);
        }
        come_back();
        assert!(eventually(|| write().status == 201));
        let is_told = || {
            let log = server.log();
            let count = |words: &str| log.matches(words).count();
            (count("an outage begins: the "), count("the outage has ended after "))
                == (outages, outages)
        };
        assert!(eventually(is_told), "{}", server.log());
    }
    // Beside them are the lines of the requests alone.
    let log = server.log();
    let others = log.lines().filter(|line| {
        (line.contains("\"WARN\"") || line.contains("\"ERROR\""))
            && !line.contains("outage")
            && !line.contains("\"error_id\"")
    });
    assert_eq!(others.collect::<Vec<_>>(), [""; 0]);
}

fn a_file_that_is_removed(place: &Place) {
    let path = place.url.strip_prefix("sqlite://").unwrap();
    let rename = |from: &str, to: &str| {
        for end in ["", "-wal", "-shm"] {
            std::fs::rename(format!("{path}{end}{from}"), format!("{path}{end}{to}")).unwrap();
        }
    };
    is_told_twice(place, || rename("", ".aside"), || rename(".aside", ""));
}

fn a_database_that_refuses(place: &Place) {
    let cluster = place.cluster().unwrap();
    let name = place.url.rsplit('/').next().unwrap();
    let allow = |allowed: bool| {
        let sql = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {allowed}");
        cluster.query(&cluster.admin_url(), &sql);
    };
    let go = || {
        allow(false);
        let sql = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        cluster.query(&cluster.admin_url(), &sql);
    };
    is_told_twice(place, go, || allow(true));
}
