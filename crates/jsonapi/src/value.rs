//! The values of attributes: the kind that is declared, a value read from a client, and a value on
//! its way into a document. Not here: rules about values (ranges, lengths), which belong to the
//! domain.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

use crate::text::{
    Json, composed, cut, push_date, push_decimal, push_instant, push_integer, push_str,
};

/// The declared kind of an attribute or filter, from which the operators follow.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Unicode text, which is read in its composed form (NFC) from documents and queries alike.
    Text,
    /// A 64-bit integer.
    Integer,
    /// The id of a resource: an integer in filters, linkage in documents.
    Id,
    /// An exact decimal, held as `i64` units of `10^-scale`.
    Decimal {
        /// The number of decimals of the units.
        scale: u32,
        /// Reads the digits exactly, without floating point, or says what is wrong with them.
        read: fn(&str) -> Result<i64, String>,
    },
    /// A calendar date, `YYYY-MM-DD`.
    Date,
    /// An instant in UTC. Filters compare it with an instant, or its date with a date.
    Instant,
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Enumeration(&'static [&'static str]),
    /// An array or object that satisfies this JSON Schema, held as compact text. Lists neither
    /// filter nor sort by it.
    Json(&'static str),
}

/// A value that a client sent, of the declared kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Null.
    Null,
    /// A value of [`Kind::Boolean`].
    Boolean(bool),
    /// A value of [`Kind::Integer`] or [`Kind::Id`], or the units of a [`Kind::Decimal`].
    Integer(i64),
    /// A value of [`Kind::Text`] or [`Kind::Enumeration`], or the compact text of a [`Kind::Json`].
    Text(String),
    /// A value of [`Kind::Date`], or the day with which a filter compares a [`Kind::Instant`].
    Date(NaiveDate),
    /// The instant with which a filter compares a [`Kind::Instant`], in UTC to the millisecond.
    Instant(NaiveDateTime),
}

/// A value on its way into a document, borrowed from its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// A null, written as `null`.
    Null,
    /// A boolean, written as such.
    Boolean(bool),
    /// An integer, written as such.
    Integer(i64),
    /// A decimal, written as a string in its shortest form with at least one digit after the point.
    Decimal {
        /// The number in units of `10^-scale`.
        units: i64,
        /// The number of decimals of the units.
        scale: u32,
    },
    /// A text, written as a string.
    Text(&'a str),
    /// A date, written as `YYYY-MM-DD`.
    Date(NaiveDate),
    /// An instant, written as RFC 3339 in UTC with milliseconds.
    Instant(NaiveDateTime),
    /// JSON text, written without change.
    Json(Cow<'a, str>),
}

impl<'a> From<Option<&'a str>> for Scalar<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Scalar::Null, Scalar::Text)
    }
}

impl From<Option<NaiveDate>> for Scalar<'_> {
    fn from(date: Option<NaiveDate>) -> Self {
        date.map_or(Scalar::Null, Scalar::Date)
    }
}

impl Scalar<'_> {
    /// Whether `value`, which a client sent, equals this stored value.
    pub fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Scalar::Null, Value::Null) => true,
            (Scalar::Boolean(a), Value::Boolean(b)) => a == b,
            (Scalar::Integer(a) | Scalar::Decimal { units: a, .. }, Value::Integer(b)) => a == b,
            // A text may have been stored before texts were composed.
            (Scalar::Text(a), Value::Text(b)) => a == b || composed(a) == *b,
            (Scalar::Json(a), Value::Text(b)) => a == b,
            (Scalar::Date(a), Value::Date(b)) => a == b,
            (Scalar::Instant(a), Value::Text(b)) => {
                let mut text = Vec::with_capacity(24);
                push_instant(&mut text, *a);
                text == b.as_bytes()
            }
            _ => false,
        }
    }
}

/// Appends a value as JSON.
pub fn push_scalar(out: &mut Vec<u8>, value: Scalar<'_>) {
    match value {
        Scalar::Null => out.extend_from_slice(b"null"),
        Scalar::Boolean(true) => out.extend_from_slice(b"true"),
        Scalar::Boolean(false) => out.extend_from_slice(b"false"),
        Scalar::Integer(value) => push_integer(out, value),
        Scalar::Text(text) => push_str(out, text),
        Scalar::Json(text) => out.extend_from_slice(text.as_bytes()),
        Scalar::Decimal { units, scale } => quoted(out, |out| push_decimal(out, units, scale)),
        Scalar::Date(date) => quoted(out, |out| push_date(out, date)),
        Scalar::Instant(instant) => quoted(out, |out| push_instant(out, instant)),
    }
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

impl Kind {
    /// Any array or object, whose members only the documentation describes.
    pub const ANY_JSON: Kind = Kind::Json("{}");

    /// Reads a value of this kind from a JSON value, or says what was expected.
    pub fn read(self, json: &Json<'_>) -> Result<Value, Cow<'static, str>> {
        match (self, json) {
            (_, Json::Null) => Ok(Value::Null),
            (Kind::Boolean, Json::Boolean(value)) => Ok(Value::Boolean(*value)),
            (Kind::Json(_), Json::Array(_) | Json::Object(_)) => Ok(Value::Text(json.compact())),
            (Kind::Integer, Json::Number(digits)) => {
                let value = parse_whole_number(digits).map(Value::Integer);
                value.ok_or_else(|| format!("{INTEGER}, not {}", cut(digits)).into())
            }
            (Kind::Decimal { read, .. }, Json::Number(digits)) => {
                read(digits).map(Value::Integer).map_err(Cow::Owned)
            }
            (Kind::Decimal { read, .. }, Json::Text(digits)) => {
                read(digits).map(Value::Integer).map_err(Cow::Owned)
            }
            // Instants are set by the server: the text is only compared with the stored one.
            (Kind::Instant, Json::Text(text)) => Ok(Value::Text(text.to_string())),
            // JSON can express U+0000, but PostgreSQL cannot store it.
            (Kind::Text, Json::Text(text)) if text.contains('\0') => Err(NUL.into()),
            (Kind::Text | Kind::Enumeration(_) | Kind::Date, Json::Text(text)) => self
                .read_text(text)
                .map_err(|expected| format!("{expected}, not '{}'", cut(text)).into()),
            (_, other) => Err(format!("{}, not {}", self.expectation(), other.noun()).into()),
        }
    }

    /// Reads a value of this kind from a query parameter or from a field of a table.
    pub fn read_text(self, text: &str) -> Result<Value, Cow<'static, str>> {
        let value = match self {
            Kind::Text => Some(Value::Text(composed(text).into_owned())),
            Kind::Id if text == "-0" => None,
            Kind::Integer | Kind::Id => parse_integer(text).map(Value::Integer),
            Kind::Decimal { read, .. } => {
                return read(text).map(Value::Integer).map_err(Cow::Owned);
            }
            Kind::Date => parse_date(text).map(Value::Date),
            Kind::Instant => match parse_date(text) {
                Some(date) => Some(Value::Date(date)),
                None => parse_instant(text).map(Value::Instant),
            },
            Kind::Boolean => match text {
                "true" => Some(Value::Boolean(true)),
                "false" => Some(Value::Boolean(false)),
                _ => None,
            },
            Kind::Enumeration(words) => words.contains(&text).then(|| Value::Text(text.to_owned())),
            Kind::Json(_) => {
                let json = Json::parse(text.as_bytes());
                return json.map_err(|_| self.expectation()).and_then(|json| self.read(&json));
            }
        };
        value.ok_or_else(|| self.expectation())
    }

    /// Describes a value of this kind as the predicate of a sentence, "must be ...".
    fn expectation(self) -> Cow<'static, str> {
        match self {
            Kind::Text => "must be text".into(),
            Kind::Integer | Kind::Id => INTEGER.into(),
            Kind::Decimal { .. } => "must be a decimal number".into(),
            Kind::Date => "must be a date in the form YYYY-MM-DD".into(),
            Kind::Instant => INSTANT.into(),
            Kind::Boolean => "must be true or false".into(),
            Kind::Enumeration(words) => format!("must be one of {}", words.join(", ")).into(),
            Kind::Json(_) => "must be a JSON array or object".into(),
        }
    }
}

const INTEGER: &str = "must be an integer of at most 64 bits";
const INSTANT: &str = "must be a date in the form YYYY-MM-DD, or an instant of RFC 3339 such as \
    2026-01-31T12:00:00Z or 2026-01-31T12:00:00%2B01:00";
const NUL: &str = "must not contain U+0000";

/// Parses an integer in canonical decimal form: no plus sign, no leading zero, no exponent.
pub fn parse_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits == "0" || !digits.starts_with(['0', '+', '-']);
    if canonical { text.parse().ok() } else { None }
}

/// Parses a JSON number that is an integer, however it is written: `100`, `100.0`, `1e2`.
pub(crate) fn parse_whole_number(number: &str) -> Option<i64> {
    if let Some(value) = parse_integer(number) {
        return Some(value);
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let exponent: i64 = exponent.parse().ok()?;
    // Counts the digits before the point; those after it must all be zeros.
    let decimals = i64::try_from(fraction.len()).ok()?;
    let length = i64::try_from(digits.len()).ok()?;
    let before = length.checked_sub(decimals)?.checked_add(exponent)?;
    let zeros = before.checked_sub(i64::try_from(significant.len()).ok()?)?;
    let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros < 20)?;
    format!("{sign}{significant}{}", "0".repeat(zeros)).parse().ok()
}

/// Parses the id of a stored resource: from 1 to 2^63 - 1, in canonical form.
pub fn parse_id(text: &str) -> Option<i64> {
    parse_integer(text).filter(|id| *id > 0)
}

/// Parses a date in the form `YYYY-MM-DD` and no other.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let shape = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if shape && text.len() == 10 { text.parse().ok() } else { None }
}

/// Parses an instant of RFC 3339, with an offset of any length, and cuts it to the millisecond. It
/// must be of the years 0 to 9999 in UTC, which all have four digits.
pub fn parse_instant(text: &str) -> Option<NaiveDateTime> {
    // The parser takes other characters than `T` between date and time.
    let has_time = text.as_bytes().get(10).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T'));
    let parsed = DateTime::parse_from_rfc3339(text).ok().filter(|_| has_time)?;
    // A leap second is the beginning of the next second.
    let instant = DateTime::from_timestamp_millis(parsed.timestamp_millis())?.naive_utc();
    (0..=9999).contains(&instant.year()).then_some(instant)
}
