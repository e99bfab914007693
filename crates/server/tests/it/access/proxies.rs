//! The client that a trusted proxy speaks for, told by the window that a request is counted in. Not
//! here: the rates themselves (`rates`).

use apportion_testing::Place;

use crate::support::world::World;
use apportion_testing::http::send;

apportion_testing::cases! {
    sqlite: nobody_is_trusted_unless_named, the_last_address_that_is_no_proxy, by_forwarded,
    entries_that_are_no_address
}

/// A world whose peers are a trusted proxy, and which trusts another one.
fn trusting(place: &Place) -> World {
    World::at(&place.url, |config| {
        config.service.limit_rates = true;
        config.service.trusted_proxies = ["10.0.0.5", "127.0.0.1", "2001:db8::5"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
    })
}

/// Sends a request without a token; returns how many more its client may send.
fn remaining(world: &World, headers: &[(&str, &str)]) -> usize {
    let answer = send(world.address(), "GET", "/api/v2/deals", headers, b"").expect(401);
    let rate = answer.header("RateLimit").unwrap();
    let remaining = rate.split(", ").find_map(|part| part.strip_prefix("remaining="));
    remaining.unwrap().parse().unwrap()
}

/// Checks that requests with these headers are counted as those of that client: one that the other
/// header names alone has one less.
#[track_caller]
fn speaks_for(world: &World, headers: &[(&str, &str)], client: &str) {
    let first = remaining(world, &[("X-Forwarded-For", client)]);
    assert_eq!(remaining(world, headers), first - 1, "{headers:?}");
    assert_eq!(remaining(world, &[("X-Forwarded-For", client)]), first - 2, "{headers:?}");
}

fn nobody_is_trusted_unless_named(place: &Place) {
    let world = World::configured(place, |config| config.service.limit_rates = true);
    for (turn, address) in ["192.0.2.1", "192.0.2.2", "127.0.0.1", "x"].iter().enumerate() {
        let forwarded = format!("for={address}");
        let headers = [("X-Forwarded-For", *address), ("Forwarded", &forwarded)];
        assert_eq!(remaining(&world, &headers), 19 - turn);
    }
    // Another proxy than the peer is trusted: what the peer says is not.
    let world = World::at(&place.url, |config| {
        config.service.limit_rates = true;
        config.service.trusted_proxies = vec!["127.0.0.2".parse().unwrap()];
    });
    for (turn, address) in ["192.0.2.1", "192.0.2.2", "127.0.0.2"].iter().enumerate() {
        assert_eq!(remaining(&world, &[("X-Forwarded-For", address)]), 19 - turn);
    }
}

fn the_last_address_that_is_no_proxy(place: &Place) {
    let world = trusting(place);
    for (at, (header, client)) in [
        ("192.0.2.1", "192.0.2.1"),
        ("  192.0.2.2  ", "192.0.2.2"),
        // What the client itself has sent stands first.
        ("198.51.100.1, 192.0.2.3", "192.0.2.3"),
        ("127.0.0.1, 10.0.0.5, 192.0.2.4", "192.0.2.4"),
        ("198.51.100.1, 192.0.2.5, 10.0.0.5", "192.0.2.5"),
        ("192.0.2.6,10.0.0.5,127.0.0.1,10.0.0.5", "192.0.2.6"),
        ("192.0.2.7, 2001:DB8:0:0::5", "192.0.2.7"),
        ("::ffff:192.0.2.8", "192.0.2.8"),
        ("192.0.2.9:4711", "192.0.2.9"),
        ("2001:db8:9::1", "2001:db8:9::1"),
        ("[2001:db8:a::1]:4711", "2001:db8:a::1"),
        ("[2001:db8:b::1]", "2001:db8:b::1"),
        // All of them are proxies: the first has sent it.
        ("10.0.0.5", "10.0.0.5"),
    ]
    .iter()
    .enumerate()
    {
        speaks_for(&world, &[("X-Forwarded-For", header)], client);
        // Several lines are one list.
        let (front, client) = ("198.51.100.7", format!("203.0.113.{at}"));
        let lines = [("X-Forwarded-For", front), ("X-Forwarded-For", client.as_str())];
        speaks_for(&world, &lines, &client);
    }
}

fn by_forwarded(place: &Place) {
    let world = trusting(place);
    for (header, client) in [
        ("for=192.0.2.1", "192.0.2.1"),
        ("For=\"192.0.2.2\"", "192.0.2.2"),
        ("for=192.0.2.3;proto=https;by=10.0.0.5", "192.0.2.3"),
        ("proto=https; by=10.0.0.5 ;host=example.com; FOR=192.0.2.4", "192.0.2.4"),
        ("for=\"[2001:db8:5::1]:4711\"", "2001:db8:5::1"),
        ("for=\"192.0.2.6:80\"", "192.0.2.6"),
        ("for=198.51.100.1, for=192.0.2.7, for=10.0.0.5", "192.0.2.7"),
        ("for=192.0.2.8;by=10.0.0.5, for=\"[2001:db8::5]\"", "192.0.2.8"),
    ] {
        speaks_for(&world, &[("Forwarded", header)], client);
        // It goes before the other header.
        speaks_for(&world, &[("X-Forwarded-For", "198.51.100.9"), ("Forwarded", header)], client);
    }
}

/// An entry that says nothing ends the search at the proxy that wrote it.
fn entries_that_are_no_address(place: &Place) {
    let listed = ["", "unknown", "x", "192.0.2.1, unknown", "192.0.2.1,", "1.2.3", "0x7f000001"];
    for listed in listed {
        let world = trusting(place);
        speaks_for(&world, &[("X-Forwarded-For", listed)], "127.0.0.1");
        let behind = format!("{listed}, 10.0.0.5");
        speaks_for(&world, &[("X-Forwarded-For", &behind)], "10.0.0.5");
    }
    for listed in ["for=unknown", "for=_hidden", "by=10.0.0.5", "for", "=", "for=\"192.0.2.1"] {
        speaks_for(&trusting(place), &[("Forwarded", listed)], "127.0.0.1");
    }
}
