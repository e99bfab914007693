//! Request documents, and the faults in them.

use apportion_jsonapi::input::{Action, Input, Linkage};
use apportion_jsonapi::json::Json;
use apportion_jsonapi::operations::Verb;
use apportion_jsonapi::{Attribute, Declaration, Kind, Relationship, Scalar, Source};

use crate::library::{authors, books};

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

/// Checks the faults of a document with these members in its resource.
#[track_caller]
fn faults(members: &str, expected: &[&str]) {
    let body = format!(r#"{{"data":{{"type":"books",{members}}}}}"#);
    let input = read(&body, Action::Create).unwrap();
    assert_eq!(spell(&input.errors), expected, "{body}");
}

#[test]
fn documents_that_cannot_be_read() {
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
    faults(r#""attributes":{"author_id":3.5}"#, &["422 /data/attributes/author_id"]);
    faults(r#""meta":{"x":1},"bogus":[],"lid":"a""#, &[]);
}

/// Members of other places are skipped among the attributes, but only without linkage.
#[test]
fn flattened_members() {
    let at = |value: &str, expected: &[&str]| {
        faults(&format!(r#""attributes":{{"author":{value}}}"#), expected);
    };
    at(r#"{"links":{"self":"/x"}}"#, &[]);
    at(r#"{"links":{"self":"/x"},"meta":{"included":false}}"#, &[]);
    let refused = ["422 /data/attributes/author"];
    at(r#"{"type":"authors","id":"1"}"#, &refused);
    at(r#"{"id":"1","links":{}}"#, &refused);
    at(r#"{"data":{"type":"authors","id":"1"}}"#, &refused);
    at(r#"{"name":"Ada"}"#, &refused);
    at("[]", &refused);
    at("\"1\"", &refused);
    faults(r#""attributes":{"links":{"self":"/x","data":1},"meta":{"data":{},"x":1}}"#, &[]);
    let both = ["422 /data/attributes/links", "422 /data/attributes/meta"];
    faults(r#""attributes":{"links":["/x"],"meta":null}"#, &both);
}

/// A client may send a page of an author's books back.
#[test]
fn linkage_that_is_only_compared_may_be_long() {
    let errors = |count: usize| {
        let book = r#"{"type":"books","id":"1"}"#;
        let data = vec![book; count].join(",");
        let body = format!(
            r#"{{"data":{{"type":"authors","relationships":{{"books":{{"data":[{data}]}}}}}}}}"#
        );
        let declaration = authors();
        let input = Input::read(body.as_bytes(), declaration.resource(), Action::Update(1));
        let input = input.unwrap();
        (spell(&input.errors), input.read_only_links.len())
    };
    assert_eq!(errors(1001), (vec![], 1));
    assert_eq!(errors(10_000), (vec![], 1));
    let refused = vec!["400 /data/relationships/books/data".to_owned()];
    assert_eq!(errors(10_001), (refused, 0));
}

/// The verb decides what linkage to many means.
#[test]
fn written_members() {
    let readers = Relationship::to_many("readers", "people", "reads").writable();
    let read = |ids: &[&str], verb| {
        let member = |id: &&str| format!(r#"{{"type":"people","id":"{id}"}}"#);
        let members: Vec<String> = ids.iter().map(member).collect();
        let text = format!("[{}]", members.join(","));
        let json = Json::parse(text.as_bytes()).unwrap();
        let input = Input::read_link(&json, &readers, verb);
        input.map(|input| input.link("readers").unwrap().linkage.clone())
    };
    let nowhere = Linkage::InvalidId("abc".to_owned());
    assert_eq!(read(&["2", "1", "2"], Verb::Update), Ok(Linkage::Many(vec![1, 2])));
    assert_eq!(read(&["1", "abc"], Verb::Update), Ok(nowhere.clone()));
    assert_eq!(read(&["1", "abc"], Verb::Add), Ok(nowhere));
    assert_eq!(read(&["1", "abc", "-1", "2"], Verb::Remove), Ok(Linkage::Remove(vec![1, 2])));
    assert_eq!(read(&["1"; 1000], Verb::Add), Ok(Linkage::Add(vec![1])));
    let errors = read(&["1"; 1001], Verb::Add).unwrap_err();
    assert_eq!(spell(&errors), ["400 /data"]);
}

/// Reads an attribute of that kind.
fn value<T: apportion_jsonapi::input::FromValue>(kind: Kind, json: &str) -> Result<T, String> {
    let declaration = Declaration::<(), &str>::new("things", (|()| 1, "id"), |()| 1)
        .writable()
        .attribute(Attribute::new("it", kind).writable(), |()| Scalar::Null);
    let body = format!(r#"{{"data":{{"type":"things","attributes":{{"it":{json}}}}}}}"#);
    let resource = declaration.resource();
    let input = Input::read(body.as_bytes(), resource, Action::Create).unwrap();
    let mut slot = None;
    input.set("it", &mut slot);
    slot.ok_or_else(|| input.errors[0].detail.to_string())
}

#[test]
fn integers_however_they_are_written() {
    let integer = |json: &str| value::<i64>(Kind::Integer, json).ok();
    for (json, expected) in [
        ("0", 0),
        ("-0", 0),
        ("0.00", 0),
        ("0e5", 0),
        ("-0.0E-7", 0),
        ("0e99999999999999999999", 0),
        ("0.000e-99999999999999999999", 0),
        ("100", 100),
        ("100.0", 100),
        ("1e2", 100),
        ("1.5E1", 15),
        ("-2500e-2", -25),
        ("0.5e1", 5),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808.0", i64::MIN),
        ("922337203685477580.7e1", i64::MAX),
    ] {
        assert_eq!(integer(json), Some(expected), "{json}");
    }
    for json in ["1.5", "1e-1", "9223372036854775808", "1e19", "1e99999999999999999999", "\"1\""] {
        assert_eq!(integer(json), None, "{json}");
    }
}

/// PostgreSQL cannot store U+0000.
#[test]
fn text_without_nul() {
    let text = |json: &str| value::<String>(Kind::Text, json);
    assert_eq!(text(r#""a\u0001\n""#), Ok("a\u{1}\n".to_owned()));
    assert_eq!(text(r#""a\u0000""#), Err("it must not contain U+0000".to_owned()));
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
    assert_eq!(link("\"x\""), Linkage::InvalidId("x".to_owned()));
    assert_eq!(link("-5"), Linkage::InvalidId("-5".to_owned()));
    assert_eq!(link("5.0"), Linkage::One(5));
    assert_eq!(link("5e0"), Linkage::One(5));
    assert_eq!(link("0.0"), Linkage::InvalidId("0".to_owned()));
    assert_eq!(link("9223372036854775808"), Linkage::InvalidId("9223372036854775808".to_owned()));
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
    // The cell of a table is read alike.
    let (_, declared) = books().resource().attribute("tags").map(|(at, it)| (at, *it)).unwrap();
    let read = |text: &str| declared.kind.read_text(text).map_err(|fault| fault.into_owned());
    assert_eq!(read("[ 1 ]"), Ok(apportion_jsonapi::Value::Text("[1]".to_owned())));
    assert_eq!(read("[ 1"), Err("must be a JSON array or object".to_owned()));
    assert_eq!(read("7"), Err("must be a JSON array or object, not a number".to_owned()));
}
