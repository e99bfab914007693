//! `filter[...]`: its grammar, its operators and its limits.

use apportion_jsonapi::query::{Allowed, Filter, Operator, QueryOptions};
use apportion_jsonapi::{Code, Kind, Query, Value};

use crate::library::{Field, books, registry};

/// Reads the filter of a query and spells it as an expression, or returns the codes of its faults.
fn read(query: &str) -> Result<String, Vec<String>> {
    let registry = registry();
    let parsed = Query::parse(
        query,
        &registry,
        books().resource(),
        &QueryOptions { allowed: Allowed::Collection, foreign: &[], walks: false, linkage: None },
    );
    match parsed {
        Ok(query) => Ok(query.filter.as_ref().map_or_else(|| "-".to_owned(), spell)),
        Err(errors) => Err(errors.iter().map(|error| error.code.as_str().to_owned()).collect()),
    }
}

fn spell(filter: &Filter<Field>) -> String {
    let join = |members: &[Filter<Field>], word: &str| match members {
        [one] => spell(one),
        several => format!("({})", several.iter().map(spell).collect::<Vec<_>>().join(word)),
    };
    match filter {
        Filter::All(members) => join(members, " and "),
        Filter::Any(members) => join(members, " or "),
        Filter::Compare { field, operator, values } => {
            let values: Vec<String> = values.iter().map(value).collect();
            format!("{field} {operator:?} {}", values.join("|"))
        }
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Text(value) => format!("'{value}'"),
        Value::Date(value) => value.to_string(),
        Value::Instant(value) => value.and_utc().to_rfc3339(),
    }
}

#[track_caller]
fn check(query: &str, expected: &str) {
    assert_eq!(read(query).as_deref(), Ok(expected), "{query}");
}

#[track_caller]
fn refused(query: &str, code: Code) {
    assert_eq!(read(query), Err(vec![code.as_str().to_owned()]), "{query}");
}

#[test]
fn spellings() {
    check("", "-");
    check("filter[title]=x", "title Equal 'x'");
    check("filter%5Btitle%5D=x", "title Equal 'x'");
    check("filter[title][eq]=x", "title Equal 'x'");
    check("filter[title]=a+b%2Bc", "title Equal 'a b+c'");
    check("filter[title][contains]=a,b", "title Contains 'a'|'b'");
    check("filter[title][not_contain]=a", "title NotContain 'a'");
    check("filter[id]=1,2,3", "id Equal 1|2|3");
    check("filter[id]=1%2C2", "id Equal 1|2");
    check("filter[id][]=1&filter[id][]=2", "id Equal 1|2");
    check("filter[id][not_eq][]=1&filter[id][not_eq][]=2", "id NotEqual 1|2");
    check("filter[title][]=a,b&filter[title][]=c", "title Equal 'a,b'|'c'");
    check("filter[price][gt]=1.5", "price Greater 150");
    check(
        "filter[price][gt]=1&filter[price][lt_eq]=2",
        "(price Greater 100 and price LessOrEqual 200)",
    );
    check("filter[printed_on]=2025-01-31", "printed_on Equal 2025-01-31");
    check("filter[printed_on]=", "printed_on Equal null");
    check("filter[printed_on]=,2025-01-31", "printed_on Equal null|2025-01-31");
    check("filter[made_at][gt_eq]=2025-01-31", "made_at GreaterOrEqual 2025-01-31");
    check("filter[lent]=true", "lent Equal true");
    check("filter[binding][not_eq]=soft", "binding NotEqual 'soft'");
    check("filter[author_id]=7", "author_id Equal 7");
    check("filter[author.name][contains]=x", "author.name Contains 'x'");
}

#[test]
fn groups() {
    check("filter[$op]=or&filter[0][id]=1&filter[1][id]=2", "(id Equal 1 or id Equal 2)");
    check("filter[%24op]=or&filter[0][id]=1&filter[1][id]=2", "(id Equal 1 or id Equal 2)");
    check("filter[0][id]=1&filter[1][id]=2", "(id Equal 1 and id Equal 2)");
    check(
        "filter[$op]=or&filter[0][id]=1&filter[0][title]=x&filter[1][id]=2",
        "((id Equal 1 and title Equal 'x') or id Equal 2)",
    );
    check(
        "filter[lent]=true&filter[$op]=or&filter[0][id]=1&filter[1][id]=2",
        "(lent Equal true and (id Equal 1 or id Equal 2))",
    );
    check(
        "filter[$op]=or&filter[0][id]=1&filter[1][$op]=and&filter[1][0][id][gt]=2&filter[1][1][id][lt]=5",
        "(id Equal 1 or (id Greater 2 and id Less 5))",
    );
    // The parameters are the first group, the members 0 and 1 the second, those of 1 the third.
    check("filter[0][0][0][id]=1", "id Equal 1");
    check(
        "filter[$op]=or&filter[0][id]=1&filter[1][$op]=and&filter[1][0][id][gt]=2\
         &filter[1][1][$op]=or&filter[1][1][0][id][lt]=5&filter[1][1][0][lent]=true\
         &filter[1][1][1][id]=9",
        "(id Equal 1 or (id Greater 2 and ((id Less 5 and lent Equal true) or id Equal 9)))",
    );
    for fourth in ["filter[0][0][0][0][id]=1", "filter[0][0][0][$op]=or", "filter[0][0][0][0]=1"] {
        refused(fourth, Code::UnsupportedFilterValue);
    }
    refused("filter[$op]=xor&filter[0][id]=1", Code::UnsupportedFilterValue);
    refused("filter[0]=1", Code::UnsupportedFilter);
}

#[test]
fn refusals() {
    refused("filter[bogus]=1", Code::UnsupportedFilter);
    refused("filter[title][like]=1", Code::UnsupportedFilterValue);
    refused("filter[title][gt]=1", Code::UnsupportedFilterValue);
    refused("filter[id][contains]=1", Code::UnsupportedFilterValue);
    refused("filter[lent][gt]=true", Code::UnsupportedFilterValue);
    refused("filter[lent]=yes", Code::UnsupportedFilterValue);
    refused("filter[binding]=paper", Code::UnsupportedFilterValue);
    refused("filter[title]=", Code::UnsupportedFilterValue);
    refused("filter[id]=", Code::UnsupportedFilterValue);
    refused("filter[id]=x", Code::UnsupportedFilterValue);
    refused("filter[id]=1e3", Code::UnsupportedFilterValue);
    refused("filter[id]=-0", Code::UnsupportedFilterValue);
    refused("filter[author_id]=1,-0", Code::UnsupportedFilterValue);
    refused("filter[id]=9223372036854775808", Code::UnsupportedFilterValue);
    refused("filter[id][gt]=1,2", Code::UnsupportedFilterValue);
    refused("filter[id][gt]=", Code::UnsupportedFilterValue);
    refused("filter[price]=NaN", Code::UnsupportedFilterValue);
    refused("filter[printed_on]=2025-02-30", Code::UnsupportedFilterValue);
    refused("filter[printed_on]=2025-2-3", Code::UnsupportedFilterValue);
    refused("filter[printed_on]=20250203", Code::UnsupportedFilterValue);
    refused("filter=1", Code::UnsupportedParameter);
    refused("filter[id=1", Code::UnsupportedParameter);
    refused("filter]id[=1", Code::UnsupportedParameter);
    refused("filter[title][eq][x]=1", Code::UnsupportedFilterValue);
}

#[test]
fn instants() {
    for (text, expected) in [
        ("2025-03-01T12:00:00Z", "2025-03-01T12:00:00+00:00"),
        ("2025-03-01t12:00:00z", "2025-03-01T12:00:00+00:00"),
        ("2025-03-01T12:00:00%2B02:00", "2025-03-01T10:00:00+00:00"),
        ("2025-03-01T00:30:00.5%2B01:00", "2025-02-28T23:30:00.500+00:00"),
        ("2025-03-01T12:00:00-03:30", "2025-03-01T15:30:00+00:00"),
        ("2025-03-01T12:00:00-00:00", "2025-03-01T12:00:00+00:00"),
        // What is finer than a millisecond is cut off, as it is of instants that are stored.
        ("2025-03-01T12:00:00.1239999Z", "2025-03-01T12:00:00.123+00:00"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
    ] {
        check(&format!("filter[made_at][gt]={text}"), &format!("made_at Greater {expected}"));
    }
    check(
        "filter[made_at]=2025-03-01T12:00:00Z,2025-03-02,2025-03-02T00:00:00Z",
        "made_at Equal 2025-03-01T12:00:00+00:00|2025-03-02|2025-03-02T00:00:00+00:00",
    );
    for text in [
        "2025-03-01T12:00:00",
        "2025-03-01T12:00Z",
        "2025-03-01 12:00:00Z",
        "2025-03-01T12:00:00+02:00",
        "2025-03-01T24:00:00Z",
        "2025-03-01T12:00:00%2B24:00",
        "2025-02-29T12:00:00Z",
        "0000-01-01T00:00:00%2B00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
        "1740830400",
        "now",
    ] {
        refused(&format!("filter[made_at][gt]={text}"), Code::UnsupportedFilterValue);
    }
    refused("filter[printed_on]=2025-03-01T12:00:00Z", Code::UnsupportedFilterValue);
}

#[test]
fn no_parameter_is_given_twice() {
    for twice in [
        "filter[id]=1&filter[id]=2",
        "filter[id]=1&filter[id]=1",
        "filter[id]=1&filter%5Bid%5D=2",
        "filter[id][gt]=1&filter[%69d][gt]=2",
        "filter[id]=1&filter[id]=2&filter[id]=3",
        "filter[$op]=or&filter[%24op]=and&filter[0][id]=1",
        "filter[0][id]=1&filter[0][id]=2",
    ] {
        refused(twice, Code::UnsupportedParameter);
    }
    // These are two conditions, which both hold.
    check("filter[id]=1&filter[id][eq]=2", "(id Equal 1 and id Equal 2)");
    check("filter[id]=1&filter[id][]=2&filter[id][]=3", "(id Equal 1 and id Equal 2|3)");
    check("filter[0][id]=1&filter[00][id]=2", "(id Equal 1 and id Equal 2)");
}

#[test]
fn limits() {
    let values = |count: usize| vec!["1"; count].join(",");
    assert!(read(&format!("filter[id]={}", values(100))).is_ok());
    refused(&format!("filter[id]={}", values(101)), Code::UnsupportedFilterValue);
    assert!(read(&format!("filter[title][contains]={}", "ä".repeat(100))).is_ok());
    refused(&format!("filter[title][contains]={}", "ä".repeat(101)), Code::UnsupportedFilterValue);
}

#[test]
fn operators_follow_from_the_kind() {
    let words = |kind| Operator::for_kind(kind).map(|(word, _)| word).collect::<Vec<_>>().join(" ");
    assert_eq!(words(Kind::Text), "eq not_eq contains not_contain");
    for kind in [Kind::Integer, Kind::Id, Kind::Date, Kind::Instant] {
        assert_eq!(words(kind), "eq not_eq gt gt_eq lt lt_eq");
    }
    assert_eq!(words(Kind::Boolean), "eq not_eq");
    assert_eq!(words(Kind::Enumeration(&["a"])), "eq not_eq");
}

#[test]
fn a_filter_may_take_less() {
    use apportion_jsonapi::resource::{self, Takes};
    let takes = |takes| {
        let name = String::new();
        let filter =
            resource::FilterKey { name, kind: Kind::Date, nullable: false, takes, field: () };
        let word = |(word, operator): (&str, Operator)| {
            let several = if filter.is_single(operator) { "" } else { "s" };
            format!("{word}{several}")
        };
        filter.operators().map(word).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(takes(Takes::All), "eqs not_eqs gt gt_eq lt lt_eq");
    assert_eq!(takes(Takes::Range), "eq gt gt_eq lt lt_eq");
    assert_eq!(takes(Takes::One), "eq");
}
