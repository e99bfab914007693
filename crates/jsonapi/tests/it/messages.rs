//! The sentences of errors: what is wrong, with which value, and what would be right.

use apportion_jsonapi::input::{Action, Input};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::media::{check_accept, check_content_type};
use apportion_jsonapi::query::{Allowed, QueryOptions};
use apportion_jsonapi::{Error, Query, operations};

use crate::library::{books, registry};

fn details(errors: Vec<Error>) -> Vec<String> {
    errors.into_iter().map(|error| error.detail.into_owned()).collect()
}

#[track_caller]
fn query(text: &str, expected: &str) {
    let allowed = Allowed::Collection;
    let options = QueryOptions { allowed, foreign: &["mine"], walks: false, linkage: None };
    let parsed = Query::parse(text, &registry(), books().resource(), &options);
    assert_eq!(parsed.map(|_| ()).map_err(details), Err(vec![expected.to_owned()]), "{text}");
}

/// Checks the only fault of a resource object with these members.
#[track_caller]
fn resource(members: &str, expected: &str) {
    let body = format!(r#"{{"data":{{{members}}}}}"#);
    let read = Input::read(body.as_bytes(), books().resource(), Action::Create);
    let errors = read.map_or_else(|errors| errors, |input| input.errors);
    assert_eq!(details(errors), [expected], "{body}");
}

#[track_caller]
fn operation(document: &str, expected: &str) {
    let json = Json::parse(document.as_bytes()).unwrap();
    assert_eq!(operations::read(&json).map_err(details), Err(vec![expected.to_owned()]));
}

#[test]
fn unknown_names() {
    const KEYS: &str =
        "id, title, price, printed_on, binding, lent, made_at, author_id, author.name";
    query(
        "filter[date]=1",
        &format!("Filter 'date' is not supported on this endpoint; use one of: {KEYS}"),
    );
    let sorts = "id, title, price, printed_on, binding, lent, made_at, author_id, author";
    query(
        "sort=date",
        &format!("Sort 'date' is not supported on this endpoint; use one of: {sorts}"),
    );
    query(
        "include=author.book",
        "Include 'author.book' is not supported on this endpoint: authors have no relationship \
         'book' to include; use one of: books",
    );
    query("fields[book]=title", "There is no type 'book'; use one of: books, authors");
    query("fields[authors]=age", "Type 'authors' has no field 'age'; use one of: name, books");
    query(
        "limit=3",
        "Parameter 'limit' is not supported on this endpoint; use one of: filter[...], sort, \
         page[...], include, fields[...], mine",
    );
    query(
        "page[limit]=3",
        "Parameter 'page[limit]' is not supported on this endpoint; use one of: page[number], \
         page[size], page[after], page[before]",
    );
    resource(
        r#""type":"books","attributes":{"name":"x"}"#,
        "books have no attribute 'name'; use one of: title, price, printed_on, tags",
    );
    resource(
        r#""type":"books","relationships":{"writer":{}}"#,
        "books have no relationship 'writer'; use one of: author",
    );
}

#[test]
fn values_of_a_query() {
    query(
        "filter[id][gt]=1,2",
        "'filter[id][gt]' takes a single value with an order operator, not 2",
    );
    query("filter[id]=x", "'filter[id]' must be an integer of at most 64 bits: 'x'");
    query(
        "filter[binding][gt]=x",
        "'filter[binding][gt]' has no operator 'gt'; it takes eq, not_eq",
    );
    query(
        "filter[title][eq][x]=1",
        "'filter[title][eq][x]' must have at most a name and an operator in brackets",
    );
    query("filter[$op]=xor", "'filter[$op]' must be 'and' or 'or', not 'xor'");
    query("page[size]=201", "'page[size]' must be from 1 to 200, not '201'");
    query(
        "page[number]=9223372036854775807",
        "'page[number]' must be at most 307445734561825860 with 30 items a page, not \
         '9223372036854775807'",
    );
    query(
        "page[number]=1&page[number]=2",
        "Parameter 'page[number]' is given more than once; give it once",
    );
    query(
        "filter[id]=1&filter[id]=2",
        "Parameter 'filter[id]' is given more than once; separate several values with commas, or \
         give each as 'filter[id][]'",
    );
    query(
        "filter[$op]=or&filter[$op]=or",
        "Parameter 'filter[$op]' is given more than once; give it once",
    );
    query(
        "sort=id&sort=id",
        "Parameter 'sort' is given more than once; separate its names with commas",
    );
    query(
        "filter[binding][0]=hard",
        "'filter[binding][0]' has no operator '0'; it takes eq, not_eq; several values are \
         'filter[binding]=a,b', or 'filter[binding][]=a' and 'filter[binding][]=b'",
    );
    query(
        "filter[binding][eq][1]=hard",
        "'filter[binding][eq][1]' must have at most a name and an operator in brackets; several \
         values are 'filter[binding][eq]=a,b', or 'filter[binding][eq][]=a' and \
         'filter[binding][eq][]=b'",
    );
    query(
        "filter[0]=1",
        "'filter[0]' names no filter; a member of a group is 'filter[0][name]=value'",
    );
    query(
        "filter[made_at]=soon",
        "'filter[made_at]' must be a date in the form YYYY-MM-DD, or an instant of RFC 3339 such \
         as 2026-01-31T12:00:00Z or 2026-01-31T12:00:00%2B01:00: 'soon'",
    );
    query(
        "page[after]=&page[number]=2",
        "'page[number]' cannot be combined with 'page[after]'; give one",
    );
    query(
        "page[after]=x",
        "'page[after]' must be a cursor of this list with the same filters and sort, not 'x'",
    );
    query(
        "include=author.books.author.books",
        "Include 'author.books.author.books' follows 4 relationships; it may follow at most 3",
    );
}

#[test]
fn values_of_a_resource() {
    let title = |json: &str, expected: &str| {
        resource(&format!(r#""type":"books","attributes":{{"title":{json}}}"#), expected);
    };
    title("7", "title must be text, not a number");
    title("null", "title must not be null");
    resource(
        r#""type":"books","attributes":{"printed_on":"1.2.2025"}"#,
        "printed_on must be a date in the form YYYY-MM-DD, not '1.2.2025'",
    );
    resource(r#""type":"books","attributes":{"author_id":3.5}"#, "author must be an id, not 3.5");
    resource(
        r#""type":"books","relationships":{"author":{"data":[]}}"#,
        "The linkage of 'author' must be one resource identifier or null, not an array",
    );
    resource(r#""type":"authors""#, "The type must be 'books', not 'authors'");
    resource(r#""id":"1""#, "The resource has no 'type'; it must be 'books'");
    resource(r#""type":"books","id":"1""#, "The server assigns ids; leave 'id' out");
}

#[test]
fn operations_of_a_request() {
    operation("{}", "The document has no 'atomic:operations'; it must hold an array of them");
    let first = |members: &str, expected: &str| {
        operation(&format!(r#"{{"atomic:operations":[{{{members}}}]}}"#), expected);
    };
    first("", "The operation has no 'op'; it must be add, update or remove");
    first(r#""op":"put""#, "'op' must be add, update or remove, not 'put'");
    first(r#""op":"remove""#, "An operation that removes must name its target by 'ref' or 'href'");
    first(r#""op":"add","ref":{"type":1}"#, "'type' must be a string, not a number");
}

#[test]
fn media_types() {
    let content = |header, expected: &str| {
        assert_eq!(check_content_type(header, None).unwrap_err().detail, expected);
    };
    content(None, "A request with a body must have the Content-Type application/vnd.api+json");
    content(
        Some("application/json"),
        "The Content-Type must be application/vnd.api+json, not 'application/json'",
    );
    assert_eq!(
        check_accept(Some("text/html"), None, &[]).unwrap_err().detail,
        "Accept must allow application/vnd.api+json without extensions, not 'text/html'"
    );
    assert_eq!(
        check_accept(Some("text/html"), None, &["text/csv"]).unwrap_err().detail,
        "Accept must allow application/vnd.api+json without extensions or text/csv, not 'text/html'"
    );
}
