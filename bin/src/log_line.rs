//! Log lines: each is one JSON object, so that no text from a client can look like a line of its
//! own.

use std::io::Write;

use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, Value as Json};

/// Starts logging to stderr at the level that `APPORTION_LOG` names, or at `info`.
pub(crate) fn init() {
    let env = env_logger::Env::new().filter_or("APPORTION_LOG", "info");
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
        .init();
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
