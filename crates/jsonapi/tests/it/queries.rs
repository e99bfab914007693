//! Sorts, pages, includes, fieldsets and unknown parameters.

use apportion_jsonapi::query::{Allowed, Page, QueryOptions};
use apportion_jsonapi::{Query, Source};
use proptest::prelude::*;

use crate::library::{Field, books, registry};

fn parse(query: &str, allowed: Allowed) -> Result<Query<Field>, Vec<String>> {
    let registry = registry();
    let books = books();
    Query::parse(
        query,
        &registry,
        books.resource(),
        &QueryOptions { allowed, foreign: &["Mine"], walks: false, linkage: None },
    )
    .map_err(|errors| {
        let place = |error: &apportion_jsonapi::Error| match &error.source {
            Some(Source::Parameter(name)) => format!("{} {name}", error.code.as_str()),
            _ => error.code.as_str().to_owned(),
        };
        errors.iter().map(place).collect()
    })
}

#[track_caller]
fn sorted(query: &str, expected: &[(&str, bool)]) {
    let query = parse(query, Allowed::Collection).unwrap();
    let sorts: Vec<_> = query.sorts.iter().map(|sort| (sort.field, sort.descending)).collect();
    assert_eq!(sorts, expected);
}

#[track_caller]
fn refused(query: &str, expected: &[&str]) {
    assert_eq!(parse(query, Allowed::Collection).map(|_| ()), Err(strings(expected)), "{query}");
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn sorts() {
    sorted("", &[("id", false)]);
    sorted("sort=", &[("id", false)]);
    sorted("sort=title", &[("title", false), ("id", false)]);
    sorted("sort=-title", &[("title", true), ("id", true)]);
    sorted("sort=-title,price", &[("title", true), ("price", false), ("id", false)]);
    sorted("sort=title%2C-id", &[("title", false), ("id", true)]);
    sorted("sort=author,-author_id", &[("author.name", false), ("author_id", true), ("id", true)]);
    sorted("sort=title,-title", &[("title", false), ("id", false)]);
    refused("sort=bogus,-nothing", &["unsupported_sort sort", "unsupported_sort sort"]);
    refused("sort=--title", &["unsupported_sort sort"]);
    refused("sort=title,,id", &["unsupported_sort sort"]);
    refused("sort=id,title,price,lent,binding,made_at", &["unsupported_sort sort"]);
    refused("sort=id&sort=title", &["unsupported_parameter sort"]);
}

#[test]
fn pages() {
    let page = |query| match parse(query, Allowed::Collection).unwrap().page {
        Page::Numbered(page) => page,
        Page::Walk(walk) => panic!("{walk:?}"),
    };
    assert_eq!((page("").number, page("").size), (1, 30));
    let third = page("page[number]=3&page%5Bsize%5D=50");
    assert_eq!((third.number, third.size, third.offset()), (3, 50, 100));
    assert_eq!((third.last(0), third.last(1), third.last(50), third.last(51)), (1, 1, 1, 2));
    for bad in ["0", "-1", "x", "", "1.0", "+1", "9223372036854775808"] {
        refused(&format!("page[number]={bad}"), &["invalid_page page[number]"]);
        refused(&format!("page[size]={bad}"), &["invalid_page page[size]"]);
    }
    assert_eq!(page("page[size]=200").size, 200);
    refused("page[size]=201", &["invalid_page page[size]"]);
    refused("page[number]=9223372036854775807", &["invalid_page page[number]"]);
    refused("page[number]=1&page[number]=2", &["unsupported_parameter page[number]"]);
    refused("page=2", &["unsupported_parameter page"]);
    refused("page[limit]=2", &["unsupported_parameter page[limit]"]);
}

#[test]
fn includes() {
    let paths = |query: &str| parse(query, Allowed::Collection).unwrap().include;
    assert_eq!(paths(""), None);
    assert_eq!(paths("include="), Some(Vec::new()));
    let tree = paths("include=author,author.books,author.books.author").unwrap();
    assert_eq!((tree.len(), tree[0].children.len(), tree[0].children[0].children.len()), (1, 1, 1));
    refused("include=bogus,author.bogus", &["unsupported_include include"; 2]);
    refused("include=author.books.author.books", &["unsupported_include include"]);
    refused("include=author.", &["unsupported_include include"]);
    refused(&format!("include={}", ["author"; 11].join(",")), &["unsupported_include include"]);
}

/// Returns the codes of the faults in a query, with their names in the cursor profile.
fn faults(query: &str) -> Vec<(&'static str, &'static str)> {
    let asked =
        QueryOptions { allowed: Allowed::Collection, foreign: &[], walks: false, linkage: None };
    let parsed = Query::parse(query, &registry(), books().resource(), &asked);
    let errors = parsed.err().unwrap_or_default();
    errors
        .iter()
        .map(|it| (it.code.as_str(), it.profile.as_ref().map_or("", |profile| profile.kind)))
        .collect()
}

#[test]
fn sizes_beyond_the_largest() {
    let exceeded = vec![("invalid_page", "max-size-exceeded")];
    for size in ["201", "9223372036854775807", "9223372036854775808", &"9".repeat(100)] {
        assert_eq!(faults(&format!("page[after]=&page[size]={size}")), exceeded, "{size}");
        let numbered = vec![("invalid_page", "")];
        assert_eq!(faults(&format!("page[size]={size}")), numbered, "{size}");
    }
    for size in ["0", &"0".repeat(100), "-9223372036854775809", "9e99", ""] {
        let bad = vec![("invalid_page", "")];
        assert_eq!(faults(&format!("page[after]=&page[size]={size}")), bad, "{size}");
    }
}

#[test]
fn fieldsets() {
    let shape = |query: &str, at| {
        let query = parse(query, Allowed::Collection).unwrap();
        let shape = query.fields.shape(at);
        (shape.attributes.clone(), shape.relationships.clone())
    };
    assert_eq!(shape("", 0), (vec![0, 1, 2, 3, 4, 5], vec![0]));
    assert_eq!(shape("fields[books]=made_at,title,title,author", 0), (vec![0, 6], vec![0]));
    assert_eq!(shape("fields[books]=", 0), (vec![], vec![]));
    assert_eq!(shape("fields[books]=title", 1), (vec![0], vec![0]));
    refused("fields[books]=bogus", &["unsupported_field fields[books]"]);
    refused("fields[bogus]=title", &["unsupported_field fields[bogus]"]);
    refused("fields=title", &["unsupported_parameter fields"]);
    refused("fields[books]=title&fields[books]=price", &["unsupported_parameter fields[books]"]);
}

#[test]
fn parameters() {
    assert!(parse("Mine=1", Allowed::Collection).is_ok());
    refused("bogus=1", &["unsupported_parameter bogus"]);
    refused("FILTER[id]=1", &["unsupported_parameter FILTER[id]"]);
    refused("a=%FF", &["unsupported_parameter a"]);
    refused("a=%00", &["unsupported_parameter a"]);
    let single = |query| parse(query, Allowed::Single).map(|_| ());
    assert_eq!(single("page[size]=5&include=author&fields[books]=title"), Ok(()));
    assert_eq!(single("sort=id"), Err(strings(&["unsupported_parameter sort"])));
    assert_eq!(single("filter[id]=1"), Err(strings(&["unsupported_parameter filter[id]"])));
    let many = |count: usize| vec!["Mine=1"; count].join("&");
    assert!(parse(&many(64), Allowed::Collection).is_ok());
    refused(&many(65), &["bad_request"]);
}

#[test]
fn all_faults_at_once() {
    refused(
        "sort=x&filter[y]=1&page[size]=0&include=z&fields[q]=1&bla",
        &[
            "unsupported_parameter bla",
            "unsupported_filter filter[y]",
            "unsupported_sort sort",
            "invalid_page page[size]",
            "unsupported_include include",
            "unsupported_field fields[q]",
        ],
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(apportion_testing::rounds(5000)).unwrap(),
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn nothing_panics(query in "\\PC{0,200}") {
        let _ = parse(&query, Allowed::Collection);
    }

    #[test]
    fn nothing_like_a_filter_panics(query in "(filter(\\[[a-z0-9$_]{0,5}\\]){0,5}=[a-z0-9,.%-]{0,10}&?){0,8}") {
        let _ = parse(&query, Allowed::Collection);
    }
}
