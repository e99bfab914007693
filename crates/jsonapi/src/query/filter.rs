//! `filter[...]`: conditions over declared names, and groups of conditions.
//!
//! A condition is `filter[name]=v` or `filter[name][op]=v`; several values are separated by commas
//! or given one by one with `[]`. Groups nest, as in `filter[$op]=or&filter[0][name][op]=v`.
//! Conditions beside a group, and those within one member of a group, must all hold.

use std::collections::BTreeMap;

use super::parameter::Parameter;
use crate::error::{Code, Error};
use crate::resource::{FilterKey, Operator, ResourceType};
use crate::text::{alternatives, cut};
use crate::value::Value;

/// The largest number of groups within one another. The parameters themselves are the first, so
/// that `filter[1][1][0][name]` stands in the third.
pub const MAX_NESTING: usize = 3;
/// The largest number of values in all filters together.
pub const MAX_VALUES: usize = 100;
/// The largest number of characters of a `contains` pattern.
pub const MAX_CONTAINS: usize = 100;

/// A condition that rows must satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter<F> {
    /// All of these conditions hold. An empty list holds for every row.
    All(Vec<Filter<F>>),
    /// At least one of these conditions holds.
    Any(Vec<Filter<F>>),
    /// A comparison with one or more values, any of which may match, or none of which may for the
    /// negative operators.
    Compare {
        /// The field that is compared.
        field: F,
        /// The kind of comparison.
        operator: Operator,
        /// The values; never empty, and a single one for operators that compare by order.
        values: Vec<Value>,
    },
}

pub(super) fn parse<F: Copy>(
    pairs: &[&Parameter],
    resource: &ResourceType<F>,
    errors: &mut Vec<Error>,
) -> Option<Filter<F>> {
    let conditions = pairs
        .iter()
        .map(|pair| Condition { parameter: pair, keys: pair.keys.as_deref().unwrap_or(&[]) });
    let mut reader = Reader { resource, errors, values: 0 };
    let filter = reader.group(conditions.collect(), 1);
    if reader.values > MAX_VALUES {
        let detail = format!("Filters may name at most {MAX_VALUES} values, not {}", reader.values);
        errors.push(Error::parameter(Code::UnsupportedFilterValue, "filter", detail));
    }
    if pairs.is_empty() { None } else { Some(filter) }
}

/// A parameter, and those of its keys that are not read yet.
struct Condition<'q> {
    parameter: &'q Parameter,
    keys: &'q [String],
}

/// The texts that one comparison names, and the parameter that names them.
struct Operands<'q> {
    parameter: &'q Parameter,
    texts: Vec<&'q str>,
}

struct Reader<'r, F> {
    resource: &'r ResourceType<F>,
    errors: &'r mut Vec<Error>,
    values: usize,
}

impl<F: Copy> Reader<'_, F> {
    fn group(&mut self, conditions: Vec<Condition<'_>>, level: usize) -> Filter<F> {
        let mut any = false;
        let mut members: BTreeMap<&str, Vec<Condition<'_>>> = BTreeMap::new();
        let mut lists: BTreeMap<&[String], Operands<'_>> = BTreeMap::new();
        let mut all = Vec::new();
        for Condition { parameter, keys } in conditions {
            match keys {
                // A member of the innermost group has conditions, and is no group itself.
                [key, ..] if level > MAX_NESTING && (key == "$op" || is_index(key)) => {
                    self.value(parameter, &format!("nests deeper than {MAX_NESTING} levels"));
                }
                [key] if key == "$op" => match parameter.value.as_str() {
                    "and" => any = false,
                    "or" => any = true,
                    other => {
                        let fault = format!("must be 'and' or 'or', not '{}'", cut(other));
                        self.value(parameter, &fault);
                    }
                },
                [key, rest @ ..] if is_index(key) => {
                    members.entry(key).or_default().push(Condition { parameter, keys: rest });
                }
                [keys @ .., last] if !keys.is_empty() && last.is_empty() => {
                    let list =
                        lists.entry(keys).or_insert(Operands { parameter, texts: Vec::new() });
                    list.texts.push(&parameter.value);
                }
                [] => self.nameless(parameter),
                keys => {
                    let texts = parameter.value.split(',').collect();
                    all.extend(self.comparison(keys, Operands { parameter, texts }));
                }
            }
        }
        for (keys, operands) in lists {
            all.extend(self.comparison(keys, operands));
        }
        let next = level.saturating_add(1);
        let members =
            members.into_values().map(|inner| self.group(inner, next)).collect::<Vec<_>>();
        if any && !members.is_empty() {
            all.push(Filter::Any(members));
        } else {
            all.extend(members);
        }
        Filter::All(all)
    }

    fn comparison(&mut self, keys: &[String], operands: Operands<'_>) -> Option<Filter<F>> {
        let Operands { parameter, texts } = operands;
        let name = keys.first()?;
        let resource = self.resource;
        let Some(key) = resource.filters.iter().find(|filter| filter.name == *name) else {
            self.unknown(parameter, name);
            return None;
        };
        let operator = self.operator(keys, key, parameter)?;
        self.values = self.values.saturating_add(texts.len());
        if key.is_single(operator) && texts.len() > 1 {
            let why = if operator.orders() { " with an order operator" } else { "" };
            let count = texts.len();
            self.value(parameter, &format!("takes a single value{why}, not {count}"));
            return None;
        }
        let mut values = Vec::with_capacity(texts.len());
        for text in texts {
            match read(key, operator, text) {
                Ok(value) => values.push(value),
                Err(expected) if text.is_empty() => {
                    self.value(parameter, &expected);
                    return None;
                }
                Err(expected) => {
                    self.value(parameter, &format!("{expected}: '{}'", cut(text)));
                    return None;
                }
            }
        }
        Some(Filter::Compare { field: key.field, operator, values })
    }

    /// Reads the operator after the name of the filter.
    fn operator(
        &mut self,
        keys: &[String],
        key: &FilterKey<F>,
        parameter: &Parameter,
    ) -> Option<Operator> {
        let operator = match keys {
            [_] => Some(Operator::Equal),
            [_, word] => key.operators().find(|(name, _)| name == word).map(|(_, op)| op),
            _ => None,
        };
        if operator.is_some() {
            return operator;
        }
        let mut detail = if keys.len() > 2 {
            "must have at most a name and an operator in brackets".to_owned()
        } else {
            let words: Vec<&str> = key.operators().map(|(word, _)| word).collect();
            let word = cut(keys.get(1).map_or("", String::as_str));
            format!("has no operator '{word}'; it takes {}", words.join(", "))
        };
        // Some libraries number the values of a list.
        if let [names @ .., last] = keys
            && is_index(last)
        {
            let name: String = names.iter().map(|name| format!("[{name}]")).collect();
            detail.push_str(&format!(
                "; several values are 'filter{0}=a,b', or 'filter{0}[]=a' and 'filter{0}[]=b'",
                cut(&name)
            ));
        }
        self.value(parameter, &detail);
        None
    }

    /// Refuses the number of a member of a group that names no filter.
    fn nameless(&mut self, pair: &Parameter) {
        let name = cut(&pair.name);
        let detail =
            format!("'{name}' names no filter; a member of a group is '{name}[name]=value'");
        self.errors.push(Error::parameter(Code::UnsupportedFilter, &pair.name, detail));
    }

    fn unknown(&mut self, pair: &Parameter, name: &str) {
        let known = self.resource.filters.iter().map(|key| key.name.as_str());
        let known = alternatives(name, known);
        let detail = format!("Filter '{}' is not supported on this endpoint; {known}", cut(name));
        self.errors.push(Error::parameter(Code::UnsupportedFilter, &pair.name, detail));
    }

    fn value(&mut self, pair: &Parameter, what: &str) {
        let detail = format!("'{}' {what}", cut(&pair.name));
        self.errors.push(Error::parameter(Code::UnsupportedFilterValue, &pair.name, detail));
    }
}

/// Whether a key is the number of a group's member.
fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

fn read<F>(
    filter: &FilterKey<F>,
    operator: Operator,
    text: &str,
) -> Result<Value, std::borrow::Cow<'static, str>> {
    use Operator::{Contains, Equal, NotContain, NotEqual};
    match operator {
        Equal | NotEqual if text.is_empty() && filter.nullable => Ok(Value::Null),
        _ if text.is_empty() => Err("must not be empty".into()),
        Contains | NotContain if text.chars().count() > MAX_CONTAINS => {
            Err(format!("must have at most {MAX_CONTAINS} characters").into())
        }
        _ => filter.kind.read_text(text),
    }
}
