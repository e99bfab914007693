//! Cursor pages (the cursor-pagination profile): how a walk begins, its links and figures, and
//! walks over related lists and by values of another table. Not here: the rules of the profile
//! (`standard`).

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::cursor_walk::{deals, follow, ids, walk};
use crate::support::world::{World, document};
use apportion_testing::http::send;

apportion_testing::cases! {
    walks_begin, links_and_figures, related_lists_are_walked, sorts_by_what_another_table_holds
}

const PROFILE: &str = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination";

fn walks_begin(place: &Place) {
    let world = World::start(place);
    deals(&world);
    let accept = format!("application/vnd.api+json; profile=\"{PROFILE}\"");
    let headers = [("X-Auth-Token", world.token.as_str()), ("Accept", accept.as_str())];
    let answer = send(world.address(), "GET", "/api/v2/deals?page%5Bsize%5D=2", &headers, b"");
    assert_eq!(answer.header("Content-Type"), Some(accept.as_str()));
    let by_accept = answer.expect(200).json();
    let by_parameter = world.get("/deals?page[after]=&page[size]=2").expect(200).json();
    assert_eq!(by_accept, by_parameter);
    assert_eq!(by_accept["jsonapi"], json!({"version": "1.1", "profile": [PROFILE]}));
    let numbered = send(world.address(), "GET", "/api/v2/deals?page[number]=1", &headers, b"");
    assert_eq!(numbered.header("Content-Type"), Some("application/vnd.api+json"));
    assert_eq!(numbered.expect(200).json()["meta"]["total_count"], 7);
}

fn links_and_figures(place: &Place) {
    let world = World::start(place);
    deals(&world);
    let page = world.get("/deals?page[after]=&page[size]=3&filter[value][gt]=-1000").json();
    assert_eq!(page["meta"], json!({"page_size": 3, "max_page_size": 200}));
    assert_eq!(page["links"]["prev"], Value::Null);
    let next = page["links"]["next"].as_str().unwrap();
    assert!(next.contains("filter%5Bvalue%5D%5Bgt%5D=-1000&page%5Bafter%5D="), "{next}");
    let second = follow(&world, &page["links"]["next"]);
    assert_eq!(ids(&second), ["4", "5", "6"]);
    assert_eq!(follow(&world, &second["links"]["self"]), second);
    assert_eq!(ids(&follow(&world, &second["links"]["prev"])), ["1", "2", "3"]);
    let last = follow(&world, &second["links"]["next"]);
    assert_eq!((ids(&last), &last["links"]["next"]), (vec!["7".to_owned()], &Value::Null));
    let empty = world.get("/people?page[after]=").expect(200).json();
    assert_eq!((&empty["links"]["prev"], &empty["links"]["next"]), (&Value::Null, &Value::Null));
    assert_eq!(empty["data"], json!([]));
}

fn related_lists_are_walked(place: &Place) {
    let world = World::start(place);
    let (deal, other) = (world.deal("Walked", 100), world.deal("Other", 100));
    let mut expected = Vec::new();
    for day in 1..=5 {
        let on = format!("2025-01-0{day}");
        expected.push(world.spread(&deal, &on, &on, "1"));
        world.spread(&other, &on, &on, "1");
    }
    for path in ["revenue_distributions", "relationships/revenue_distributions"] {
        let list = format!("/deals/{deal}/{path}?page[after]=&page[size]=2");
        assert_eq!(walk(&world, &list, "next"), (expected.clone(), 3));
    }
    let included = world
        .get(&format!("/deals/{deal}/revenue_distributions?page[after]=&include=deal"))
        .expect(200)
        .json();
    assert_eq!(included["included"][0]["id"], json!(deal));
}

fn sorts_by_what_another_table_holds(place: &Place) {
    let world = World::start(place);
    for name in ["b", "a", "\"q\" \\ \u{e4}", "b"] {
        let deal = world.deal(name, 100);
        world.spread(&deal, "2025-01-01", "2025-01-02", "1");
        world.spread(&deal, "2025-01-03", "2025-01-04", "2");
    }
    for sort in ["deal", "-deal", "deal,-start_on", "-amount_percent,deal"] {
        let list = format!("/revenue_distributions?sort={sort}");
        let expected = ids(&world.get(&list).expect(200).json());
        let (walked, _) = walk(&world, &format!("{list}&page[after]=&page[size]=1"), "next");
        assert_eq!(walked, expected, "{sort}");
        let (walked, _) = walk(&world, &format!("{list}&page[before]=&page[size]=3"), "prev");
        assert_eq!(walked, expected, "{sort}");
    }
    let renamed = document("deals", json!({"name": "z"}), &[]);
    world.patch("/deals/1", &renamed).expect(200);
}
