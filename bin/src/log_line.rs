//! Log lines: each is one JSON object, so that no text from a client can look like a line of its
//! own. They go through a bounded queue to a thread that writes them, so that nobody who answers
//! requests waits for whoever reads the log. Lines that do not fit are dropped and counted.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, Value as Json};

/// The most lines that wait to be written.
const MAX_WAITING: usize = 4_096;
/// The longest time that the end of the program waits for lines to be written.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to the thread that writes, which starts with the first line.
static QUEUE: OnceLock<SyncSender<Entry>> = OnceLock::new();
/// The lines that did not fit since the last line was written.
static DROPPED: AtomicUsize = AtomicUsize::new(0);
/// The lines that did not fit since the program started.
static ALL_DROPPED: AtomicU64 = AtomicU64::new(0);

/// The levels of the log.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Returns the fault of the levels of a log, if there is one. They are `info`, or levels of single
/// targets, as in `warn,apportion_store=debug`. A word that is no level would pass for a target,
/// and switch off everything else.
pub(crate) fn fault_in(levels: &str) -> Option<String> {
    let (levels, words) = levels.split_once('/').unwrap_or((levels, ""));
    let mut parts = levels.split(',').map(str::trim);
    let is_level = |part: &str| {
        let level = part.split_once('=').map_or(part, |(_, level)| level.trim());
        LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
    };
    let known = LEVELS.join(", ");
    let fault = || format!("the log has a level that does not exist; use {known}, or TARGET=LEVEL");
    (!parts.all(is_level) || words.contains('/')).then(fault)
}

/// Starts logging to stderr at these levels.
pub(crate) fn init(levels: &str) {
    env_logger::Builder::new()
        // Its parser logs malformed requests as errors, so anybody could fill the log with them.
        .filter_module("actix_http", log::LevelFilter::Off)
        .parse_filters(levels)
        .format(|out, record| {
            let mut line = line(record.level(), record.target(), record.args().to_string());
            // A member that cannot be shown is left out, but the line is written.
            let _ = record.key_values().visit(&mut Members(&mut line));
            writeln!(out, "{}", Json::Object(line))
        })
        .target(env_logger::Target::Pipe(Box::new(Queue)))
        .init();
}

/// Makes a line with the members that all have.
fn line(level: log::Level, target: &str, message: String) -> Map<String, Json> {
    #[expect(clippy::disallowed_methods, reason = "a log line says when it was written")]
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let members = [
        ("time", Json::from(now)),
        ("level", Json::from(level.as_str())),
        ("target", Json::from(target)),
        ("message", Json::from(message)),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Returns the number of lines that were dropped since the program started.
pub(crate) fn dropped() -> u64 {
    ALL_DROPPED.load(Ordering::Acquire)
}

/// Something for the thread that writes.
enum Entry {
    Line(Vec<u8>),
    /// The end of all lines before, which is answered.
    End(SyncSender<()>),
}

/// Waits until all lines are written, unless nobody reads them.
pub(crate) fn finish() {
    let Some(queue) = QUEUE.get() else { return };
    let (sender, written) = sync_channel(1);
    let queue = queue.clone();
    // A full queue that nobody reads holds this thread, and not the end of the program.
    let _ = std::thread::Builder::new().spawn(move || queue.send(Entry::End(sender)));
    let _ = written.recv_timeout(PATIENCE);
}

/// The writer that the logger is given.
struct Queue;

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let queue = QUEUE.get_or_init(|| {
            let (sender, receiver) = sync_channel(MAX_WAITING);
            // Without the thread nobody receives, and all lines are dropped.
            let _ = std::thread::Builder::new().name("log".to_owned()).spawn(|| serve(receiver));
            sender
        });
        if queue.try_send(Entry::Line(line.to_vec())).is_err() {
            DROPPED.fetch_add(1, Ordering::AcqRel);
            ALL_DROPPED.fetch_add(1, Ordering::AcqRel);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines as they come. After a gap it says how many are missing, whatever levels are logged:
/// a line that had to find room in the queue might be missing too.
fn serve(entries: Receiver<Entry>) {
    let mut stderr = io::stderr();
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                // A line that cannot be written is lost; there is no other place to say so.
                let _ = stderr.write_all(&line);
            }
            Entry::End(written) => {
                let _ = written.send(());
            }
        }
        let dropped = DROPPED.swap(0, Ordering::AcqRel);
        if dropped > 0 {
            let said = format!("{dropped} lines of the log were dropped, because nobody read them");
            let line = Json::Object(line(log::Level::Warn, module_path!(), said));
            let _ = writeln!(stderr, "{line}");
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
