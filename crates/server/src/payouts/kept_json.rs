//! The JSON text of two attributes of a distributor: its schedule and its metric types. This module
//! reads both from requests and from the database, points at the item that has a fault, and writes
//! them in a single form. Not here: the rules for schedules and metric types (`apportion-core`).

use apportion_core::metric::{CountedMetric, CountedMetricDraft};
use apportion_core::schedule::{MAX_RECURRENCES, Schedule, Tz};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::{Input, Kind, Value};
use chrono::{DateTime, Utc};

/// The JSON schema of the attribute `schedule` in requests.
pub(crate) const SCHEDULE: &str = r#"{
    "type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 255},
    "description": "RFC 5545 rules and modifiers; the earliest next instant counts."
}"#;

/// The JSON schema of the attribute `metric_types` in requests.
pub(crate) const METRIC_TYPES: &str = r#"{
    "type": "array", "maxItems": 1, "items": {
        "type": "object", "required": ["type", "points"],
        "properties": {
            "type": {"type": "string", "enum": ["manual"]},
            "points": {"type": "integer", "format": "int64", "minimum": 1}
        }
    }
}"#;

/// Reads the schedule of a request, and returns it with its texts. Every fault is added to `input`
/// and points at its item; the schedule is empty then.
pub(crate) fn read_schedule(
    text: &str,
    anchor: DateTime<Utc>,
    zone: Option<Tz>,
    input: &mut Input,
) -> (Schedule, Vec<String>) {
    if !is_list(text) {
        input.refuse("schedule", "must be a list of texts");
    }
    let items = items(text);
    let mut texts = Vec::with_capacity(items.len().min(MAX_RECURRENCES));
    for (at, item) in items.iter().enumerate() {
        match item {
            Json::Text(text) => texts.push(text.to_string()),
            other => {
                input.refuse_item("schedule", at, &format!("must be text, not {}", other.noun()));
                return (Schedule::default(), Vec::new());
            }
        }
    }
    let read = Schedule::parse(&texts).and_then(|schedule| {
        zone.map_or(Ok(()), |zone| schedule.must_fire(anchor, zone)).map(|()| schedule)
    });
    let schedule = read.unwrap_or_else(|faults| {
        for fault in faults {
            input.refuse_item("schedule", fault.index, &fault.reason);
        }
        Schedule::default()
    });
    (schedule, texts)
}

/// Reads the schedule of a stored row. Returns `None` if the text is not a valid schedule, which
/// does not happen because only valid schedules are stored.
pub(crate) fn kept_schedule(text: &str) -> Option<Schedule> {
    let items = items(text);
    let texts: Option<Vec<&str>> = items.iter().map(word).collect();
    Schedule::parse(&texts?).ok()
}

/// Writes the texts of a schedule as the JSON array that is stored.
pub(crate) fn write_schedule(texts: &[String]) -> String {
    Json::Array(texts.iter().map(|text| Json::Text(text.into())).collect()).compact()
}

/// Reads metric types. A member that is missing or of the wrong JSON type becomes `None`.
pub(crate) fn read_metric_types(text: &str) -> Vec<CountedMetricDraft> {
    let draft = |item: &Json<'_>| CountedMetricDraft {
        metric_type: item.member("type").and_then(word).map(str::to_owned),
        points: match item.member("points").map(|points| Kind::Integer.read(points)) {
            Some(Ok(Value::Integer(points))) => Some(points),
            _ => None,
        },
    };
    items(text).iter().map(draft).collect()
}

/// Writes metric types as the JSON array that is stored.
pub(crate) fn write_metric_types(types: &[CountedMetric]) -> String {
    let object = |kind: &CountedMetric| {
        format!("{{\"type\":\"{}\",\"points\":{}}}", kind.metric_type, kind.points)
    };
    let objects: Vec<String> = types.iter().map(object).collect();
    format!("[{}]", objects.join(","))
}

/// Whether a JSON text is an array. The text is either an array or an object.
pub(crate) fn is_list(text: &str) -> bool {
    text.starts_with('[')
}

fn items(text: &str) -> Vec<Json<'_>> {
    match Json::parse(text.as_bytes()) {
        Ok(Json::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn word<'j>(json: &'j Json<'_>) -> Option<&'j str> {
    if let Json::Text(text) = json { Some(text) } else { None }
}
