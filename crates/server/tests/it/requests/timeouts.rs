//! No client keeps a connection by staying silent. All phases of a request are tested at once, on
//! connections of their own, until the server closes them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use apportion_testing::Place;

use crate::support::world::World;

apportion_testing::cases! { ; sqlite: held_connections_end }

/// A client that sends something and then falls silent, and the seconds within which its connection
/// must be closed.
struct Holder {
    name: &'static str,
    request: String,
    then: &'static str,
    seconds: std::ops::Range<u64>,
}

fn held_connections_end(place: &Place) {
    let world = World::start(place);
    let get = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    let post = |framing: &str| {
        let token = &world.token;
        format!(
            "POST /api/v2/deals HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n\
             Content-Type: application/vnd.api+json\r\n{framing}"
        )
    };
    let holder = |name, request: &str, then, seconds| Holder {
        name,
        request: request.to_owned(),
        then,
        seconds,
    };
    let holders = [
        holder("nothing", "", "", 3..8),
        holder("first head", "", "G", 3..8),
        holder("second head", &get, "G", 3..8),
        holder("idle", &get, "", 10..18),
        holder("body", &post("Content-Length: 100\r\n\r\n{"), "", 8..14),
        holder("chunked body", &post("Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"), "", 8..14),
    ];
    std::thread::scope(|scope| {
        for holder in &holders {
            scope.spawn(|| hold(world.address(), holder));
        }
    });
    world.get("/deals").expect(200);
}

fn hold(to: std::net::SocketAddr, holder: &Holder) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(holder.request.as_bytes()).unwrap();
    if !holder.then.is_empty() && !holder.request.is_empty() {
        // Once the first answer is there, the connection is between requests.
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0, "{}", holder.name);
    }
    stream.write_all(holder.then.as_bytes()).unwrap();
    let ended = stream.read_to_end(&mut Vec::new());
    let seconds = began.elapsed().as_secs();
    assert!(holder.seconds.contains(&seconds), "{}: {seconds} s, {ended:?}", holder.name);
}
