//! Log lines: each is one JSON object, so that no text from a client can look like a line of its
//! own. They go through a bounded queue to a thread that writes them, so that nobody who answers
//! requests waits for whoever reads the log. Lines that do not fit are dropped and counted.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, Value as Json};

use crate::environment::LOG;

/// The most lines that wait to be written.
const MAX_WAITING: usize = 4_096;
/// The longest time that the end of the program waits for lines to be written.
const PATIENCE: Duration = Duration::from_secs(1);
/// The time between two looks at what waits.
const POLL: Duration = Duration::from_millis(2);

/// The lines that were given to the queue and are not written yet.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// The lines that did not fit since the last line was written.
static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// Starts logging to stderr at the level that `APPORTION_LOG` names, or at `info`.
pub(crate) fn init() {
    let env = env_logger::Env::new().filter_or(LOG, "info");
    env_logger::Builder::new()
        // Its parser logs malformed requests as errors, so anybody could fill the log with them.
        .filter_module("actix_http", log::LevelFilter::Off)
        .parse_env(env)
        .format(|out, record| {
            let mut line = Map::new();
            #[expect(clippy::disallowed_methods, reason = "a log line says when it was written")]
            let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            line.insert("time".to_owned(), Json::from(now));
            line.insert("level".to_owned(), Json::from(record.level().as_str()));
            line.insert("target".to_owned(), Json::from(record.target()));
            line.insert("message".to_owned(), Json::from(record.args().to_string()));
            // A member that cannot be shown is left out, but the line is written.
            let _ = record.key_values().visit(&mut Members(&mut line));
            writeln!(out, "{}", Json::Object(line))
        })
        .target(env_logger::Target::Pipe(Box::new(Queue(OnceLock::new()))))
        .init();
}

/// Waits until all lines are written, unless nobody reads them.
pub(crate) fn finish() {
    let begun = Instant::now();
    while WAITING.load(Ordering::Acquire) > 0 && begun.elapsed() < PATIENCE {
        std::thread::sleep(POLL);
    }
}

/// The way to the thread that writes, which starts with the first line.
struct Queue(OnceLock<SyncSender<Vec<u8>>>);

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let sender = self.0.get_or_init(|| {
            let (sender, receiver) = sync_channel(MAX_WAITING);
            // Without the thread nobody receives, and all lines are dropped.
            let _ = std::thread::Builder::new().name("log".to_owned()).spawn(|| serve(receiver));
            sender
        });
        WAITING.fetch_add(1, Ordering::AcqRel);
        if sender.try_send(line.to_vec()).is_err() {
            WAITING.fetch_sub(1, Ordering::AcqRel);
            DROPPED.fetch_add(1, Ordering::AcqRel);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines as they come. Before the first one after a gap it says how many are missing.
fn serve(lines: Receiver<Vec<u8>>) {
    let mut stderr = io::stderr();
    for line in lines {
        // What cannot be written is lost; there is no other place to say so.
        let _ = stderr.write_all(&line);
        WAITING.fetch_sub(1, Ordering::AcqRel);
        let dropped = DROPPED.swap(0, Ordering::AcqRel);
        if dropped > 0 {
            log::warn!("{dropped} lines of the log were dropped, because nobody read them");
        }
    }
}

/// The members of a line, to which the key-value pairs of a record are added.
struct Members<'l>(&'l mut Map<String, Json>);

impl<'kvs> VisitSource<'kvs> for Members<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let value = match (value.to_u64(), value.to_i64()) {
            (Some(number), _) => Json::from(number),
            (_, Some(number)) => Json::from(number),
            _ => Json::from(value.to_string()),
        };
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}
