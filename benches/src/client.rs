//! Clients that keep their connections and take little time of the processor from the server: each
//! is a thread that sends prepared bytes and reads one answer at a time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::figures::Figures;

/// A connection that is kept open between requests.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { stream, received: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request, and returns the status and the body of the answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> (u16, &[u8]) {
        self.stream.write_all(request).expect("the server reads");
        self.received.clear();
        let mut end = None;
        loop {
            let at = self.received.len();
            self.received.resize(at + 64 * 1024, 0);
            let read = self.stream.read(&mut self.received[at..]).expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            self.received.truncate(at + read);
            if end.is_none() {
                end = self.received.windows(4).position(|four| four == b"\r\n\r\n");
            }
            if let Some(end) = end {
                let body = end + 4;
                let length = content_length(&self.received[..end]);
                if self.received.len() >= body + length {
                    let status = std::str::from_utf8(&self.received[9..12]).unwrap();
                    return (status.parse().unwrap(), &self.received[body..]);
                }
            }
        }
    }

    /// Sends a request whose answer must have this status, and returns the body.
    pub(crate) fn expect(&mut self, status: u16, request: &[u8]) -> &[u8] {
        let (answered, body) = self.send(request);
        assert_eq!(answered, status, "{}", String::from_utf8_lossy(body));
        body
    }
}

fn content_length(head: &[u8]) -> usize {
    let name = b"content-length: ";
    let at = head.windows(name.len()).position(|text| text.eq_ignore_ascii_case(name));
    let digits = head[at.expect("a Content-Length") + name.len()..].iter();
    digits.take_while(|byte| byte.is_ascii_digit()).fold(0, |n, b| n * 10 + usize::from(b - b'0'))
}

/// Returns the bytes of a request.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let mut text =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: {token}\r\n");
    if !body.is_empty() {
        let length = body.len();
        text += "Content-Type: application/vnd.api+json\r\n";
        text += &format!("Content-Length: {length}\r\n");
    }
    (text + "\r\n" + body).into_bytes()
}

/// The load on a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// The number of clients, which send at the same time.
    pub(crate) clients: usize,
    /// The number of requests of each client.
    pub(crate) requests: usize,
    /// The status that every answer must have.
    pub(crate) status: u16,
}

/// Puts a load on a server, and times every answer. `request` makes the bytes of a request from the
/// positions of the client and of the request.
pub(crate) fn drive(
    address: SocketAddr,
    load: Load,
    request: impl Fn(usize, usize) -> Vec<u8> + Sync,
) -> Figures {
    let Load { clients, requests: each, status } = load;
    let barrier = Barrier::new(clients + 1);
    thread::scope(|scope| {
        let work = |client: usize| {
            let (barrier, request) = (&barrier, &request);
            move || {
                let mut connection = Client::connect(address);
                let requests: Vec<_> = (0..each).map(|at| request(client, at)).collect();
                barrier.wait();
                let answered = requests.iter().map(|request| {
                    let began = Instant::now();
                    connection.expect(status, request);
                    began.elapsed()
                });
                answered.collect::<Vec<_>>()
            }
        };
        let threads: Vec<_> = (0..clients).map(|client| scope.spawn(work(client))).collect();
        barrier.wait();
        let began = Instant::now();
        let times = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        Figures::new(times, began.elapsed())
    })
}
