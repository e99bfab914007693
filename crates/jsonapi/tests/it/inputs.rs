//! Request documents, and what is wrong with them.

use apportion_jsonapi::Source;
use apportion_jsonapi::input::{Action, Input, Linkage};

use crate::library::books;

fn read(body: &str, action: Action) -> Result<Input, Vec<String>> {
    Input::read(body.as_bytes(), books().resource(), action).map_err(|errors| spell(&errors))
}

fn spell(errors: &[apportion_jsonapi::Error]) -> Vec<String> {
    let place = |error: &apportion_jsonapi::Error| match &error.source {
        Some(Source::Pointer(pointer)) => format!("{} {pointer}", error.code.status()),
        _ => error.code.status().to_string(),
    };
    errors.iter().map(place).collect()
}

#[track_caller]
fn refused(body: &str, expected: &str) {
    assert_eq!(read(body, Action::Create).map(|_| ()), Err(vec![expected.to_owned()]), "{body}");
}

/// A document with these members of its resource, and the faults in it.
#[track_caller]
fn faults(members: &str, expected: &[&str]) {
    let body = format!(r#"{{"data":{{"type":"books",{members}}}}}"#);
    let input = read(&body, Action::Create).unwrap();
    assert_eq!(spell(&input.errors), expected, "{body}");
}

#[test]
fn what_cannot_be_read() {
    refused("", "400");
    refused("[]", "400 ");
    refused("null", "400 ");
    refused("{}", "400 /data");
    refused(r#"{"data":null}"#, "400 /data");
    refused(r#"{"data":[]}"#, "400 /data");
    refused(r#"{"data":{}}"#, "400 /data");
    refused(r#"{"data":{"type":1}}"#, "400 /data/type");
    refused(r#"{"data":{"type":"authors"}}"#, "409 /data/type");
    refused(r#"{"data":{"type":"books","id":"1"}}"#, "403 /data/id");
    refused(r#"{"data":{"type":"books","id":1}}"#, "400 /data/id");
}

#[test]
fn the_id_of_an_update() {
    let update = |body: &str| read(body, Action::Update(7)).map(|_| ());
    assert_eq!(update(r#"{"data":{}}"#), Ok(()));
    assert_eq!(update(r#"{"data":{"type":"books","id":"7"}}"#), Ok(()));
    let conflict = Err(vec!["409 /data/id".to_owned()]);
    assert_eq!(update(r#"{"data":{"id":"8"}}"#), conflict);
    assert_eq!(update(r#"{"data":{"id":"07"}}"#), conflict);
    assert_eq!(update(r#"{"data":{"id":7}}"#), Err(vec!["400 /data/id".to_owned()]));
}

#[test]
fn faults_in_members() {
    faults(r#""attributes":[]"#, &["400 /data/attributes"]);
    faults(r#""relationships":"x""#, &["400 /data/relationships"]);
    faults(r#""attributes":{"title":1}"#, &["422 /data/attributes/title"]);
    faults(r#""attributes":{"title":null}"#, &["422 /data/attributes/title"]);
    faults(r#""attributes":{"price":"x"}"#, &["422 /data/attributes/price"]);
    faults(r#""attributes":{"price":true}"#, &["422 /data/attributes/price"]);
    faults(r#""attributes":{"printed_on":"1.2.2025"}"#, &["422 /data/attributes/printed_on"]);
    faults(r#""attributes":{"printed_on":null,"price":9.99}"#, &[]);
    faults(r#""attributes":{"tags":null}"#, &["422 /data/attributes/tags"]);
    faults(r#""attributes":{"tags":"[]"}"#, &["422 /data/attributes/tags"]);
    faults(r#""attributes":{"tags":7}"#, &["422 /data/attributes/tags"]);
    faults(r#""attributes":{"tags":["a",{"b":null}]}"#, &[]);
    faults(r#""attributes":{"a/b~":1,"@note":1}"#, &["422 /data/attributes/a~1b~0"]);
    faults(r#""relationships":{"bogus":{}}"#, &["422 /data/relationships/bogus"]);
    faults(r#""relationships":{"author":1}"#, &["400 /data/relationships/author"]);
    faults(r#""relationships":{"author":{}}"#, &[]);
    faults(r#""relationships":{"author":{"data":[]}}"#, &["400 /data/relationships/author/data"]);
    faults(
        r#""relationships":{"author":{"data":{"type":"authors","id":1}}}"#,
        &["400 /data/relationships/author/data/id"],
    );
    faults(
        r#""relationships":{"author":{"data":{"id":"1"}}}"#,
        &["400 /data/relationships/author/data/type"],
    );
    faults(
        r#""relationships":{"author":{"data":{"type":"books","id":"1"}}}"#,
        &["422 /data/relationships/author"],
    );
    faults(
        r#""attributes":{"author_id":2},"relationships":{"author":{"data":{"type":"authors","id":"1"}}}"#,
        &["422 /data/attributes/author_id"],
    );
    faults(
        r#""attributes":{"author_id":"1"},"relationships":{"author":{"data":{"type":"authors","id":"1"}}}"#,
        &[],
    );
    faults(r#""attributes":{"author_id":{}}"#, &["422 /data/attributes/author_id"]);
    faults(r#""meta":{"x":1},"bogus":[],"lid":"a""#, &[]);
}

#[test]
fn links() {
    let link = |id: &str| {
        let body = format!(r#"{{"data":{{"type":"books","attributes":{{"author_id":{id}}}}}}}"#);
        read(&body, Action::Create).unwrap().link("author").unwrap().linkage.clone()
    };
    assert_eq!(link("5"), Linkage::One(5));
    assert_eq!(link("\"5\""), Linkage::One(5));
    assert_eq!(link("null"), Linkage::None);
    assert_eq!(link("\"x\""), Linkage::Nowhere("x".to_owned()));
    assert_eq!(link("-5"), Linkage::Nowhere("-5".to_owned()));
    assert_eq!(link("9223372036854775808"), Linkage::Nowhere("9223372036854775808".to_owned()));
}

#[test]
fn values_are_set_only_where_given() {
    let body = r#"{"data":{"type":"books","attributes":{"title":"x","printed_on":null}}}"#;
    let input = read(body, Action::Create).unwrap();
    let mut title = Some("old".to_owned());
    let mut printed_on = chrono::NaiveDate::from_ymd_opt(2025, 1, 1);
    let mut price = Some(5_i64);
    input.set("title", &mut title);
    input.set("printed_on", &mut printed_on);
    input.set("price", &mut price);
    assert_eq!((title.as_deref(), printed_on, price), (Some("x"), None, Some(5)));
}

#[test]
fn a_rule_is_silent_about_a_field_that_could_not_be_read() {
    let body = r#"{"data":{"type":"books","attributes":{"title":1}}}"#;
    let mut input = read(body, Action::Create).unwrap();
    input.refuse("title", "is required");
    input.refuse("price", "is too low");
    input.refuse("price", "is odd");
    input.refuse_item("tags", 3, "is odd");
    input.refuse_item("title", 0, "is odd");
    let expected = ["title", "price", "price", "tags/3"];
    let expected = expected.map(|at| format!("422 /data/attributes/{at}"));
    assert_eq!(spell(&input.errors), expected);
}

#[test]
fn lists_and_objects_are_kept_as_compact_text() {
    let tags = |json: &str| {
        let body = format!(r#"{{"data":{{"type":"books","attributes":{{"tags": {json}}}}}}}"#);
        let mut text: Option<String> = None;
        read(&body, Action::Create).unwrap().set("tags", &mut text);
        text.unwrap()
    };
    assert_eq!(tags("[ ]"), "[]");
    assert_eq!(tags(r#"[ "a\u0062" , 1.50, true, null ]"#), r#"["ab",1.50,true,null]"#);
    assert_eq!(tags(r#"{ "b" : { "\"" : [ -0 ] }, "a": "\n" }"#), r#"{"b":{"\"":[-0]},"a":"\n"}"#);
    // A table's cell says the same.
    let (_, declared) = books().resource().attribute("tags").map(|(at, it)| (at, *it)).unwrap();
    let read = |text: &str| declared.kind.read_text(text).map_err(|fault| fault.into_owned());
    assert_eq!(read("[ 1 ]"), Ok(apportion_jsonapi::Value::Text("[1]".to_owned())));
    assert_eq!(read("[ 1"), Err("must be a JSON array or object".to_owned()));
    assert_eq!(read("7"), Err("must be a JSON array or object".to_owned()));
}
