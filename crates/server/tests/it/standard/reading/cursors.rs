//! J62 to J67: the cursor-pagination profile. Not here: how a walk begins, and walks over lists
//! that belong to a row (`queries::cursors`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::cursor_walk::{deals, follow, ids, walk};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::addresses;
use crate::support::standard::document_parts::href;
use crate::support::standard::every_answer::PROFILE;
use crate::support::world::{World, stored_types};

apportion_testing::cases! {
    j62_every_sort_is_a_total_order,
    j63_a_page_size_is_a_positive_number_up_to_the_maximum,
    j64_a_page_is_full_and_begins_behind_its_cursor,
    j65_prev_and_next_are_always_there,
    j66_both_ends_at_once_are_refused,
    j67_items_have_cursors_and_there_is_no_total,
}

/// Returns the one error of a refused walk; its source is that parameter.
#[track_caller]
fn fault(world: &World, query: &str, parameter: &str) -> Value {
    let errors = world.get(&format!("/deals?{query}")).expect(400).json()["errors"].clone();
    assert_eq!(errors.as_array().unwrap().len(), 1, "{query}: {errors}");
    assert_eq!(errors[0]["source"], json!({"parameter": parameter}), "{query}");
    errors[0].clone()
}

fn j62_every_sort_is_a_total_order(place: &Place) {
    let world = World::start(place);
    deals(&world);
    for name in ["a", "b"] {
        world.create("people", json!({"first_name": name, "last_name": "x"}), &[]);
    }
    for resource in stored_types() {
        for sort in &resource.sorts {
            for sign in ["", "-"] {
                let list = format!("/{}?sort={sign}{}", resource.name, sort.name);
                let expected =
                    ids(&world.get(&format!("{list}&page[size]=200")).expect(200).json());
                for size in [1, 2, 3, 200] {
                    let (forwards, _) =
                        walk(&world, &format!("{list}&page[after]=&page[size]={size}"), "next");
                    assert_eq!(forwards, expected, "{list} by {size}");
                    let (backwards, _) =
                        walk(&world, &format!("{list}&page[before]=&page[size]={size}"), "prev");
                    assert_eq!(backwards, expected, "{list} backwards by {size}");
                }
            }
        }
    }
    let kind = format!("{PROFILE}/unsupported-sort");
    for query in ["sort=nothing&page[after]=", "sort=name,-nothing&page[before]="] {
        assert_eq!(fault(&world, query, "sort")["links"]["type"], json!(kind), "{query}");
    }
}

fn j63_a_page_size_is_a_positive_number_up_to_the_maximum(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for size in ["0", "00", "-1", "+1", "%2B1", "x", "1.5", "1e1", "", "%D9%A1", "1,2"] {
        let error = fault(world, &format!("page[after]=&page[size]={size}"), "page[size]");
        assert_eq!(error["code"], "invalid_page", "{size}");
        assert_eq!(error.get("meta"), None, "{size}");
    }
    for size in ["201", "1000", "9223372036854775807", "9223372036854775808"] {
        let error = fault(world, &format!("page[after]=&page[size]={size}"), "page[size]");
        assert_eq!(error["links"]["type"], json!(format!("{PROFILE}/max-size-exceeded")));
        assert_eq!(error["meta"], json!({"page": {"maxSize": 200}}), "{size}");
    }
    for address in addresses(world).iter().filter(|address| address.is_many()) {
        let size = |query: &str| {
            let path = format!("{}?page[after]={query}", address.path);
            world.get(&path).expect(200).json()["meta"]["page_size"].clone()
        };
        assert_eq!((size(""), size("&page[size]=200")), (json!(30), json!(200)));
    }
    for at in 0..25 {
        world.deal("More", at);
    }
    assert_eq!(ids(&world.get("/deals?page[after]=").expect(200).json()).len(), 30);
    assert_eq!(ids(&world.get("/deals?page[after]=&page[size]=1").expect(200).json()).len(), 1);
}

fn j64_a_page_is_full_and_begins_behind_its_cursor(place: &Place) {
    let world = World::start(place);
    deals(&world);
    let sort = "/deals?sort=-value";
    let whole = ids(&world.get(sort).expect(200).json());
    let page = world.get(&format!("{sort}&page[after]=&page[size]=3")).expect(200).json();
    let second = follow(&world, &page["links"]["next"]);
    assert_eq!((ids(&page), ids(&second)), (whole[..3].to_vec(), whole[3..6].to_vec()));
    assert_eq!(ids(&follow(&world, &second["links"]["prev"])), whole[..3]);
    let last = world.get(&format!("{sort}&page[before]=&page[size]=3")).expect(200).json();
    assert_eq!(ids(&last), whole[4..]);
    // Cursors that are garbled, or of another list or order, are refused.
    let next = href(&page["links"]["next"]).unwrap();
    let cursor = next.split("after%5D=").nth(1).unwrap().split('&').next().unwrap();
    for side in ["page[after]", "page[before]"] {
        for query in [
            format!("sort=-value&{side}=x"),
            format!("sort=-value&{side}={cursor}A"),
            format!("sort=-value&{side}={}", &cursor[1..]),
            format!("{side}={cursor}"),
            format!("sort=value&{side}={cursor}"),
            format!("sort=-value&filter[id][gt]=1&{side}={cursor}"),
        ] {
            assert_eq!(fault(&world, &query, side)["code"], "keyset_invalid_cursor", "{query}");
        }
    }
    fault(&world, "page[before]=%00", "page[before]");
    // The row of the cursor is deleted. A new row after it is met, and one before it is not.
    world.delete(&format!("/deals/{}", whole[2])).expect(204);
    assert_eq!(ids(&follow(&world, &page["links"]["next"])), whole[3..6]);
    world.deal("early", 100_000);
    let late = world.deal("late", -100_000);
    let (rest, _) = walk(&world, next.split_once("/api/v2").unwrap().1, "next");
    assert_eq!(rest, [&whole[3..], &[late]].concat());
}

fn j65_prev_and_next_are_always_there(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for address in addresses(world).iter().filter(|address| address.is_many()) {
        let path = &address.path;
        let total = world.get(path).expect(200).json()["meta"]["total_count"].clone();
        let total = usize::try_from(total.as_u64().unwrap()).unwrap();
        for size in [1, total.max(1), total + 1] {
            for (side, ahead, behind) in [("after", "next", "prev"), ("before", "prev", "next")] {
                let query = format!("{path}?page[{side}]=&page[size]={size}");
                let mut page = world.get(&query).expect(200).json();
                let shown = ids(&page).len();
                let mut seen = shown;
                assert_eq!(page["links"].get(behind), Some(&Value::Null), "{query}");
                while page["links"][ahead] != Value::Null {
                    page = follow(world, &page["links"][ahead]);
                    assert!(page["links"].get(behind).is_some(), "{query}");
                    seen += ids(&page).len();
                    assert!(seen <= total, "{query}");
                }
                assert_eq!(page["links"].get(ahead), Some(&Value::Null), "{query}");
                assert_eq!((shown, seen), (size.min(total), total), "{query}");
            }
        }
        let empty = format!("{path}?filter[id]=987654321&page[after]=");
        let links = world.get(&empty).expect(200).json()["links"].clone();
        let none = Some(&Value::Null);
        assert_eq!((links.get("prev"), links.get("next")), (none, none), "{empty}");
    }
}

fn j66_both_ends_at_once_are_refused(place: &Place) {
    let world = World::start(place);
    deals(&world);
    let kind = format!("{PROFILE}/range-pagination-not-supported");
    let page = world.get("/deals?page[after]=&page[size]=2").expect(200).json();
    let cursor = href(&page["links"]["next"]).unwrap().split("after%5D=").nth(1).unwrap();
    let cursor = cursor.split('&').next().unwrap();
    for (after, before) in [("", ""), (cursor, ""), ("", cursor), (cursor, cursor)] {
        let query = format!("page[after]={after}&page[before]={before}");
        let error = fault(&world, &query, "page[before]");
        assert_eq!(error["links"]["type"], json!(kind), "{query}");
        assert_eq!(error["code"], "keyset_conflict", "{query}");
    }
    let mixed = fault(&world, "page[after]=&page[number]=1", "page[number]");
    assert_eq!((&mixed["code"], mixed.get("links")), (&json!("keyset_conflict"), None));
}

/// Totals are optional in the profile, and a walk has none (wire conventions).
fn j67_items_have_cursors_and_there_is_no_total(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    for address in addresses(world).iter().filter(|address| address.is_many()) {
        let list = format!("{}?sort=-id", address.path);
        let page = world.get(&format!("{list}&page[after]=&page[size]=200")).expect(200).json();
        assert_eq!(page["meta"], json!({"page_size": 200, "max_page_size": 200}), "{list}");
        let (rows, all) = (page["data"].as_array().unwrap(), ids(&page));
        for (at, row) in rows.iter().enumerate() {
            let cursor = row["meta"]["page"]["cursor"].as_str();
            let cursor = cursor.unwrap_or_else(|| panic!("{list}: no cursor in {row}"));
            let beside = |side: &str| {
                let path = format!("{list}&page[{side}]={cursor}&page[size]=200");
                ids(&world.get(&path).expect(200).json())
            };
            assert_eq!(beside("after"), all[at + 1..], "{list}");
            assert_eq!(beside("before"), all[..at], "{list}");
        }
        let numbered = world.get(&list).expect(200).json();
        let cursor = &numbered["data"][0]["meta"]["page"]["cursor"];
        assert_eq!(*cursor, Value::Null, "{list}: without the profile there is none");
    }
}
