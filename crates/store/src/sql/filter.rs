//! Filters: what the rows of a list must meet, over fields and values. Not here: the SQL of it
//! (`conditions`), and how clients spell it.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};

use crate::sql::field::{Field, FieldKind};

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Null.
    Null,
    /// For booleans.
    Boolean(bool),
    /// For integers and fixed-point units.
    Integer(i64),
    /// For texts.
    Text(String),
    /// For dates, and for instants by their date.
    Date(NaiveDate),
    /// For instants.
    Instant(NaiveDateTime),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Is one of the values.
    Equal,
    /// Is none of the values; null is none of them.
    NotEqual,
    /// Contains one of the texts, ASCII case aside.
    Contains,
    /// Contains none of the texts; null contains none.
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

/// What rows must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every one of these.
    All(Vec<Filter>),
    /// At least one of these.
    Any(Vec<Filter>),
    /// One test of one field.
    Test(Field, Test),
}

/// A test that SQL has words for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `IN`
    In(Vec<Value>),
    /// `NOT IN`
    NotIn(Vec<Value>),
    /// `IS NULL`
    Null,
    /// `IS NOT NULL`
    NotNull,
    /// `LIKE`, with an escaped pattern in ASCII lower case.
    Like(String),
    /// `NOT LIKE`
    NotLike(String),
    /// `<`, `<=`, `>`, `>=`
    Order(&'static str, Value),
}

impl Filter {
    /// Rows whose field is one of these integers.
    pub fn among(field: Field, ids: &[i64]) -> Self {
        Filter::Test(field, Test::In(ids.iter().copied().map(Value::Integer).collect()))
    }

    /// A comparison with one or more values.
    pub fn compare(field: Field, comparison: Comparison, values: Vec<Value>) -> Self {
        use Comparison::{Contains, Equal, NotContain, NotEqual};
        if field.kind == FieldKind::Instant {
            let days = values.into_iter().map(|value| instant(field, comparison, value));
            return if comparison == NotEqual {
                Filter::All(days.collect())
            } else {
                Filter::Any(days.collect())
            };
        }
        let (nulls, values): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|value| *value == Value::Null);
        let null = (!nulls.is_empty()).then_some(());
        match comparison {
            Equal => {
                let some = (!values.is_empty()).then_some(Filter::Test(field, Test::In(values)));
                let null = null.map(|()| Filter::Test(field, Test::Null));
                Filter::Any(some.into_iter().chain(null).collect())
            }
            NotEqual => {
                let other =
                    (!values.is_empty()).then_some(Filter::Test(field, Test::NotIn(values)));
                match (null, other) {
                    (Some(()), other) => {
                        let present = Filter::Test(field, Test::NotNull);
                        Filter::All(std::iter::once(present).chain(other).collect())
                    }
                    (None, other) => or_null(field, other.into_iter().collect()),
                }
            }
            Contains => {
                let tests = values.into_iter().map(|v| Filter::Test(field, Test::Like(pattern(v))));
                Filter::Any(tests.collect())
            }
            NotContain => {
                let tests =
                    values.into_iter().map(|v| Filter::Test(field, Test::NotLike(pattern(v))));
                or_null(field, tests.collect())
            }
            order => {
                let tests = values.into_iter();
                Filter::All(tests.map(|v| Filter::Test(field, order.test(v))).collect())
            }
        }
    }
}

impl Filter {
    /// Whether a row meets the filter, by the values of its fields: as SQL would have it, and for
    /// fields that are no texts.
    pub fn is_met(&self, value: &impl Fn(Field) -> Value) -> bool {
        match self {
            Filter::All(members) => members.iter().all(|member| member.is_met(value)),
            Filter::Any(members) => members.iter().any(|member| member.is_met(value)),
            Filter::Test(field, test) => test.is_met(&value(*field)),
        }
    }
}

impl Test {
    fn is_met(&self, value: &Value) -> bool {
        let is_null = *value == Value::Null;
        match self {
            Test::Null => is_null,
            Test::NotNull => !is_null,
            _ if is_null => false,
            Test::In(values) => values.contains(value),
            Test::NotIn(values) => !values.contains(value),
            Test::Like(pattern) => contains(value, pattern),
            Test::NotLike(pattern) => !contains(value, pattern),
            Test::Order(sign, bound) => value.compare(bound).is_some_and(|order| match *sign {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }),
        }
    }
}

impl Value {
    fn compare(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Whether a text contains what a pattern of `LIKE` asks for.
fn contains(value: &Value, pattern: &str) -> bool {
    let Value::Text(text) = value else { return false };
    let inner = pattern.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    let mut plain = String::with_capacity(pattern.len());
    let mut escaped = false;
    for character in inner.unwrap_or(pattern).chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(character);
            escaped = false;
        }
    }
    text.to_ascii_lowercase().contains(&plain)
}

impl Comparison {
    fn test(self, value: Value) -> Test {
        let sign = match self {
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
            Comparison::Less => "<",
            _ => "<=",
        };
        Test::Order(sign, value)
    }
}

/// The tests together, or null where the field may be.
fn or_null(field: Field, tests: Vec<Filter>) -> Filter {
    let all = Filter::All(tests);
    if field.nullable { Filter::Any(vec![all, Filter::Test(field, Test::Null)]) } else { all }
}

/// The last year that dates are written with.
const MAX_YEAR: i32 = 9999;

/// A day as a range of instants, `[midnight, next midnight)`.
fn instant(field: Field, comparison: Comparison, value: Value) -> Filter {
    let Value::Date(day) = value else {
        let null = if comparison == Comparison::NotEqual { Test::NotNull } else { Test::Null };
        return Filter::Test(field, null);
    };
    let at = |day: NaiveDate| Value::Instant(day.and_time(chrono::NaiveTime::MIN));
    // SQLite compares instants as texts, and a year of five digits would come before all others:
    // the last day ends with its last microsecond, which no instant in milliseconds reaches.
    let next = day.checked_add_days(Days::new(1)).filter(|next| next.year() <= MAX_YEAR);
    let end = || Value::Instant(day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default());
    let (from, until) = (at(day), next.map_or_else(end, at));
    let test = |sign, value| Filter::Test(field, Test::Order(sign, value));
    match comparison {
        Comparison::NotEqual => {
            let others = Filter::Any(vec![test("<", from), test(">=", until)]);
            or_null(field, vec![others])
        }
        Comparison::Greater => test(">=", until),
        Comparison::GreaterOrEqual => test(">=", from),
        Comparison::Less => test("<", from),
        Comparison::LessOrEqual => test("<", until),
        _ => Filter::All(vec![test(">=", from), test("<", until)]),
    }
}

/// A pattern for a text anywhere; both databases fold only ASCII on these columns.
fn pattern(value: Value) -> String {
    let Value::Text(text) = value else { return String::new() };
    let mut pattern = String::with_capacity(text.len().saturating_add(2));
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}
