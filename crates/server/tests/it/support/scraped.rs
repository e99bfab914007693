//! A server whose figures are read at an address of their own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use apportion_server::Clock;
use apportion_testing::Place;
use apportion_testing::http::send;

use crate::support::exposition::Scrape;
use crate::support::world::World;

/// Starts a server that serves `/metrics` at an address of its own.
pub fn watched(place: &Place) -> World {
    watched_at(place, Clock::system(), None)
}

pub fn watched_at(place: &Place, clock: Clock, engine_interval: Option<Duration>) -> World {
    World::configured(place, |config| {
        config.metrics_bind = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.service.dropped_log_lines = Some(|| 17);
        config.service.clock = clock;
        config.engine_interval = engine_interval;
    })
}

pub fn beside(world: &World) -> SocketAddr {
    world.running.metrics_address().unwrap()
}

#[track_caller]
pub fn scrape(world: &World) -> Scrape {
    let answer = send(beside(world), "GET", "/metrics", &[], b"").expect(200);
    Scrape::read(&String::from_utf8(answer.body).unwrap())
}

/// Scrapes until something holds.
#[track_caller]
pub fn until(world: &World, holds: impl Fn(&Scrape) -> bool) -> Scrape {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let scrape = scrape(world);
        if holds(&scrape) {
            return scrape;
        }
        assert!(Instant::now() < end, "it never holds: {scrape:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
