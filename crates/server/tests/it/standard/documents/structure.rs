//! J14 to J23: the top level of documents. Not here: resources (`resources`), and links below the
//! top level (`links`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::operate;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{Shows, addresses};
use crate::support::standard::document_parts::{href, members, resources};
use crate::support::standard::every_answer::{PROFILE, documents, reads};
use crate::support::world::JSON_API;

apportion_testing::cases! {
    j14_the_root_is_an_object,
    j15_there_is_data_or_errors_or_meta,
    j16_data_and_errors_exclude_each_other,
    j17_nothing_is_included_without_data,
    j18_no_other_members_are_sent_and_unknown_ones_are_ignored,
    j19_primary_data_of_one_is_an_object_or_null,
    j20_primary_data_of_a_collection_is_an_array,
    j21_top_level_links_are_those_of_the_standard,
    j22_the_jsonapi_object_says_what_is_applied,
    j23_meta_is_an_object,
}

fn j14_the_root_is_an_object(place: &Place) {
    let sample = Sample::make(place);
    for (request, document) in documents(place) {
        assert!(document.is_object(), "{request}: {document}");
    }
    for body in [json!([]), json!([{}]), json!(1), json!("data"), json!(null)] {
        sample.world.post("/deals", &body).expect(400);
    }
}

fn j15_there_is_data_or_errors_or_meta(place: &Place) {
    for (request, document) in documents(place) {
        let any = ["data", "errors", "meta", "atomic:results"];
        assert!(any.iter().any(|name| document.get(name).is_some()), "{request}: {document}");
    }
}

fn j16_data_and_errors_exclude_each_other(place: &Place) {
    let (mut good, mut bad) = (0, 0);
    for (request, document) in documents(place) {
        let (data, errors) = (document.get("data"), document.get("errors"));
        assert!(data.is_none() || errors.is_none(), "{request}: {document}");
        good += usize::from(data.is_some());
        bad += usize::from(errors.is_some());
    }
    assert!(good > 50 && bad > 15, "{good} and {bad}");
}

fn j17_nothing_is_included_without_data(place: &Place) {
    let sample = Sample::make(place);
    let mut compound = 0;
    for (request, document) in documents(place) {
        let included = document.get("included").is_some();
        assert!(!included || document.get("data").is_some(), "{request}: {document}");
        compound += usize::from(included);
    }
    assert!(compound > 10, "{compound}");
    let error = sample.world.get("/deals/2?include=creator&x=1").expect(400).json();
    assert_eq!(error.get("included"), None);
}

fn only(object: &Value, known: &[&str]) {
    for name in object.as_object().unwrap().keys() {
        assert!(known.contains(&name.as_str()), "'{name}' in {object}");
    }
}

/// An undeclared name directly in `attributes` or `relationships` is refused (wire conventions);
/// anywhere else it is ignored.
fn j18_no_other_members_are_sent_and_unknown_ones_are_ignored(place: &Place) {
    let sample = Sample::make(place);
    for (_, document) in documents(place) {
        only(
            document,
            &["data", "errors", "meta", "jsonapi", "links", "included", "atomic:results"],
        );
        for resource in resources(document) {
            only(resource, &["type", "id", "attributes", "relationships", "links", "meta"]);
            for relationship in resource["relationships"].as_object().unwrap().values() {
                only(relationship, &["links", "data", "meta"]);
            }
        }
        for result in document["atomic:results"].as_array().unwrap_or(&Vec::new()) {
            only(result, &["data", "meta"]);
        }
    }
    let world = &sample.world;
    let x = json!({"any": ["thing"]});
    let deal = json!({"type": "deals", "id": "2", "x": x, "attributes": {}});
    let spread = json!({
        "type": "revenue_distributions", "x": x, "links": x, "meta": x,
        "attributes": {"start_on": "2025-01-01", "end_on": "2025-01-01", "amount_percent": "1"},
        "relationships": {"deal": {"data": deal, "x": x, "links": 1}},
    });
    let body = |data: &Value| json!({"x": x, "links": 1, "included": 1, "meta": x, "data": data});
    world.post("/revenue_distributions", &body(&spread)).expect(201);
    world.patch("/deals/2", &body(&deal)).expect(200);
    world.patch("/revenue_distributions/3/relationships/deal", &body(&deal)).expect(200);
    operate(world, &[json!({"op": "add", "x": x, "meta": x, "data": spread})]).expect(200);
    let named = json!({"data": {"type": "deals", "attributes": {"name": "D", "x": x}}});
    world.post("/deals", &named).expect(422);
}

fn j19_primary_data_of_one_is_an_object_or_null(place: &Place) {
    let sample = Sample::make(place);
    let mut nothing = 0;
    for address in addresses(&sample.world).iter().filter(|address| !address.is_many()) {
        let data = sample.world.get(&address.path).expect(200).json()["data"].clone();
        let path = &address.path;
        if data.is_null() {
            assert_ne!(address.shows, Shows::Resource, "{path}");
            nothing += 1;
            continue;
        }
        assert_eq!(data["type"], address.kind.name, "{path}");
        assert_eq!(data.get("attributes").is_some(), address.has_resources(), "{path}");
    }
    assert!(nothing > 0);
}

fn j20_primary_data_of_a_collection_is_an_array(place: &Place) {
    let sample = Sample::make(place);
    for address in addresses(&sample.world).iter().filter(|address| address.is_many()) {
        let count = |query: &str| {
            let path = format!("{}?{query}", address.path);
            let data = sample.world.get(&path).expect(200).json()["data"].clone();
            data.as_array().unwrap_or_else(|| panic!("{path}: {data}")).len()
        };
        let all = count("");
        assert_eq!(count("page[size]=1"), all.min(1), "{}", address.path);
        assert_eq!(count("filter[id]=987654321"), 0, "{}", address.path);
        // Some rows are related to no others.
        assert!(all > 0 || address.of.is_some(), "{}", address.path);
    }
}

/// Returns the decoded path of a link from behind `/api/v2`.
fn asked_by(link: &str) -> String {
    let path = link.split_once("/api/v2").unwrap_or_else(|| panic!("{link}")).1;
    path.replace("%5B", "[").replace("%5D", "]").replace("%20", " ")
}

fn j21_top_level_links_are_those_of_the_standard(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let known = ["self", "related", "describedby", "first", "last", "prev", "next"];
    for (request, answer) in reads(world) {
        let document = answer.json();
        let links = &document["links"];
        only(links, &known);
        let own = &links["self"];
        let repeated = asked_by(href(own).unwrap());
        for word in request.trim_start_matches("GET ").split(['?', '&']) {
            assert!(repeated.contains(word), "{request}: '{word}' is not in {repeated}");
        }
        let description =
            href(&links["describedby"]).unwrap_or_else(|| panic!("{request}: {links}"));
        assert!(description.ends_with("/api/v2/openapi.json"), "{request}: {links}");
        let media = answer.header("Content-Type").unwrap();
        if media == JSON_API {
            assert!(own["type"].is_null() || own["type"] == JSON_API, "{request}: {own}");
        } else {
            assert_eq!(own["type"], media, "{request}");
        }
    }
    for (_, document) in documents(place) {
        if let Some(links) = document.get("links") {
            only(links, &known);
            assert!(href(&links["describedby"]).is_some(), "{links}");
        }
    }
    for address in addresses(world) {
        let links = world.get(&address.path).expect(200).json()["links"].clone();
        let related = href(&links["related"]).map(str::to_owned);
        let linkage = !address.has_resources();
        let expected = address.of.filter(|_| linkage);
        let expected = expected.map(|(it, row)| format!("/api/v2{row}/{}", it.name));
        assert_eq!(related, expected, "{}", address.path);
    }
}

fn j22_the_jsonapi_object_says_what_is_applied(place: &Place) {
    for (request, document) in documents(place) {
        let object = &document["jsonapi"];
        only(object, &["version", "ext", "profile", "meta"]);
        assert_eq!(object["version"], "1.1", "{request}");
        let extension = document.get("atomic:results").map(|_| "https://jsonapi.org/ext/atomic");
        let expected = extension.map(|uri| json!([uri]));
        assert_eq!(object.get("ext"), expected.as_ref(), "{request}");
        let profile = request.contains("page[after]").then(|| json!([PROFILE]));
        assert_eq!(object.get("profile"), profile.as_ref(), "{request}");
    }
}

fn j23_meta_is_an_object(place: &Place) {
    let mut seen = 0;
    for (request, document) in documents(place) {
        let mut metas = Vec::new();
        members(document, "meta", &mut metas);
        assert!(metas.iter().all(|meta| meta.is_object()), "{request}: {metas:?}");
        seen += metas.len();
    }
    assert!(seen > 100, "{seen}");
}
