//! Lists inside a distributor's attributes, as JSON text: the strings of its schedule, and what it
//! counts. Read with the fault at its item, and written in one form. Not here: what they mean.

use apportion_core::metric::{CountedMetric, CountedMetricDraft};
use apportion_core::schedule::{MAX_RECURRENCES, Schedule, Tz};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::{Input, Kind, Value};
use chrono::{DateTime, Utc};

/// What POST and PATCH take as a schedule.
pub(crate) const SCHEDULE: &str = r#"{
    "type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 255},
    "description": "RFC 5545 rules and modifiers; the earliest next instant counts."
}"#;

/// What POST and PATCH take as metric types.
pub(crate) const METRIC_TYPES: &str = r#"{
    "type": "array", "maxItems": 1, "items": {
        "type": "object", "required": ["type", "points"],
        "properties": {
            "type": {"type": "string", "enum": ["manual"]},
            "points": {"type": "integer", "format": "int64", "minimum": 1}
        }
    }
}"#;

/// Reads a schedule, every fault at its item.
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

/// A schedule as it is kept; none where it cannot be read, as no kept one is.
pub(crate) fn kept_schedule(text: &str) -> Option<Schedule> {
    let items = items(text);
    let texts: Option<Vec<&str>> = items.iter().map(word).collect();
    Schedule::parse(&texts?).ok()
}

/// A schedule in the form in which it is kept.
pub(crate) fn write_schedule(texts: &[String]) -> String {
    Json::Array(texts.iter().map(|text| Json::Text(text.into())).collect()).compact()
}

/// Reads metric types; what is missing or of another type is none.
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

/// Metric types in the form in which they are kept.
pub(crate) fn write_metric_types(types: &[CountedMetric]) -> String {
    let object = |kind: &CountedMetric| {
        format!("{{\"type\":\"{}\",\"points\":{}}}", kind.metric_type, kind.points)
    };
    let objects: Vec<String> = types.iter().map(object).collect();
    format!("[{}]", objects.join(","))
}

/// Whether a text is a list; the other thing that it may be is an object.
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
