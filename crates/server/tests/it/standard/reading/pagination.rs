//! J59 to J61: numbered pages of every collection. Not here: cursors (`cursors`), and links to the
//! letter (`queries::pages`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::complaints;
use crate::support::rows::sample::{Sample, each, ids};
use crate::support::standard::addresses::addresses;
use crate::support::standard::document_parts::href;
use crate::support::world::{World, stored_types};

apportion_testing::cases! {
    j59_pages_link_to_pages_or_to_nothing,
    j60_pages_follow_the_order,
    j61_unusable_pages_are_400,
}

/// Returns the document of a page that we linked to.
#[track_caller]
fn follow(world: &World, link: &Value) -> Value {
    let target = href(link).unwrap_or_else(|| panic!("{link}"));
    world.get(target.split_once("/api/v2").unwrap().1).expect(200).json()
}

fn j59_pages_link_to_pages_or_to_nothing(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for address in addresses(world).iter().filter(|address| address.is_many()) {
        let path = &address.path;
        let all = ids(&world.get(&format!("{path}?page[size]=200")).expect(200).json());
        let mut page = world.get(&format!("{path}?page[size]=1")).expect(200).json();
        assert_eq!(page["links"]["prev"], Value::Null, "{path}");
        for (at, id) in all.iter().enumerate() {
            let links = page["links"].as_object().unwrap();
            for name in ["first", "last", "prev", "next"] {
                assert!(links.contains_key(name), "{path}: no {name}");
            }
            assert_eq!(ids(&page), [*id], "{path}");
            assert_eq!(ids(&follow(world, &links["first"])), all[..1], "{path}");
            assert_eq!(ids(&follow(world, &links["last"])), all[all.len() - 1..], "{path}");
            if at > 0 {
                assert_eq!(ids(&follow(world, &links["prev"])), [all[at - 1]], "{path}");
            }
            if at + 1 < all.len() {
                page = follow(world, &links["next"]);
            }
        }
        assert_eq!(page["links"]["next"], Value::Null, "{path}");
    }
    let single = world.get("/deals/2").expect(200).json()["links"].clone();
    for name in ["first", "last", "prev", "next"] {
        assert_eq!(single.get(name), None);
    }
    let empty = world.get("/deals?filter[id]=99").expect(200).json()["links"].clone();
    assert_eq!((&empty["prev"], &empty["next"]), (&json!(null), &json!(null)));
}

fn j60_pages_follow_the_order(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        for sort in kind.sorts.iter().flat_map(|sort| ["", "-"].map(|sign| (sign, &sort.name))) {
            let list = format!("/{}?sort={}{}", kind.name, sort.0, sort.1);
            let whole = format!("{list}&page[size]=200");
            let whole = ids(&sample.world.get(&whole).expect(200).json());
            let path = format!("{list}&page[size]=5");
            let mut page = sample.world.get(&path).expect(200).json();
            let mut walked = ids(&page);
            while page["links"]["next"] != Value::Null {
                page = follow(&sample.world, &page["links"]["next"]);
                walked.extend(ids(&page));
                assert!(walked.len() <= whole.len(), "{list}");
            }
            assert_eq!(walked, whole, "{list}");
        }
    }
}

/// On a single resource a page is ignored (wire conventions), since real clients send one.
fn j61_unusable_pages_are_400(place: &Place) {
    let sample = Sample::make(place);
    let cases = [
        ("page[number]=", "page[number]"),
        ("page[number]", "page[number]"),
        ("page[number]=x", "page[number]"),
        ("page[number]=0", "page[number]"),
        ("page[number]=-1", "page[number]"),
        ("page[number]=+1", "page[number]"),
        ("page[number]=%2B1", "page[number]"),
        ("page[number]=1.0", "page[number]"),
        ("page[number]=1e0", "page[number]"),
        ("page[number]=%D9%A1", "page[number]"),
        ("page[number]=1,2", "page[number]"),
        ("page[size]=", "page[size]"),
        ("page[size]=all", "page[size]"),
        ("page[size]=-1", "page[size]"),
        ("page[size]=201", "page[size]"),
        ("page[size]=1000000000000000000000", "page[size]"),
        ("page%5Bsize%5D=0", "page[size]"),
    ];
    each(&cases, |(query, parameter)| {
        let answer = sample.world.get(&format!("/deals?{query}"));
        let document = answer.json();
        let [error] = document["errors"].as_array().map_or(&[][..], Vec::as_slice) else {
            return Err(format!("{query}: {document}"));
        };
        let members =
            [&error["status"], &error["code"], &error["title"], &error["source"]["parameter"]];
        let expected = ["400", "invalid_page", "Invalid Page", *parameter];
        if answer.status == 400 && members.into_iter().eq(expected.iter()) {
            Ok(())
        } else {
            Err(format!("{query}: {error}"))
        }
    });
    for address in addresses(&sample.world) {
        for (query, parameter) in
            [("page[number]=0", "page[number]"), ("page[size]=0", "page[size]")]
        {
            let answer = sample.world.get(&format!("{}?{query}", address.path));
            if address.is_many() {
                assert_eq!(complaints(&answer.expect(400)), [format!("400 {parameter}")]);
            } else {
                answer.expect(200);
            }
        }
        if address.is_many() {
            let path = format!("{}?page[offset]=1&page=2", address.path);
            let faults = complaints(&sample.world.get(&path).expect(400));
            assert_eq!(faults, ["400 page", "400 page[offset]"], "{path}");
        }
    }
}
