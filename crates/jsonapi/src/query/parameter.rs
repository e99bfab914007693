//! The parameters of a query (`application/x-www-form-urlencoded`), their names split at the
//! brackets.

use percent_encoding::percent_decode_str;

use crate::error::{Code, Error};
use crate::text::{alternatives, cut};

/// The largest number of parameters that a query may have.
pub const MAX_PARAMETERS: usize = 64;

/// A decoded parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    /// The whole name, with its brackets.
    pub(super) name: String,
    /// The part of the name before the first bracket.
    pub(super) base: String,
    /// The parts of the name in brackets; `None` if the brackets do not match.
    pub(super) keys: Option<Vec<String>>,
    /// The value.
    pub(super) value: String,
}

impl Parameter {
    /// Whether several parameters of this name together are a list of values.
    pub(super) fn is_list_item(&self) -> bool {
        self.keys.as_ref().and_then(|keys| keys.last()).is_some_and(String::is_empty)
    }

    /// Returns the error about a parameter that is given again.
    pub(super) fn repeated(&self) -> Error {
        let name = cut(&self.name);
        let instead = match (self.base.as_str(), self.keys.as_ref().and_then(|keys| keys.last())) {
            ("filter", Some(key)) if key != "$op" => {
                format!("separate several values with commas, or give each as '{name}[]'")
            }
            ("sort" | "include" | "fields", _) => "separate its names with commas".to_owned(),
            _ => "give it once".to_owned(),
        };
        let detail = format!("Parameter '{name}' is given more than once; {instead}");
        Error::parameter(Code::UnsupportedParameter, &self.name, detail)
    }

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

/// Splits a query into its parameters. A parameter that cannot be decoded becomes an error and is
/// skipped, so that faults of the others are found too. A query with too many parameters is refused
/// whole.
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

/// Returns the values of every parameter of that name; `None` stands for a value that cannot be
/// decoded.
pub fn parameter_values(query: &str, name: &str) -> Vec<Option<String>> {
    let pairs = query.split('&').map(|word| word.split_once('=').unwrap_or((word, "")));
    let named = pairs.filter(|(given, _)| decode(given).is_some_and(|given| given == name));
    named.map(|(_, value)| decode(value)).collect()
}

/// Decodes a word, in which a plus stands for a space. The text must be UTF-8 without U+0000, which
/// no stored text may contain.
fn decode(word: &str) -> Option<String> {
    let spaced = word.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8().ok()?.into_owned();
    (!text.contains('\0')).then_some(text)
}

/// Splits a name at its brackets: `a[b][]` is `a` with the keys `b` and the empty one.
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
