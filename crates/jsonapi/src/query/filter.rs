//! `filter[...]`: conditions over declared names, and groups of them.
//!
//! `filter[name]=v`, `filter[name][op]=v`, lists with commas or `[]`, and nested groups
//! `filter[$op]=or&filter[0][name][op]=v`. What stands beside a group, or together in one member,
//! must hold together.

use std::collections::BTreeMap;

use super::Pair;
use crate::error::{Code, Error, cut};
use crate::resource::{self, ResourceType, Takes};
use crate::value::{Kind, Value};

/// How many levels groups may nest, the root being the first.
pub const MAX_NESTING: usize = 3;
/// How many values all filters together may name.
pub const MAX_VALUES: usize = 100;
/// How many characters a `contains` pattern may have.
pub const MAX_CONTAINS: usize = 100;

/// What a row must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter<F> {
    /// Every one of these; of none, nothing.
    All(Vec<Filter<F>>),
    /// At least one of these.
    Any(Vec<Filter<F>>),
    /// A comparison with one or more values, of which any may match (or none must).
    Compare {
        /// What is compared.
        field: F,
        /// How.
        operator: Operator,
        /// With what; never empty, and a single one for the order operators.
        values: Vec<Value>,
    },
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Is one of the values.
    Equal,
    /// Is none of the values.
    NotEqual,
    /// Contains one of the texts, ASCII case aside.
    Contains,
    /// Contains none of the texts, ASCII case aside.
    NotContain,
    /// Is more than the value.
    Greater,
    /// Is the value or more.
    GreaterOrEqual,
    /// Is less than the value.
    Less,
    /// Is the value or less.
    LessOrEqual,
}

impl Operator {
    const ALL: [(&'static str, Operator); 8] = [
        ("eq", Operator::Equal),
        ("not_eq", Operator::NotEqual),
        ("contains", Operator::Contains),
        ("not_contain", Operator::NotContain),
        ("gt", Operator::Greater),
        ("gt_eq", Operator::GreaterOrEqual),
        ("lt", Operator::Less),
        ("lt_eq", Operator::LessOrEqual),
    ];

    /// The operators that a filter of this kind takes, with their names.
    pub fn of(kind: Kind) -> impl Iterator<Item = (&'static str, Operator)> {
        Self::ALL.into_iter().filter(move |(_, operator)| match operator {
            _ if matches!(kind, Kind::Json(_)) => false,
            Operator::Equal | Operator::NotEqual => true,
            Operator::Contains | Operator::NotContain => matches!(kind, Kind::Text),
            _ => !matches!(kind, Kind::Text | Kind::Boolean | Kind::Enumeration(_)),
        })
    }

    /// Whether an empty value asks for null, where there may be one.
    pub fn takes_null(self) -> bool {
        matches!(self, Operator::Equal | Operator::NotEqual)
    }

    /// Whether it compares by order, with a single value.
    pub fn orders(self) -> bool {
        use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
        matches!(self, Greater | GreaterOrEqual | Less | LessOrEqual)
    }
}

impl<F> resource::Filter<F> {
    /// The operators that it takes, with their names.
    pub fn operators(&self) -> impl Iterator<Item = (&'static str, Operator)> + use<F> {
        let takes = self.takes;
        Operator::of(self.kind).filter(move |(_, operator)| match takes {
            Takes::All => true,
            Takes::Run => *operator != Operator::NotEqual,
            Takes::One => *operator == Operator::Equal,
        })
    }

    /// Whether it takes no more than one value with an operator.
    pub fn is_single(&self, operator: Operator) -> bool {
        operator.orders() || self.takes != Takes::All
    }
}

pub(super) fn parse<F: Copy>(
    pairs: &[&Pair],
    resource: &ResourceType<F>,
    errors: &mut Vec<Error>,
) -> Option<Filter<F>> {
    let words = pairs.iter().map(|pair| Word { pair, keys: pair.keys.as_deref().unwrap_or(&[]) });
    let mut reader = Reader { resource, errors, values: 0 };
    let filter = reader.group(words.collect(), 1);
    if reader.values > MAX_VALUES {
        let detail = format!("Filters name at most {MAX_VALUES} values");
        errors.push(Error::parameter(Code::UnsupportedFilterValue, "filter", detail));
    }
    if pairs.is_empty() { None } else { Some(filter) }
}

/// A parameter, and those of its keys that are still to be read.
struct Word<'q> {
    pair: &'q Pair,
    keys: &'q [String],
}

/// Where the values of one comparison stand.
#[derive(Default)]
struct Place<'q> {
    values: Vec<&'q str>,
    split: bool,
    pair: Option<&'q Pair>,
}

struct Reader<'r, F> {
    resource: &'r ResourceType<F>,
    errors: &'r mut Vec<Error>,
    values: usize,
}

impl<F: Copy> Reader<'_, F> {
    fn group(&mut self, words: Vec<Word<'_>>, level: usize) -> Filter<F> {
        let mut any = None;
        let mut members: BTreeMap<&str, Vec<Word<'_>>> = BTreeMap::new();
        let mut lists: BTreeMap<&[String], Place<'_>> = BTreeMap::new();
        let mut all = Vec::new();
        for Word { pair, keys } in words {
            match keys {
                [key] if key == "$op" => match pair.value.as_str() {
                    "and" if any.is_none() => any = Some(false),
                    "or" if any.is_none() => any = Some(true),
                    _ => self.value(pair, "must be 'and' or 'or', given once"),
                },
                [key, rest @ ..] if is_index(key) => {
                    if level == MAX_NESTING {
                        self.value(pair, &format!("nests deeper than {MAX_NESTING} levels"));
                    } else {
                        members.entry(key).or_default().push(Word { pair, keys: rest });
                    }
                }
                [keys @ .., last] if !keys.is_empty() && last.is_empty() => {
                    let place = lists.entry(keys).or_default();
                    place.values.push(&pair.value);
                    place.pair = Some(pair);
                }
                [] => self.unknown(pair, ""),
                keys => {
                    let place = Place { values: vec![&pair.value], split: true, pair: Some(pair) };
                    all.extend(self.comparison(keys, &place));
                }
            }
        }
        for (keys, place) in lists {
            all.extend(self.comparison(keys, &place));
        }
        let next = level.saturating_add(1);
        let members =
            members.into_values().map(|words| self.group(words, next)).collect::<Vec<_>>();
        match any {
            Some(true) if !members.is_empty() => all.push(Filter::Any(members)),
            _ => all.extend(members),
        }
        Filter::All(all)
    }

    fn comparison(&mut self, keys: &[String], place: &Place<'_>) -> Option<Filter<F>> {
        let (pair, name) = (place.pair?, keys.first()?);
        let Some(filter) = self.resource.filters.iter().find(|filter| filter.name == *name) else {
            self.unknown(pair, name);
            return None;
        };
        let operator = match keys {
            [_] => Some(Operator::Equal),
            [_, word] => filter.operators().find(|(name, _)| name == word).map(|(_, op)| op),
            _ => None,
        };
        let Some(operator) = operator else {
            let words: Vec<&str> = filter.operators().map(|(word, _)| word).collect();
            let asked = cut(keys.get(1).map_or("", String::as_str)).into_owned();
            let detail = format!("has no operator '{asked}'; it takes {}", words.join(", "));
            self.value(pair, &detail);
            return None;
        };
        let texts: Vec<&str> = if place.split {
            place.values.iter().flat_map(|value| value.split(',')).collect()
        } else {
            place.values.clone()
        };
        self.values = self.values.saturating_add(texts.len());
        if filter.is_single(operator) && texts.len() > 1 {
            let why = if operator.orders() { " with an order operator" } else { "" };
            self.value(pair, &format!("takes a single value{why}"));
            return None;
        }
        let mut values = Vec::with_capacity(texts.len());
        for text in texts {
            match read(filter, operator, text) {
                Ok(value) => values.push(value),
                Err(expected) if text.is_empty() => {
                    self.value(pair, &expected);
                    return None;
                }
                Err(expected) => {
                    self.value(pair, &format!("{expected}: '{}'", cut(text)));
                    return None;
                }
            }
        }
        Some(Filter::Compare { field: filter.field, operator, values })
    }

    fn unknown(&mut self, pair: &Pair, name: &str) {
        let detail = format!("Filter '{}' is not supported on this endpoint", cut(name));
        self.errors.push(Error::parameter(Code::UnsupportedFilter, &pair.name, detail));
    }

    fn value(&mut self, pair: &Pair, what: &str) {
        let detail = format!("'{}' {what}", cut(&pair.name));
        self.errors.push(Error::parameter(Code::UnsupportedFilterValue, &pair.name, detail));
    }
}

/// Group members are numbered.
fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

fn read<F>(
    filter: &resource::Filter<F>,
    operator: Operator,
    text: &str,
) -> Result<Value, std::borrow::Cow<'static, str>> {
    use Operator::{Contains, Equal, NotContain, NotEqual};
    match operator {
        Equal | NotEqual if text.is_empty() && filter.nullable => Ok(Value::Null),
        _ if text.is_empty() => Err("must not be empty".into()),
        Contains | NotContain if text.chars().count() > MAX_CONTAINS => {
            Err(format!("must be at most {MAX_CONTAINS} characters").into())
        }
        _ => filter.kind.read_text(text),
    }
}
