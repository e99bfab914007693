//! The end of a server: in good order by the signals that mean it, whoever reads its log, and with
//! a database file that is complete by itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use apportion_testing::Place;
use apportion_testing::http::send;

use crate::client::{Tenant, document};
use crate::program::{Server, command, command_at, eventually, finish};
use serde_json::json;

apportion_testing::cases! {
    signals_end_it_in_good_order, nobody_reads_its_log, it_drains_for_a_while,
    a_second_signal_cuts_the_delay_short, a_connection_that_is_kept_is_told;
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

/// The status of the server for load balancers, and the reason if it is not ready.
fn readiness(server: &Server) -> (u16, String) {
    let answer = send(server.address(), "GET", "/health/ready", &[], b"");
    let detail = answer.json()["errors"][0]["detail"].as_str().unwrap_or_default().to_owned();
    (answer.status, detail)
}

/// A server with a drain delay.
fn draining_for(place: &Place, delay: &str) -> Server {
    let arguments = ["serve", "--bind", "127.0.0.1:0", "--no-rate-limit", "--drain-delay", delay];
    let server = Server::spawn(command_at(place, &arguments), &place.directory().join("log"));
    assert_eq!(readiness(&server), (200, String::new()));
    server
}

/// After the signal the server is not ready, and answers all the same, on new connections as well.
fn it_drains_for_a_while(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let server = draining_for(place, "4s");
    let (began, delay) = (Instant::now(), Duration::from_secs(4));
    server.signal("TERM");
    assert!(eventually(|| readiness(&server).0 == 503));
    let (mut asked, deal) = (0, document("deals", json!({"name": "D"}), &[]));
    while began.elapsed() < delay - Duration::from_secs(1) {
        let (status, detail) = readiness(&server);
        assert_eq!(status, 503);
        assert!(detail.starts_with("The server is draining"), "{detail}");
        send(server.address(), "GET", "/health/live", &[], b"").expect(200);
        tenant.request(server.address(), "POST", "/deals", &deal).expect(201);
        asked += 1;
    }
    assert!(asked > 3, "{asked}");
    assert_eq!(server.wait().0, Some(0));
    assert!(began.elapsed() >= delay, "{:?}", began.elapsed());
}

/// Somebody who does not want to wait sends a second signal, of either kind. The end is in good
/// order all the same: a request that has begun is answered.
fn a_second_signal_cuts_the_delay_short(place: &Place) {
    for [first, second] in [["TERM", "TERM"], ["TERM", "INT"], ["INT", "TERM"], ["INT", "INT"]] {
        let server = draining_for(place, "1h");
        server.signal(first);
        assert!(eventually(|| readiness(&server).0 == 503));
        let mut begun = half_a_request(&server);
        let began = Instant::now();
        server.signal(second);
        assert!(eventually(|| TcpStream::connect(server.address()).is_err()), "it still listens");
        let answer = rest_of_the_answer(&mut begun);
        assert!(answer.starts_with("HTTP/1.1 503 "), "{first} {second}: {answer}");
        assert_eq!(server.wait().0, Some(0), "{first} {second}");
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
}

/// Without a delay, a connection that is there may still ask, and is told.
fn a_connection_that_is_kept_is_told(place: &Place) {
    let server = Server::start(place);
    let mut begun = half_a_request(&server);
    server.signal("TERM");
    assert!(eventually(|| TcpStream::connect(server.address()).is_err()), "it still listens");
    let answer = rest_of_the_answer(&mut begun);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("draining"), "{answer}");
    assert_eq!(server.wait().0, Some(0));
}

/// A connection on which one request was answered, and the next has begun.
fn half_a_request(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let live = format!("GET /health/live HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
    stream.write_all(live.as_bytes()).unwrap();
    let mut answer = [0; 4_096];
    let length = stream.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200 "));
    stream.write_all(b"GET /health/ready HTTP/1.1\r\n").unwrap();
    // The server reads it before the signal comes.
    std::thread::sleep(Duration::from_millis(300));
    stream
}

/// Sends the rest of a request, and returns the answer.
fn rest_of_the_answer(stream: &mut TcpStream) -> String {
    let host = stream.peer_addr().unwrap();
    stream.write_all(format!("Host: {host}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
