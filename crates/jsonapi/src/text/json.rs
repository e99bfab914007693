//! Request bodies as a tree that keeps numbers as they were written, so that no digit passes
//! through floating point. `serde_json` knows the grammar; this module adds a limit on depth, and
//! refuses objects that give a member name twice.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::echo::cut;
use super::push::push_str;

/// The largest nesting of arrays and objects; a document without any inside has depth 1.
pub const MAX_DEPTH: usize = 64;

/// A JSON value that borrows from the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, as it was written.
    Number(&'a str),
    /// A string without its escapes.
    Text(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object; every name occurs once.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Parses a whole body, or says why it is not acceptable JSON.
    pub fn parse(body: &'a [u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(body).map_err(|_| "The body is not UTF-8".to_owned())?;
        if depth(text) > MAX_DEPTH {
            return Err(format!("The body nests deeper than {MAX_DEPTH} levels"));
        }
        let raw: &RawValue = serde_json::from_str(text).map_err(not_json)?;
        Self::unfold(raw.get()).map_err(not_json)
    }

    /// Returns the members of an object; `None` for other values.
    pub fn members(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        if let Json::Object(members) = self { Some(members) } else { None }
    }

    /// Finds a member of an object by its name.
    pub fn member(&self, name: &str) -> Option<&Json<'a>> {
        self.members()?.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// Returns the kind of value with its article, for error messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Boolean(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::Text(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// Returns the value as JSON text without spaces, its members in the order in which they came.
    pub fn compact(&self) -> String {
        let mut out = Vec::new();
        self.push(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    fn push(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Boolean(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Json::Number(digits) => out.extend_from_slice(digits.as_bytes()),
            Json::Text(text) => push_str(out, text),
            Json::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    out.extend_from_slice(if at > 0 { b"," } else { b"" });
                    item.push(out);
                }
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.extend_from_slice(if at > 0 { b"," } else { b"" });
                    push_str(out, name);
                    out.push(b':');
                    value.push(out);
                }
                out.push(b'}');
            }
        }
    }

    fn unfold(text: &'a str) -> Result<Self, serde_json::Error> {
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text)?;
                let unfolded = members.into_iter().map(|(name, raw)| {
                    Ok::<_, serde_json::Error>((name, Self::unfold(raw.get())?))
                });
                Json::Object(unfolded.collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text)?;
                let unfolded = items.into_iter().map(|raw| Self::unfold(raw.get()));
                Json::Array(unfolded.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Json::Text(parse_string(text)?),
            Some(b't') => Json::Boolean(true),
            Some(b'f') => Json::Boolean(false),
            Some(b'n') => Json::Null,
            _ => Json::Number(text),
        })
    }
}

fn not_json(error: serde_json::Error) -> String {
    format!("The body is not JSON: {error}")
}

/// Parses a string, borrowing from the text unless it contains escapes.
fn parse_string(text: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match serde_json::from_str::<&str>(text) {
        Ok(plain) => Ok(Cow::Borrowed(plain)),
        Err(_) => serde_json::from_str::<String>(text).map(Cow::Owned),
    }
}

/// Measures the deepest nesting of brackets outside strings.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = HashSet::new();
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<&RawValue>()? {
            let name = parse_string(name.get()).map_err(A::Error::custom)?;
            if !seen.insert(name.clone()) {
                let name = cut(&name);
                return Err(A::Error::custom(format!("the member '{name}' is given twice")));
            }
            members.push((name, map.next_value()?));
        }
        Ok(Members(members))
    }
}
