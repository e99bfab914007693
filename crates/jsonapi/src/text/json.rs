//! Request bodies as a tree that keeps numbers as they were written, so that no digit passes
//! through floating point. `serde_json` knows the grammar, and reads strings; this module adds a
//! limit on depth, and refuses objects that give a member name twice.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

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
    Number(Cow<'a, str>),
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
        let _: &RawValue = serde_json::from_str(text).map_err(not_json)?;
        Reader { rest: text }.value().map_err(not_json)
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

    /// Returns the value without what it borrows.
    pub fn into_owned(self) -> Json<'static> {
        let owned = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        match self {
            Json::Null => Json::Null,
            Json::Boolean(value) => Json::Boolean(value),
            Json::Number(digits) => Json::Number(owned(digits)),
            Json::Text(text) => Json::Text(owned(text)),
            Json::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Json::Object(members) => {
                let members = members.into_iter();
                Json::Object(members.map(|(name, it)| (owned(name), it.into_owned())).collect())
            }
        }
    }
}

/// Reads a text that is known to be JSON, each of its characters once.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Result<Json<'a>, String> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => {
                let mut items = Vec::new();
                self.each(|reader| {
                    items.push(reader.value()?);
                    Ok(())
                })?;
                Ok(Json::Array(items))
            }
            Some(b'"') => self.string().map(Json::Text),
            _ => {
                let end = self.rest.find([',', ']', '}', ' ', '\t', '\n', '\r']);
                Ok(match self.take(end.unwrap_or(self.rest.len())) {
                    "null" => Json::Null,
                    "true" => Json::Boolean(true),
                    "false" => Json::Boolean(false),
                    digits => Json::Number(Cow::Borrowed(digits)),
                })
            }
        }
    }

    fn object(&mut self) -> Result<Json<'a>, String> {
        let (mut seen, mut members) = (HashSet::new(), Vec::new());
        self.each(|reader| {
            let name = reader.string()?;
            if !seen.insert(name.clone()) {
                return Err(format!("the member '{}' is given twice", cut(&name)));
            }
            reader.peek();
            reader.take(1); // The colon.
            members.push((name, reader.value()?));
            Ok(())
        })?;
        Ok(Json::Object(members))
    }

    /// Reads what is between two brackets, and calls `read` at the beginning of each part.
    fn each(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        self.take(1);
        while !matches!(self.peek(), Some(b']' | b'}') | None) {
            read(self)?;
            if self.peek() == Some(b',') {
                self.take(1);
                self.peek();
            }
        }
        self.take(1);
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, String> {
        let mut escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        parse_string(self.take(end.unwrap_or(0).saturating_add(2))).map_err(|e| e.to_string())
    }

    /// Skips white space, and returns the next byte.
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.bytes().next()
    }

    fn take(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

fn not_json(error: impl fmt::Display) -> String {
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
