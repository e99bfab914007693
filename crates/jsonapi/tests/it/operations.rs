//! Local ids, which are replaced in linkage and nowhere else.

use apportion_jsonapi::json::Json;
use apportion_jsonapi::operations::LocalIds;

fn locals() -> LocalIds {
    let mut locals = LocalIds::default();
    assert!(locals.insert("authors", "a", 7));
    locals
}

/// Checks a resource object before and after its local ids are replaced.
#[track_caller]
fn resource(before: &str, after: &str) {
    let before = Json::parse(before.as_bytes()).unwrap();
    let after = Json::parse(after.as_bytes()).unwrap();
    assert_eq!(locals().replace_in_resource(&before), Ok(after));
}

#[test]
fn linkage_of_a_resource() {
    let linked = |linkage: &str| {
        format!(r#"{{"type":"books","relationships":{{"author":{{"data":{linkage}}}}}}}"#)
    };
    let same = |linkage: &str| resource(&linked(linkage), &linked(linkage));
    let (local, known) = (r#"{"type":"authors","lid":"a"}"#, r#"{"type":"authors","id":"7"}"#);
    resource(&linked(local), &linked(known));
    resource(&linked(&format!("[{local},{known}]")), &linked(&format!("[{known},{known}]")));
    // The other members of an identifier stay.
    resource(
        &linked(r#"{"type":"authors","lid":"a","meta":{"x":1},"attributes":{}}"#),
        &linked(r#"{"type":"authors","id":"7","meta":{"x":1},"attributes":{}}"#),
    );
    same(r#"{"type":"authors","id":"1","lid":"b"}"#);
    same(r#"{"type":"authors"}"#);
    same("null");
    let unknown = Json::parse(br#"{"type":"authors","lid":"b"}"#).unwrap();
    assert!(locals().replace_in_linkage(&unknown).is_err());
}

#[test]
fn other_members_stay() {
    let same = |text: &str| resource(text, text);
    same(r#"{"type":"authors","lid":"a"}"#);
    same(r#"{"type":"authors","lid":"unknown"}"#);
    same(r#"{"type":"books","meta":{"type":"authors","lid":"a"}}"#);
    same(r#"{"type":"books","attributes":{"author":{"type":"authors","lid":"b"}}}"#);
    same(r#"{"type":"books","relationships":{"author":{"meta":{"type":"authors","lid":"b"}}}}"#);
    same(r#"{"type":"books","relationships":[{"data":{"type":"authors","lid":"b"}}]}"#);
}
