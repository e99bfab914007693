//! J40 and J41: links and link objects, of every answer. Not here: where they lead (`fetching`).

use apportion_testing::Place;
use serde_json::Value;

use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::addresses;
use crate::support::standard::document_parts::{href, members};
use crate::support::standard::every_answer::documents;

apportion_testing::cases! {
    j40_links_are_references_objects_or_null,
    j41_link_objects_have_known_members,
}

/// Returns every link of every answer, with its request.
#[track_caller]
fn links(place: &Place) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (request, document) in documents(place) {
        let mut objects = Vec::new();
        members(document, "links", &mut objects);
        for object in objects {
            let links = object.as_object().unwrap_or_else(|| panic!("{request}: {object}"));
            assert!(!links.is_empty(), "{request}");
            found.extend(links.values().map(|link| (request.clone(), link.clone())));
        }
    }
    assert!(found.len() > 1000, "{}", found.len());
    found
}

/// Returns whether a text is a URI reference (RFC 3986): it has only the characters of one, and two
/// hexadecimal digits after each percent sign.
fn is_reference(text: &str) -> bool {
    let letter =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
    let escaped = |piece: &str| {
        piece.len() >= 2 && piece.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    };
    !text.is_empty() && text.bytes().all(letter) && text.split('%').skip(1).all(escaped)
}

/// A bracket is not one of these characters.
fn j40_links_are_references_objects_or_null(place: &Place) {
    let sample = Sample::make(place);
    for (request, link) in links(place) {
        match &link {
            Value::Null => {}
            Value::String(text) => assert!(is_reference(text), "{request}: {link}"),
            Value::Object(_) => assert!(is_reference(href(&link).unwrap()), "{request}: {link}"),
            _ => panic!("{request}: {link}"),
        }
    }
    let queries = [
        "page[size]=1&filter[id][]=2&filter[id][]=3&sort=-id",
        "page%5Bsize%5D=1&filter%5B$op%5D=or&filter[0][id][gt]=0",
        "page[after]=&page[size]=1&filter[id][not_eq]=99",
    ];
    for address in addresses(&sample.world).iter().filter(|address| address.is_many()) {
        for query in queries {
            let path = format!("{}?{query}", address.path);
            let document = sample.world.get(&path).expect(200).json();
            for (name, link) in document["links"].as_object().unwrap() {
                let reference = href(link).is_none_or(is_reference);
                assert!(reference, "{path}: {name} is {link}");
            }
        }
    }
}

fn j41_link_objects_have_known_members(place: &Place) {
    let known = ["href", "rel", "describedby", "title", "type", "hreflang", "meta"];
    let mut seen = 0;
    for (request, link) in links(place) {
        let Some(object) = link.as_object() else { continue };
        assert!(object["href"].is_string(), "{request}: {link}");
        for (name, value) in object {
            assert!(known.contains(&name.as_str()), "{request}: {link}");
            assert!(name == "meta" || name == "hreflang" || value.is_string(), "{request}: {link}");
        }
        // The relation type follows from the link's name.
        assert_eq!(object.get("rel"), None, "{request}");
        seen += 1;
    }
    assert!(seen > 0, "no link is an object");
}
