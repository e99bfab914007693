//! Numbered pages: their rows, their links to the letter, and the range of their numbers.

use apportion_server::import::Importer;
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::rows::sample::{each, ids};
use crate::support::world::World;

apportion_testing::cases! {
    links_and_meta, other_parameters_are_kept, links_lead_somewhere, bounds, origin_of_links,
    ignored_on_single_resources, full_pages,
}

/// Starts a server with seven deals, with ids from 1.
fn seven(place: &Place) -> World {
    let world = World::start(place);
    for at in 1..=7 {
        assert_eq!(world.deal(&format!("Deal {at}"), at), at.to_string());
    }
    world
}

/// A query, the ids found, the page's number and size and the last page, and the pages before and
/// after.
type Case = (&'static str, &'static [i64], [i64; 3], [Option<i64>; 2]);

fn links_and_meta(place: &Place) {
    let world = seven(place);
    let cases: &[Case] = &[
        ("", &[1, 2, 3, 4, 5, 6, 7], [1, 30, 1], [None, None]),
        ("page[size]=3", &[1, 2, 3], [1, 3, 3], [None, Some(2)]),
        ("page[number]=1&page[size]=3", &[1, 2, 3], [1, 3, 3], [None, Some(2)]),
        ("page[number]=2&page[size]=3", &[4, 5, 6], [2, 3, 3], [Some(1), Some(3)]),
        ("page[size]=3&page[number]=3", &[7], [3, 3, 3], [Some(2), None]),
        ("page%5Bnumber%5D=2&page%5Bsize%5D=3", &[4, 5, 6], [2, 3, 3], [Some(1), Some(3)]),
        // A page past the end is empty and leads back to the last page.
        ("page[number]=4&page[size]=3", &[], [4, 3, 3], [Some(3), None]),
        ("page[number]=5&page[size]=3", &[], [5, 3, 3], [Some(3), None]),
        ("page[number]=999&page[size]=7", &[], [999, 7, 1], [Some(1), None]),
        ("page[number]=2", &[], [2, 30, 1], [Some(1), None]),
        ("page[size]=7", &[1, 2, 3, 4, 5, 6, 7], [1, 7, 1], [None, None]),
        ("page[size]=6", &[1, 2, 3, 4, 5, 6], [1, 6, 2], [None, Some(2)]),
        ("page[size]=1&page[number]=7", &[7], [7, 1, 7], [Some(6), None]),
        ("page[size]=200", &[1, 2, 3, 4, 5, 6, 7], [1, 200, 1], [None, None]),
    ];
    each(cases, |&(query, expected, [number, size, last], [prev, next])| {
        let document = world.get(&format!("/deals?{query}")).expect(200).json();
        let page = |number: i64| {
            format!(
                "http://{}/api/v2/deals?page%5Bnumber%5D={number}&page%5Bsize%5D={size}",
                world.address()
            )
        };
        let links = json!({
            "self": page(number), "first": page(1), "last": page(last),
            "prev": prev.map(page), "next": next.map(page),
            "describedby": "/api/v2/openapi.json",
        });
        let meta = json!({
            "current_page": number, "total_pages": last, "total_count": 7, "page_size": size,
            "max_page_size": 200,
        });
        let found = ids(&document);
        if found == expected && document["links"] == links && document["meta"] == meta {
            return Ok(());
        }
        Err(format!("{query}: {found:?} {} {}", document["links"], document["meta"]))
    });
    let empty = world.get("/people").expect(200).json();
    let page =
        format!("http://{}/api/v2/people?page%5Bnumber%5D=1&page%5Bsize%5D=30", world.address());
    assert_eq!(empty["data"], json!([]));
    assert_eq!(
        empty["links"],
        json!({
            "self": page, "first": page, "last": page, "prev": null, "next": null,
            "describedby": "/api/v2/openapi.json",
        })
    );
    assert_eq!(
        empty["meta"],
        json!({
            "current_page": 1, "total_pages": 1, "total_count": 0, "page_size": 30,
            "max_page_size": 200,
        })
    );
}

/// Each case is a path with its query, and the part of the query that its links keep.
fn other_parameters_are_kept(place: &Place) {
    let world = seven(place);
    world.spread("1", "2025-01-01", "2025-01-31", "1");
    let cases: &[(&str, &str)] = &[
        ("/deals?sort=-id&page[size]=2", "/deals?sort=-id"),
        ("/deals/?page[size]=2", "/deals"),
        ("/deals?page[size]=2&sort=-name,id", "/deals?sort=-name,id"),
        ("/deals?sort=-name%2Cid&page[size]=2", "/deals?sort=-name,id"),
        (
            "/deals?filter[name][contains]=eal+&page[number]=1&sort=id&page[size]=2",
            "/deals?filter%5Bname%5D%5Bcontains%5D=eal%20&sort=id",
        ),
        (
            "/deals?filter[$op]=or&filter[0][id]=1&filter[1][id][]=2&page[size]=2",
            "/deals?filter%5B%24op%5D=or&filter%5B0%5D%5Bid%5D=1&filter%5B1%5D%5Bid%5D%5B%5D=2",
        ),
        (
            "/deals?filter[name]=%C3%84%26%3D%25%2B%23&page[size]=2",
            "/deals?filter%5Bname%5D=%C3%84%26%3D%25%2B%23",
        ),
        (
            "/deals?include=&fields[deals]=name&page[size]=2",
            "/deals?include=&fields%5Bdeals%5D=name",
        ),
        ("/deals?X-Organization-Id=1&page[size]=2", "/deals?X-Organization-Id=1"),
        (
            "/deals/1/revenue_distributions?sort=-id&page[size]=2",
            "/deals/1/revenue_distributions?sort=-id",
        ),
        (
            "/deals/1/relationships/revenue_distributions?sort=-id&page[size]=2",
            "/deals/1/relationships/revenue_distributions?sort=-id",
        ),
    ];
    each(cases, |(path, before)| {
        let document = world.get(path).expect(200).json();
        let joint = if before.contains('?') { '&' } else { '?' };
        let expected = format!(
            "http://{}/api/v2{before}{joint}page%5Bnumber%5D=1&page%5Bsize%5D=2",
            world.address()
        );
        let links = &document["links"];
        if links["self"] == expected && links["first"] == expected {
            Ok(())
        } else {
            Err(format!("{path}: {} is not {expected}", links["self"]))
        }
    });
}

/// Following `next` shows every row once, and `prev` leads back over the same pages.
fn links_lead_somewhere(place: &Place) {
    let world = seven(place);
    let walk = |from: String, member: &str| {
        let (mut path, mut seen) = (from, Vec::new());
        loop {
            let document = world.get(&path).expect(200).json();
            seen.push(ids(&document));
            match document["links"][member].as_str() {
                Some(link) => path = relative(&world, link),
                None => return seen,
            }
        }
    };
    let there = walk("/deals?sort=-id&filter[id][lt]=7&page[size]=4".to_owned(), "next");
    assert_eq!(there, [vec![6, 5, 4, 3], vec![2, 1]]);
    let first = world.get("/deals?page[size]=2").expect(200).json();
    let last = relative(&world, first["links"]["last"].as_str().unwrap());
    let back = walk(last, "prev");
    assert_eq!(back, [vec![7], vec![5, 6], vec![3, 4], vec![1, 2]]);
    // Rows with equal keys appear once as well.
    for at in 8..=20 {
        assert_eq!(world.deal("Tie", 100), at.to_string());
    }
    let pages = walk("/deals?sort=-value&page[size]=3".to_owned(), "next");
    let expected: Vec<i64> = (8..=20).rev().chain((1..=7).rev()).collect();
    assert_eq!(pages.concat(), expected);
}

fn relative(world: &World, link: &str) -> String {
    let root = format!("http://{}/api/v2", world.address());
    link.strip_prefix(&root).unwrap_or_else(|| panic!("{link}")).to_owned()
}

/// Each case is a query and whether it is accepted.
fn bounds(place: &Place) {
    let world = seven(place);
    let cases: &[(&str, bool)] = &[
        ("page[size]=1", true),
        ("page[size]=200", true),
        ("page[size]=201", false),
        ("page[size]=0", false),
        ("page[number]=1", true),
        ("page[number]=0", false),
        ("page[number]=9223372036854775807&page[size]=1", true),
        ("page[number]=9223372036854775807", false),
        ("page[number]=9223372036854775808&page[size]=1", false),
        // 46,116,860,184,273,879 pages of 200 rows are the most below 2^63.
        ("page[number]=46116860184273879&page[size]=200", true),
        ("page[number]=46116860184273880&page[size]=200", false),
        ("page[number]=307445734561825860", true),
        ("page[number]=307445734561825861", false),
    ];
    each(cases, |(query, taken)| {
        let answer = world.get(&format!("/deals?{query}"));
        let code = answer.json()["errors"][0]["code"].clone();
        let refused = answer.status == 400 && code == "invalid_page";
        if answer.status == 200 && *taken || refused && !taken {
            return Ok(());
        }
        Err(format!("{query}: {} {code}", answer.status))
    });
}

/// Links begin with the public URL if there is one, otherwise with the `Host` of the request.
fn origin_of_links(place: &Place) {
    let world = World::start(place);
    let own = |host: &str| {
        let headers = [("X-Auth-Token", world.token.as_str()), ("Host", host)];
        let answer =
            apportion_testing::http::send(world.address(), "GET", "/api/v2/deals", &headers, b"");
        answer.expect(200).json()["links"]["self"].as_str().unwrap().to_owned()
    };
    let port = world.address().port();
    let page = "/api/v2/deals?page%5Bnumber%5D=1&page%5Bsize%5D=30";
    assert_eq!(own(&format!("localhost:{port}")), format!("http://localhost:{port}{page}"));
    assert_eq!(own("localhost"), format!("http://localhost{page}"));
    let public = World::configured(place, |config| {
        config.service.public_url = Some("https://api.example.com/base/".to_owned());
    });
    let document = public.get("/deals").expect(200).json();
    assert_eq!(document["links"]["self"], format!("https://api.example.com/base{page}"));
    assert_eq!(document["links"]["next"], Value::Null);
}

fn ignored_on_single_resources(place: &Place) {
    let world = seven(place);
    world.spread("1", "2025-01-01", "2025-01-31", "1");
    let cases = [
        "/deals/1?page[number]=2&page[size]=1",
        "/deals/1?page[size]=0",
        "/deals/1?page[number]=x",
        "/revenue_distributions/1/deal?page[number]=9",
    ];
    each(&cases, |path| {
        let found = world.get(path).expect(200).json()["data"]["id"].clone();
        if found == "1" { Ok(()) } else { Err(format!("{path}: {found}")) }
    });
    let linkage = world.get("/revenue_distributions/1/relationships/deal?page[size]=1");
    assert_eq!(linkage.expect(200).json()["data"], json!({"type": "deals", "id": "1"}));
}

/// There are more rows than the largest page holds.
fn full_pages(place: &Place) {
    let world = World::start(place);
    let mut file = "name,value\n".to_owned();
    for at in 1..=450 {
        file += &format!("Deal {at},{}\n", at % 7);
    }
    let mut importer = Importer::open(&world.database, world.organization).unwrap();
    assert_eq!(importer.import("deals", file.as_bytes(), |_| {}).unwrap(), 450);
    let mut expected: Vec<i64> = (1..=450).collect();
    expected.sort_by_key(|id| (id % 7, *id));
    let mut found = Vec::new();
    for (number, rows) in [(1, 200), (2, 200), (3, 50), (4, 0)] {
        let path = format!("/deals?sort=value&page[size]=200&page[number]={number}");
        let document = world.get(&path).expect(200).json();
        assert_eq!(ids(&document).len(), rows);
        let meta = &document["meta"];
        assert_eq!((&meta["total_count"], &meta["total_pages"]), (&json!(450), &json!(3)));
        found.extend(ids(&document));
    }
    assert_eq!(found, expected);
}
