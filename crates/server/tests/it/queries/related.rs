//! Related resources and linkage: `/deals/2/creator` and `/deals/2/relationships/creator`.

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::sample::{Sample, each, ids};

apportion_testing::cases! {
    to_one, to_many, linkage_of_one, linkage_of_many, missing, foreign_rows,
}

/// Each case is a path, and the type and id found, or `None` for null.
fn to_one(place: &Place) {
    let sample = Sample::make(place);
    let cases: &[(&str, Option<(&str, &str)>)] = &[
        ("/revenue_distributions/3/deal", Some(("deals", "2"))),
        ("/revenue_distributions/3/deal/", Some(("deals", "2"))),
        ("/revenue_distributions/2/creator", None),
        ("/revenue_distributions/4/creator", Some(("people", "2"))),
        ("/revenue_distributions/3/organization", Some(("organizations", "1"))),
        ("/deals/2/creator", Some(("people", "2"))),
        ("/deals/3/creator", None),
        ("/deals/3/organization", Some(("organizations", "1"))),
        ("/people/2/organization", Some(("organizations", "1"))),
    ];
    each(cases, |(path, found)| {
        let document = sample.world.get(path).expect(200).json();
        let data = &document["data"];
        let whole = match found {
            // The resource is the same as at its own address.
            Some((kind, id)) => {
                let own = sample.world.get(&format!("/{kind}/{id}")).expect(200).json();
                *data == own["data"]
            }
            None => data.is_null(),
        };
        let link = document["links"]["self"] == format!("/api/v2{path}");
        let members = document["meta"] == json!({}) && document.get("included").is_none();
        if whole && link && members { Ok(()) } else { Err(format!("{path}: {document}")) }
    });
}

/// Each case is a path with a query, and the ids found. The list has all that a list of the type
/// has.
fn to_many(place: &Place) {
    let sample = Sample::make(place);
    let cases: &[(&str, &[i64])] = &[
        ("/deals/2/revenue_distributions", &[2, 3]),
        ("/deals/2/revenue_distributions/", &[2, 3]),
        ("/deals/2/revenue_distributions?sort=-id", &[3, 2]),
        ("/deals/2/revenue_distributions?sort=amount", &[3, 2]),
        ("/deals/2/revenue_distributions?sort=-amount", &[2, 3]),
        ("/deals/2/revenue_distributions?sort=-deal", &[3, 2]),
        ("/deals/2/revenue_distributions?filter[creator_id]=2", &[3]),
        ("/deals/2/revenue_distributions?filter[creator_id]=", &[2]),
        ("/deals/2/revenue_distributions?filter[amount][gt]=30000", &[2]),
        ("/deals/2/revenue_distributions?filter[deal.name]=a", &[2, 3]),
        // A filter applies within the relationship and never reaches beyond it.
        ("/deals/2/revenue_distributions?filter[deal_id]=5", &[]),
        ("/deals/2/revenue_distributions?filter[$op]=or&filter[0][id]=2&filter[1][id]=5", &[2]),
        ("/deals/2/revenue_distributions?filter[$op]=or&filter[0][id]=7&filter[1][id]=5", &[]),
        ("/deals/2/revenue_distributions?page[size]=1", &[2]),
        ("/deals/2/revenue_distributions?page[size]=1&page[number]=2", &[3]),
        ("/deals/2/revenue_distributions?page[number]=2", &[]),
        ("/deals/2/revenue_distributions?include=creator", &[2, 3]),
        ("/deals/2/revenue_distributions?fields[revenue_distributions]=amount", &[2, 3]),
        ("/deals/5/revenue_distributions", &[6, 7]),
    ];
    each(cases, |(path, expected)| {
        let document = sample.world.get(path).expect(200).json();
        let found = ids(&document);
        let total = document["meta"]["total_count"].as_i64().unwrap();
        let paged = path.contains("page") || total == i64::try_from(expected.len()).unwrap();
        let shaped = document["links"]["first"].is_string()
            && document["links"].as_object().unwrap().contains_key("prev");
        if found == *expected && paged && shaped {
            Ok(())
        } else {
            Err(format!("{path}: {found:?} of {total}"))
        }
    });
    let path = "/deals/2/revenue_distributions?page[size]=1";
    let meta = sample.world.get(path).json()["meta"].clone();
    assert_eq!((&meta["total_count"], &meta["total_pages"]), (&json!(2), &json!(2)));
    // A deal without distributions has an empty list.
    let deal = sample.world.deal("Bare", 1);
    let bare = sample.world.get(&format!("/deals/{deal}/revenue_distributions")).expect(200).json();
    assert_eq!((&bare["data"], &bare["meta"]["total_count"]), (&json!([]), &json!(0)));
}

fn linkage_of_one(place: &Place) {
    let sample = Sample::make(place);
    let cases: &[(&str, &str, Value)] = &[
        ("/revenue_distributions/3", "deal", json!({"type": "deals", "id": "2"})),
        ("/revenue_distributions/2", "creator", Value::Null),
        ("/revenue_distributions/4", "creator", json!({"type": "people", "id": "2"})),
        ("/deals/2", "organization", json!({"type": "organizations", "id": "1"})),
        ("/deals/2", "creator", json!({"type": "people", "id": "2"})),
        ("/people/2", "organization", json!({"type": "organizations", "id": "1"})),
    ];
    each(cases, |(row, name, linkage)| {
        let path = format!("{row}/relationships/{name}");
        let document = sample.world.get(&path).expect(200).json();
        let expected = json!({
            "data": linkage,
            "links": {
                "self": format!("/api/v2{path}"),
                "related": format!("/api/v2{row}/{name}"),
                "describedby": "/api/v2/openapi.json",
            },
            "meta": {},
            "jsonapi": {"version": "1.1"},
        });
        if document == expected { Ok(()) } else { Err(format!("{path}: {document}")) }
    });
}

/// Each case is a query on the linkage of a deal's distributions, and the ids found.
fn linkage_of_many(place: &Place) {
    let sample = Sample::make(place);
    let cases: &[(&str, &[i64], i64)] = &[
        ("", &[2, 3], 2),
        ("?sort=-id", &[3, 2], 2),
        ("?sort=amount", &[3, 2], 2),
        ("?filter[creator_id]=2", &[3], 1),
        ("?filter[deal_id]=5", &[], 0),
        ("?page[size]=1", &[2], 2),
        ("?page[size]=1&page[number]=2", &[3], 2),
        ("?page[size]=1&page[number]=3", &[], 2),
    ];
    each(cases, |(query, expected, total)| {
        let path = format!("/deals/2/relationships/revenue_distributions{query}");
        let document = sample.world.get(&path).expect(200).json();
        let expected: Vec<Value> = expected
            .iter()
            .map(|id| json!({"type": "revenue_distributions", "id": id.to_string()}))
            .collect();
        // The items have nothing but their identifiers.
        let right = document["data"] == json!(expected)
            && document["meta"]["total_count"] == *total
            && document["links"]["first"].is_string()
            && document["links"]["related"] == "/api/v2/deals/2/revenue_distributions";
        if right { Ok(()) } else { Err(format!("{path}: {document}")) }
    });
}

fn missing(place: &Place) {
    let sample = Sample::make(place);
    let cases = [
        "/deals/999/creator",
        "/deals/999/revenue_distributions",
        "/deals/999/relationships/creator",
        "/deals/999/relationships/revenue_distributions",
        "/deals/2/x",
        "/deals/2/name",
        "/deals/2/organizations",
        "/deals/2/relationships/x",
        "/deals/2/relationships/name",
        "/deals/2/relationships",
        "/deals/2/relationships/",
        "/deals/2/relationships/creator/x",
        "/deals/2/creator/organization",
        "/deals/2/revenue_distributions/3",
        "/deals/x",
        "/deals/0",
        "/deals/-2",
        "/deals/+2",
        "/deals/%2B2",
        "/deals/02",
        "/deals/2.0",
        "/deals/2e0",
        "/deals/%202",
        "/deals/%3",
        "/deals/%2",
        "/deals/%zz",
        "/deals/%25%33%32",
        "/deals%2F2",
        "/deals/9223372036854775807",
        "/deals/9223372036854775808",
        "/deals/18446744073709551618",
        "/deals/x/creator",
        "/deals/02/creator",
        "/deals//",
        "/deals/2//",
        "/deals//2",
        "/Deals/2",
        "/deal/2",
        "/",
        "",
        "//deals",
        "/deals/2/creator//",
    ];
    each(&cases, |path| {
        let answer = sample.world.get(path);
        let error = answer.json()["errors"][0].clone();
        let right = answer.status == 404
            && error["code"] == "record_not_found"
            && error["title"] == "Record Not Found"
            && error["status"] == "404";
        if right { Ok(()) } else { Err(format!("{path}: {} {error}", answer.status)) }
    });
}

fn foreign_rows(place: &Place) {
    let sample = Sample::make(place);
    // The first row of each type belongs to the other organization.
    let organization = format!("/organizations/{}", sample.world.other);
    let paths = [
        "/deals/1",
        "/deals/1/creator",
        "/deals/1/organization",
        "/deals/1/revenue_distributions",
        "/deals/1/relationships/creator",
        "/deals/1/relationships/revenue_distributions",
        "/revenue_distributions/1",
        "/revenue_distributions/1/deal",
        "/people/1",
        "/people/1/organization",
        organization.as_str(),
    ];
    for path in paths {
        sample.world.get(path).expect(404);
        let stranger = &sample.world.stranger;
        sample.world.request_as(stranger, "GET", path, None).expect(200);
    }
}
