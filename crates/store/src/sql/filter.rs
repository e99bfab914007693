//! Filters: the conditions that the rows of a list must meet, as a tree of tests of fields. Not
//! here: their SQL (`conditions`), and how clients spell them.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};

use crate::sql::field::{Field, FieldKind};

/// A value to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Null.
    Null,
    /// A value of a boolean field.
    Boolean(bool),
    /// A value of an integer field: a number, an id, fixed-point units.
    Integer(i64),
    /// A value of a text field.
    Text(String),
    /// A value of a date field, or the day of an instant field.
    Date(NaiveDate),
    /// A value of an instant field.
    Instant(NaiveDateTime),
}

/// A comparison of a field with one or more values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// The field is one of the values.
    Equal,
    /// The field is not one of the values. A null field meets this unless null is a value.
    NotEqual,
    /// The field contains one of the texts, regardless of ASCII case.
    Contains,
    /// The field contains none of the texts. A null field meets this.
    NotContain,
    /// The field is more than the value.
    Greater,
    /// The field is the value or more.
    GreaterOrEqual,
    /// The field is less than the value.
    Less,
    /// The field is the value or less.
    LessOrEqual,
}

/// A condition that rows must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every one of these holds.
    All(Vec<Filter>),
    /// At least one of these holds.
    Any(Vec<Filter>),
    /// A test of a field holds.
    Test(Field, Test),
}

/// A test that SQL can express.
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
    /// Returns the filter for rows whose field is one of these integers.
    pub fn among(field: Field, ids: &[i64]) -> Self {
        Filter::Test(field, Test::In(ids.iter().copied().map(Value::Integer).collect()))
    }

    /// Returns the filter for rows whose field compares like this with one or more values.
    pub fn compare(field: Field, comparison: Comparison, values: Vec<Value>) -> Self {
        use Comparison::{Contains, Equal, NotContain, NotEqual};
        if field.kind == FieldKind::Instant {
            let each = values.into_iter().map(|value| compare_instant(field, comparison, value));
            return match comparison {
                NotEqual => Filter::All(each.collect()),
                _ => Filter::Any(each.collect()),
            };
        }
        let (nulls, values): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|value| *value == Value::Null);
        let with_null = !nulls.is_empty();
        match comparison {
            Equal => equal(field, values, with_null),
            NotEqual => not_equal(field, values, with_null),
            Contains => {
                let like = |value| Filter::Test(field, Test::Like(pattern(value)));
                Filter::Any(values.into_iter().map(like).collect())
            }
            NotContain => {
                let not_like = |value| Filter::Test(field, Test::NotLike(pattern(value)));
                or_null(field, values.into_iter().map(not_like).collect())
            }
            order => {
                let ordered = |value| Filter::Test(field, order.test(value));
                Filter::All(values.into_iter().map(ordered).collect())
            }
        }
    }

    /// Returns the number of comparisons of texts within.
    pub(crate) fn comparisons(&self) -> usize {
        match self {
            Filter::All(members) | Filter::Any(members) => {
                members.iter().map(Filter::comparisons).fold(0, usize::saturating_add)
            }
            Filter::Test(_, test) => usize::from(matches!(test, Test::Like(_) | Test::NotLike(_))),
        }
    }

    /// Whether the rows that meet the filter are found by an id, so that others are not compared.
    pub(crate) fn is_found_by_id(&self) -> bool {
        match self {
            Filter::All(members) => members.iter().any(Filter::is_found_by_id),
            Filter::Any(members) => {
                !members.is_empty() && members.iter().all(Filter::is_found_by_id)
            }
            Filter::Test(field, test) => {
                field.kind == FieldKind::Integer && matches!(test, Test::In(_))
            }
        }
    }

    /// Whether a row meets the filter, given the values of its fields: the answer that SQL would
    /// give, if only integers, dates, instants and texts are compared by their order.
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
            (Value::Instant(a), Value::Instant(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// Whether a text contains the text from which [`pattern`] made a pattern.
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

/// Returns the filter for rows whose field is one of the values, or null if that is among them.
fn equal(field: Field, values: Vec<Value>, with_null: bool) -> Filter {
    let mut tests = Vec::new();
    if !values.is_empty() {
        tests.push(Filter::Test(field, Test::In(values)));
    }
    if with_null {
        tests.push(Filter::Test(field, Test::Null));
    }
    Filter::Any(tests)
}

/// Returns the filter for rows whose field is not one of the values, and not null if that is among
/// them.
fn not_equal(field: Field, values: Vec<Value>, with_null: bool) -> Filter {
    let mut tests = Vec::new();
    if with_null {
        tests.push(Filter::Test(field, Test::NotNull));
    }
    if !values.is_empty() {
        tests.push(Filter::Test(field, Test::NotIn(values)));
    }
    if with_null { Filter::All(tests) } else { or_null(field, tests) }
}

/// Returns the filter for rows that pass all tests, or whose field is null if it may be.
fn or_null(field: Field, tests: Vec<Filter>) -> Filter {
    let all = Filter::All(tests);
    if field.nullable { Filter::Any(vec![all, Filter::Test(field, Test::Null)]) } else { all }
}

/// The last year that dates are written with.
const MAX_YEAR: i32 = 9999;

/// Returns the filter for rows whose instant compares like this with an instant, a day or null.
fn compare_instant(field: Field, comparison: Comparison, value: Value) -> Filter {
    match value {
        Value::Date(day) => compare_day(field, comparison, day),
        Value::Instant(_) => match comparison {
            Comparison::Equal => equal(field, vec![value], false),
            Comparison::NotEqual => not_equal(field, vec![value], false),
            order => Filter::Test(field, order.test(value)),
        },
        _ if comparison == Comparison::NotEqual => Filter::Test(field, Test::NotNull),
        _ => Filter::Test(field, Test::Null),
    }
}

/// Returns the filter for rows whose instant compares like this with a day, which is the range
/// `[midnight, next midnight)`.
fn compare_day(field: Field, comparison: Comparison, day: NaiveDate) -> Filter {
    let (from, until) = instants_of(day);
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

/// Returns the first instant of a day, and the first one after it.
fn instants_of(day: NaiveDate) -> (Value, Value) {
    let midnight = |day: NaiveDate| Value::Instant(day.and_time(chrono::NaiveTime::MIN));
    let next = day.checked_add_days(Days::new(1)).filter(|next| next.year() <= MAX_YEAR);
    // SQLite compares instants as texts, and a year of five digits would come before all others:
    // the last day ends with its last microsecond, which no instant in milliseconds reaches.
    let last = || Value::Instant(day.and_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default());
    (midnight(day), next.map_or_else(last, midnight))
}

/// Returns the pattern of `LIKE` for texts that contain this one. Only ASCII is folded, because
/// that is all that both databases fold in these columns.
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
