//! The query as `application/x-www-form-urlencoded` pairs, their names taken apart at the brackets.

use percent_encoding::percent_decode_str;

use crate::error::{Code, Error};
use crate::text::{alternatives, cut};

/// How many parameters a query may have.
pub const MAX_PARAMETERS: usize = 64;

/// One parameter, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    /// The whole name, brackets included.
    pub(super) name: String,
    /// What stands before the first bracket.
    pub(super) base: String,
    /// What stands in the brackets; `None` where they do not match up.
    pub(super) keys: Option<Vec<String>>,
    /// The value.
    pub(super) value: String,
}

impl Parameter {
    /// Returns the error about a parameter that the endpoint does not take, with those it takes.
    pub(super) fn unsupported<'n>(&self, known: impl IntoIterator<Item = &'n str>) -> Error {
        let detail = format!(
            "Parameter '{}' is not supported on this endpoint; {}",
            cut(&self.name),
            alternatives(&self.name, known)
        );
        Error::parameter(Code::UnsupportedParameter, &self.name, detail)
    }
}

/// Takes the query apart. A parameter that cannot be decoded is a fault and left out, so that the
/// faults of the others are told too; of a query that is too long nothing is read.
pub(super) fn parse_query(
    query: &str,
    errors: &mut Vec<Error>,
) -> Result<Vec<Parameter>, Vec<Error>> {
    let words = query.split('&').filter(|word| !word.is_empty());
    let count = words.clone().count();
    if count > MAX_PARAMETERS {
        let detail = format!("A query may have at most {MAX_PARAMETERS} parameters, not {count}");
        return Err(vec![Error::new(Code::BadRequest, detail)]);
    }
    let mut pairs = Vec::new();
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) => {
                let (base, keys) = split_name(&name);
                pairs.push(Parameter { base, keys, name, value });
            }
            (name, _) => {
                let name = name.unwrap_or_else(|| "?".to_owned());
                let detail = format!(
                    "Parameter '{}' must be percent-encoded UTF-8 without U+0000",
                    cut(&name)
                );
                errors.push(Error::parameter(Code::UnsupportedParameter, &name, detail));
            }
        }
    }
    Ok(pairs)
}

/// The values of every parameter of that name, read as those of a query are; `None` for one that
/// cannot be decoded.
pub fn parameter_values(query: &str, name: &str) -> Vec<Option<String>> {
    let pairs = query.split('&').map(|word| word.split_once('=').unwrap_or((word, "")));
    let named = pairs.filter(|(given, _)| decode(given).is_some_and(|given| given == name));
    named.map(|(_, value)| decode(value)).collect()
}

/// A plus is a space; the bytes must be UTF-8, and hold no U+0000, which no text here may.
fn decode(word: &str) -> Option<String> {
    let spaced = word.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8().ok()?.into_owned();
    (!text.contains('\0')).then_some(text)
}

/// `a[b][]` is `a` with the keys `b` and the empty one.
fn split_name(name: &str) -> (String, Option<Vec<String>>) {
    let Some((base, rest)) = name.split_once('[') else {
        let keys = if name.contains(']') { None } else { Some(Vec::new()) };
        return (name.to_owned(), keys);
    };
    let keys = rest.strip_suffix(']').and_then(|inside| {
        let keys: Vec<String> = inside.split("][").map(str::to_owned).collect();
        keys.iter().all(|key| !key.contains(['[', ']'])).then_some(keys)
    });
    (base.to_owned(), keys)
}
