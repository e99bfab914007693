//! Queries that follow from the declaration of a type: every filter with every operator of its
//! kind, and every sort. What each should find is computed from the rows of an unfiltered list.

use std::cmp::Ordering;

use apportion_jsonapi::query::Operator;
use apportion_jsonapi::resource::FilterKey;
use apportion_jsonapi::{Kind, ResourceType};
use apportion_server::store::Field;
use serde_json::Value;

use crate::support::world::World;

/// A query, the filter or sort that it is about, and the ids that it must find in their order.
pub struct Probe {
    pub path: String,
    pub name: String,
    pub expected: Vec<String>,
}

/// The rows of a type, as clients see them.
pub struct Table {
    kind: &'static ResourceType<Field>,
    rows: Vec<Value>,
    included: Vec<Value>,
}

/// A value that can be compared; null is `None` in its place and comes last in either direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i128),
    Text(String),
}

/// Checks that a query finds what it must.
pub fn found(world: &World, probe: &Probe) -> Result<(), String> {
    let answer = world.get(&probe.path);
    if answer.status != 200 {
        return Err(format!("{}: {}", probe.path, String::from_utf8_lossy(&answer.body)));
    }
    let document = answer.json();
    let rows = document["data"].as_array().unwrap();
    let found: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let total = document["meta"]["total_count"].as_u64().unwrap();
    if found == probe.expected && total == u64::try_from(found.len()).unwrap() {
        return Ok(());
    }
    Err(format!("{}: {found:?} of {total}, not {:?}", probe.path, probe.expected))
}

impl Table {
    /// Reads all rows of a type, of which there must be some, with every attribute.
    #[track_caller]
    pub fn read(world: &World, kind: &'static ResourceType<Field>) -> Self {
        let attributes = kind.attributes.iter().map(|attribute| attribute.name);
        let relationships: Vec<&str> = kind
            .relationships
            .iter()
            .filter(|relationship| relationship.cardinality == apportion_jsonapi::Cardinality::One)
            .map(|relationship| relationship.name)
            .collect();
        let fields: Vec<&str> = attributes.chain(relationships.iter().copied()).collect();
        let path = format!(
            "/{0}?page[size]=200&fields[{0}]={1}&include={2}",
            kind.name,
            fields.join(","),
            relationships.join(",")
        );
        let mut document = world.get(&path).expect(200).json();
        let mut taken = |member: &str| match document[member].take() {
            Value::Array(rows) => rows,
            other => panic!("{path}: {other}"),
        };
        let (rows, included) = (taken("data"), taken("included"));
        assert!(!rows.is_empty() && rows.len() < 200, "{path}: {} rows", rows.len());
        Self { kind, rows, included }
    }

    /// Returns a probe for every filter with every operator.
    pub fn filters(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for filter in &self.kind.filters {
            for (word, operator) in filter.operators() {
                for values in self.values(filter, operator) {
                    let query: Vec<String> = values
                        .iter()
                        .map(|value| format!("filter[{}][{word}][]={}", filter.name, encode(value)))
                        .collect();
                    let probe = self.probe(&query.join("&"), &filter.name, |row| {
                        holds(word, self.key(row, &filter.name, Some(filter.kind)), &values, filter)
                    });
                    probes.push(probe);
                }
            }
        }
        probes
    }

    /// Returns a probe for every sort in both directions.
    pub fn sorts(&self) -> Vec<Probe> {
        let names = self.kind.sorts.iter().map(|sort| sort.name.as_str());
        names
            .flat_map(|name| [(name, false), (name, true)])
            .map(|(name, down)| {
                let sign = if down { "-" } else { "" };
                let mut probe = self.probe(&format!("sort={sign}{name}"), name, |_| true);
                let mut rows: Vec<(Option<Key>, &str)> =
                    self.rows.iter().map(|row| (self.key(row, name, None), id(row))).collect();
                rows.sort_by(|(a, a_id), (b, b_id)| {
                    let by_key = match (a, b) {
                        (Some(a), Some(b)) => turned(a.cmp(b), down),
                        (a, b) => a.is_none().cmp(&b.is_none()),
                    };
                    by_key.then_with(|| turned(number(a_id).cmp(&number(b_id)), down))
                });
                probe.expected = rows.into_iter().map(|(_, id)| id.to_owned()).collect();
                probe
            })
            .collect()
    }

    fn probe(&self, query: &str, name: &str, holds: impl Fn(&Value) -> bool) -> Probe {
        let expected = self.rows.iter().filter(|row| holds(row)).map(|row| id(row).to_owned());
        let path = format!("/{}?{query}&page[size]=200", self.kind.name);
        Probe { path, name: name.to_owned(), expected: expected.collect() }
    }

    /// Returns operands: values of the rows, and null where the filter takes it.
    fn values(&self, filter: &FilterKey<Field>, operator: Operator) -> Vec<Vec<String>> {
        use Operator::{Contains, Equal, NotContain, NotEqual};
        let mut texts: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| self.at(row, &filter.name))
            .map(|value| match filter.kind {
                Kind::Instant => spelled(&value).chars().take(10).collect(),
                _ => spelled(&value),
            })
            .collect();
        texts.sort_unstable();
        texts.dedup();
        texts.extend(texts.is_empty().then(|| stock(filter.kind)));
        let (first, middle) = (texts[0].clone(), texts[texts.len() / 2].clone());
        let last = texts[texts.len() - 1].clone();
        let mut values = vec![vec![first.clone()], vec![middle.clone()], vec![last.clone()]];
        match operator {
            Equal | NotEqual => {
                values.extend([vec![first.clone(), last], vec![middle, stock(filter.kind)]]);
                if filter.nullable {
                    values.extend([vec![String::new()], vec![String::new(), first]]);
                }
            }
            Contains | NotContain => {
                let piece = |text: &str| text.chars().take(2).collect::<String>();
                values.push(vec![piece(&first).to_ascii_uppercase()]);
                values.push(vec![piece(&first).to_ascii_lowercase(), piece(&last)]);
            }
            _ => values.push(vec![stock(filter.kind)]),
        }
        values
    }

    /// Returns the value of a row by the name of a filter or sort; `None` if it is null.
    fn at(&self, row: &Value, name: &str) -> Option<Value> {
        let linked = |relationship: &str| {
            let linkage = &row["relationships"][relationship]["data"];
            assert!(row["relationships"][relationship].is_object(), "{name}: {row}");
            linkage.is_object().then(|| linkage.clone())
        };
        let through = |relationship: &str, attribute: &str| {
            let linkage = linked(relationship)?;
            let same = |row: &&Value| row["type"] == linkage["type"] && row["id"] == linkage["id"];
            let row = self.included.iter().find(same).expect("it is included");
            Some(row["attributes"][attribute].clone())
        };
        let attributes = row["attributes"].as_object().unwrap();
        let found = match (name.split_once('.'), name.strip_suffix("_id")) {
            _ if name == "id" => Some(row["id"].clone()),
            _ if attributes.contains_key(name) => attributes.get(name).cloned(),
            (Some((relationship, attribute)), _) => through(relationship, attribute),
            (None, Some(relationship)) => linked(relationship).map(|linkage| linkage["id"].clone()),
            // A sort by a relationship compares the names of the related rows.
            (None, None) => through(name, "name"),
        };
        found.filter(|value| !value.is_null())
    }

    fn key(&self, row: &Value, name: &str, filter: Option<Kind>) -> Option<Key> {
        let kind = self.kind.attribute(name).map(|(_, attribute)| attribute.kind).or(filter);
        let kind = kind.unwrap_or(if name.ends_with("id") { Kind::Id } else { Kind::Text });
        let text = spelled(&self.at(row, name)?);
        Some(match filter {
            Some(Kind::Instant) => key(&text[..10], kind),
            _ => key(&text, kind),
        })
    }
}

/// Returns whether a value meets an operator, written apart from the code of the server.
fn holds(word: &str, value: Option<Key>, operands: &[String], filter: &FilterKey<Field>) -> bool {
    let keys: Vec<Option<Key>> = operands
        .iter()
        .map(|operand| (!operand.is_empty()).then(|| key(operand, filter.kind)))
        .collect();
    let contains = || match &value {
        Some(Key::Text(text)) => operands
            .iter()
            .any(|piece| text.to_ascii_lowercase().contains(&piece.to_ascii_lowercase())),
        _ => false,
    };
    match word {
        "eq" => keys.contains(&value),
        "not_eq" => !keys.contains(&value),
        "contains" => contains(),
        "not_contain" => !contains(),
        order => {
            let (Some(value), Some(Some(operand))) = (value, keys.first()) else { return false };
            match order {
                "gt" => value > *operand,
                "gt_eq" => value >= *operand,
                "lt" => value < *operand,
                "lt_eq" => value <= *operand,
                other => panic!("{other} is no operator"),
            }
        }
    }
}

/// Returns what a text of that kind is compared by; decimals are numbers of 10^-12.
fn key(text: &str, kind: Kind) -> Key {
    match kind {
        Kind::Integer | Kind::Id => Key::Number(text.parse().unwrap()),
        Kind::Decimal { .. } => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            Key::Number(format!("{whole}{fraction:0<12}").parse().unwrap())
        }
        _ => Key::Text(text.to_owned()),
    }
}

/// Returns some value of a kind.
fn stock(kind: Kind) -> String {
    match kind {
        Kind::Integer | Kind::Id => "12345".to_owned(),
        Kind::Decimal { .. } => "12.5".to_owned(),
        Kind::Date | Kind::Instant => "2025-02-15".to_owned(),
        Kind::Boolean => "true".to_owned(),
        Kind::Enumeration(words) => words[0].to_owned(),
        Kind::Text => "Another".to_owned(),
        Kind::Json(_) => unreachable!("no list is filtered by it"),
    }
}

fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn turned(order: Ordering, descending: bool) -> Ordering {
    if descending { order.reverse() } else { order }
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

fn number(id: &str) -> i64 {
    id.parse().unwrap()
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
