//! Log lines: one JSON object each, so that nothing a client sent can look like a line of its own.

use std::io::Write;

use log::kv::{Error, Key, Value, VisitSource};
use serde_json::{Map, Value as Json};

/// Starts logging to stderr, at the level of `APPORTION_LOG` (`info` unless set).
pub(crate) fn init() {
    let env = env_logger::Env::new().filter_or("APPORTION_LOG", "info");
    env_logger::Builder::new()
        // Strangers must not be able to write errors: its parser reports what they send as such.
        .filter_module("actix_http", log::LevelFilter::Off)
        .parse_env(env)
        .format(|out, record| {
            let mut line = Map::new();
            let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            line.insert("time".to_owned(), Json::from(now));
            line.insert("level".to_owned(), Json::from(record.level().as_str()));
            line.insert("target".to_owned(), Json::from(record.target()));
            line.insert("message".to_owned(), Json::from(record.args().to_string()));
            // Members that cannot be shown are left out; the line is not.
            let _ = record.key_values().visit(&mut Members(&mut line));
            writeln!(out, "{}", Json::Object(line))
        })
        .init();
}

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
