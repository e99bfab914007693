//! The figures of the program for whoever watches it (`/metrics`). Not here: what each figure
//! counts (`crates/server/tests`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use apportion_testing::Place;
use apportion_testing::http::send;

use crate::client::Tenant;
use crate::program::{Server, command_at, eventually, finish, run};

apportion_testing::cases! {
    metrics_have_an_address_of_their_own;
    sqlite: dropped_lines_are_counted, an_address_that_is_none
}

const DROPPED: &str = "apportion_log_lines_dropped_total ";

/// Starts a server that serves `/metrics` at an address of its own, and returns both.
#[track_caller]
fn watched(
    place: &Place,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (Server, SocketAddr) {
    let arguments = [&["serve", "--bind", "127.0.0.1:0"], arguments].concat();
    let mut serve = command_at(place, &arguments);
    serve.envs(environment.iter().copied());
    let server = Server::spawn(serve, &place.directory().join("server.log"));
    let has_said = || server.log().contains("metrics are served on");
    assert!(eventually(has_said), "{}", server.log());
    let log = server.log();
    let address = log.split("metrics are served on http://").nth(1).expect(&log);
    let address = address.split("/metrics").next().unwrap().parse().unwrap();
    (server, address)
}

fn metrics_have_an_address_of_their_own(place: &Place) {
    let bind = "127.0.0.1:0";
    for is_flag in [true, false] {
        let (server, address) = if is_flag {
            watched(place, &["--metrics-bind", bind], &[])
        } else {
            watched(place, &[], &[("APPORTION_METRICS_BIND", bind)])
        };
        assert_ne!(server.address(), address);
        let metrics = send(address, "GET", "/metrics", &[], b"").expect(200);
        let metrics = String::from_utf8(metrics.body).unwrap();
        let kind = if place.cluster().is_some() { "postgres" } else { "sqlite" };
        let version = env!("CARGO_PKG_VERSION");
        let build =
            format!("apportion_build_info{{database=\"{kind}\",version=\"{version}\"}} 1\n");
        assert!(metrics.contains(&build), "{metrics}");
        assert!(metrics.contains(&format!("\n{DROPPED}0\n")), "{metrics}");
        send(server.address(), "GET", "/metrics", &[], b"").expect(401);
        assert_eq!(server.terminate().0, Some(0));
        assert!(TcpStream::connect(address).is_err(), "it goes on listening");
    }
}

/// A server whose log nobody reads says how much is missing where somebody looks.
fn dropped_lines_are_counted(place: &Place) {
    let tenant = Tenant::make(place, "Acme");
    let create = ["token", "create", "--organization", &tenant.organization, "--scope", "admin"];
    let admin = run(place, &create).ok().trim_end().to_owned();
    let mut server = Server::unread(place);
    let dropped = || {
        let token = [("X-Auth-Token", admin.as_str())];
        let metrics = send(server.address(), "GET", "/metrics", &token, b"").expect(200);
        let metrics = String::from_utf8(metrics.body).unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix(DROPPED)).unwrap().to_owned();
        line.parse::<u64>().unwrap()
    };
    assert_eq!(dropped(), 0);
    // Each has a line of some hundred bytes; 64 KiB and 4,096 lines find room.
    let get = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n";
    let many = format!("{get}\r\n").repeat(499) + get + "Connection: close\r\n\r\n";
    for _ in 0..12 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(many.as_bytes()).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert_eq!(answers.matches("200 OK").count(), 500);
    }
    let count = dropped();
    assert!((1_000..6_000).contains(&count), "{count}");
    let count = dropped().max(count + 1);
    assert!(dropped() > count, "a count that starts again says nothing");
    // Whoever reads it in the end is told how many lines are missing.
    server.signal("TERM");
    let said = BufReader::new(server.pipe()).lines().filter_map(|line| {
        let line = line.unwrap();
        let rest = line.split_once("\"message\":\"")?.1;
        rest.split_once(" lines of the log were dropped")?.0.parse::<u64>().ok()
    });
    let said: u64 = said.sum();
    assert!((count..count + 1_000).contains(&said), "{said} of {count}");
}

fn an_address_that_is_none(place: &Place) {
    let ended = finish(command_at(place, &["serve", "--metrics-bind", "9464"]));
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("--metrics-bind"), "{}", ended.stderr);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended =
        finish(command_at(place, &["serve", "--bind", "127.0.0.1:0", "--metrics-bind", &address]));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("cannot listen on {address}")), "{}", ended.stderr);
}
