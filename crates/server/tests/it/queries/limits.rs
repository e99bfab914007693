//! Every limit of a query, met exactly and exceeded by one.

use apportion_testing::Place;

use crate::support::rows::sample::each;
use crate::support::world::World;

apportion_testing::cases! {
    counts_and_depths, patterns_are_counted_in_characters, targets, listed_errors,
    limits_do_not_mask_other_faults,
}

/// A limit: its name, a query that meets it, one that exceeds it, and the code and parameter of the
/// error.
struct Limit {
    of: &'static str,
    met: String,
    passed: String,
    code: &'static str,
    parameter: Option<&'static str>,
}

fn repeat(word: &str, count: usize, joint: &str) -> String {
    vec![word; count].join(joint)
}

/// Returns a filter of a member of the innermost of that many nested groups, of which the
/// parameters are the first.
fn nested(groups: usize) -> String {
    format!("filter{}[id]=1", "[0]".repeat(groups))
}

fn limits() -> Vec<Limit> {
    const VALUE: &str = "unsupported_filter_value";
    let keys = ["start_on", "end_on", "amount", "deal", "deal_id", "creator_id"];
    let limit = |of, met, passed, code, parameter| Limit { of, met, passed, code, parameter };
    vec![
        limit(
            "parameters",
            repeat("filter[id][]=1", 64, "&"),
            repeat("filter[id][]=1", 65, "&"),
            "bad_request",
            None,
        ),
        limit(
            "sort keys",
            format!("sort={}", keys[..5].join(",")),
            format!("sort={}", keys.join(",")),
            "unsupported_sort",
            Some("sort"),
        ),
        limit(
            "include paths",
            format!("include={}", repeat("deal", 10, ",")),
            format!("include={}", repeat("deal", 11, ",")),
            "unsupported_include",
            Some("include"),
        ),
        limit(
            "depth of include paths",
            "include=deal.revenue_distributions.creator".to_owned(),
            "include=deal.revenue_distributions.deal.creator".to_owned(),
            "unsupported_include",
            Some("include"),
        ),
        limit(
            "values of one filter",
            format!("filter[id]={}", repeat("1", 100, ",")),
            format!("filter[id]={}", repeat("1", 101, ",")),
            VALUE,
            Some("filter"),
        ),
        limit(
            "values of all filters",
            format!("filter[id]={0}&filter[amount][not_eq]={0}", repeat("1", 50, ",")),
            format!("filter[id]={0}&filter[amount][not_eq]={0},2", repeat("1", 50, ",")),
            VALUE,
            Some("filter"),
        ),
        limit("nesting", nested(3), nested(4), VALUE, Some("filter[0][0][0][0][id]")),
        limit(
            "pattern",
            format!("filter[deal.name][contains]={}", "a".repeat(100)),
            format!("filter[deal.name][contains]={}", "a".repeat(101)),
            VALUE,
            Some("filter[deal.name][contains]"),
        ),
        limit(
            "absent pattern",
            format!("filter[deal.name][not_contain]={}", "a".repeat(100)),
            format!("filter[deal.name][not_contain]={}", "a".repeat(101)),
            VALUE,
            Some("filter[deal.name][not_contain]"),
        ),
        limit(
            "page size",
            "page[size]=200".to_owned(),
            "page[size]=201".to_owned(),
            "invalid_page",
            Some("page[size]"),
        ),
    ]
}

fn counts_and_depths(place: &Place) {
    let world = World::start(place);
    let deal = world.deal("Deal", 100);
    world.spread(&deal, "2025-01-01", "2025-01-31", "100");
    each(&limits(), |limit| {
        let met = world.get(&format!("/revenue_distributions?{}", limit.met));
        if met.status != 200 {
            let body = String::from_utf8_lossy(&met.body);
            return Err(format!("{} met: {} {body}", limit.of, met.status));
        }
        let passed = world.get(&format!("/revenue_distributions?{}", limit.passed));
        let document = passed.json();
        let error = &document["errors"][0];
        let alone = document["errors"].as_array().is_some_and(|errors| errors.len() == 1);
        let right = passed.status == 400
            && alone
            && error["code"] == limit.code
            && error["source"]["parameter"].as_str() == limit.parameter;
        if right { Ok(()) } else { Err(format!("{} passed: {document}", limit.of)) }
    });
}

/// Neither bytes nor percent escapes are counted, nor are the escapes of `%` and `_`.
fn patterns_are_counted_in_characters(place: &Place) {
    let world = World::start(place);
    for (character, encoded) in [("ä", "%C3%A4"), ("𝄞", "%F0%9D%84%9E"), ("%", "%25"), ("_", "_")]
    {
        world.deal(&character.repeat(100), 1);
        let path = |count| format!("/deals?filter[name][contains]={}", encoded.repeat(count));
        let found = world.get(&path(100)).expect(200).json()["meta"]["total_count"].clone();
        assert_eq!(found, 1, "{character}");
        world.get(&path(101)).expect(400);
    }
    // Equality has no limit but that of the whole address.
    let long = format!("/deals?filter[name]={}", "a".repeat(1000));
    assert_eq!(world.get(&long).expect(200).json()["meta"]["total_count"], 0);
}

fn targets(place: &Place) {
    let world = World::start(place);
    let path = |length: usize| {
        let start = "/deals?filter[name]=";
        format!("{start}{}", "a".repeat(length - "/api/v2".len() - start.len()))
    };
    assert_eq!(world.get(&path(8192)).status, 200);
    let refused = world.get(&path(8193)).expect(414).json()["errors"].clone();
    assert_eq!((&refused[0]["status"], &refused[0]["code"]), (&"414".into(), &"too_large".into()));
    assert_eq!(refused.as_array().unwrap().len(), 1);
    assert_eq!(world.get(&path(60_000)).status, 414);
}

fn listed_errors(place: &Place) {
    let world = World::start(place);
    let list = |count: usize| {
        let unknown: Vec<String> = (0..count).map(|at| format!("x{at}=1")).collect();
        let answer = world.get(&format!("/deals?{}", unknown.join("&"))).expect(400);
        answer.json()["errors"].as_array().unwrap().len()
    };
    assert_eq!(list(50), 50);
    assert_eq!(list(51), 50);
    assert_eq!(list(64), 50);
}

fn limits_do_not_mask_other_faults(place: &Place) {
    let world = World::start(place);
    let ids = repeat("1", 101, ",");
    let path = format!("/deals?filter[id]={ids}&sort=a,b,c,d,e,f&page[size]=201&x=1");
    let errors = world.get(&path).expect(400).json()["errors"].clone();
    let mut codes: Vec<&str> =
        errors.as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["invalid_page", "unsupported_filter_value", "unsupported_parameter", "unsupported_sort"]
    );
}
