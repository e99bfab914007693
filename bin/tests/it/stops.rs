//! The end of a server: in good order by the signals that mean it, whoever reads its log, and with
//! a database file that is complete by itself.

use std::time::{Duration, Instant};

use apportion_testing::Place;

use crate::client::{Tenant, document};
use crate::program::{Server, command, finish};
use serde_json::json;

apportion_testing::cases! {
    signals_end_it_in_good_order, nobody_reads_its_log;
    sqlite: the_file_is_the_database
}

fn signals_end_it_in_good_order(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    for name in ["TERM", "INT"] {
        let server = Server::start(place);
        // A terminal that goes away is no reason to end.
        server.signal("HUP");
        for _ in 0..20 {
            tenant.get(server.address(), "/deals");
        }
        assert_eq!(server.end(name).0, Some(0), "{name}");
    }
}

/// Requests are answered although nobody reads the log, and the server can be ended.
fn nobody_reads_its_log(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::unread(place);
    // Each has a line of some hundred bytes, and a pipe has room for 64 KiB.
    let begun = Instant::now();
    for _ in 0..1_500 {
        tenant.get(server.address(), "/deals?page[size]=1&filter[name]=a-name-that-makes-it-long");
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(server.terminate().0, Some(0));
}

/// After a server has ended, its file alone has all rows.
fn the_file_is_the_database(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    let deal = document("deals", json!({"name": "D"}), &[]);
    for _ in 0..230 {
        tenant.request(server.address(), "POST", "/deals", &deal).expect(201);
    }
    assert_eq!(server.terminate().0, Some(0));
    let file = place.url.strip_prefix("sqlite://").unwrap();
    let log = std::fs::metadata(format!("{file}-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
    let copy = place.directory().join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::copy(file, copy.join("alone.db")).unwrap();
    let url = "sqlite://alone.db";
    let arguments = ["serve", "--bind", "127.0.0.1:0", "--database-url", url];
    let alone = Server::spawn(command(&copy, &arguments), &copy.join("server.log"));
    let list = tenant.get(alone.address(), "/deals?page[size]=1");
    assert_eq!(list["meta"]["total_count"], 230);
    // The check of that file holds as well.
    assert_eq!(finish(command(&copy, &["check", "--database-url", url])).code, Some(0));
}
