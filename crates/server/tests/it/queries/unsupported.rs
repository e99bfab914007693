//! Queries that are refused: each fault with its status, code, title and parameter, and all faults
//! of one request at once. Not here: values of filters (`filters::unsupported`).

use apportion_testing::Place;
use serde_json::json;

use crate::support::query_faults::{check, errors, title};
use crate::support::rows::sample::each;
use crate::support::world::World;

apportion_testing::cases! {
    unknown_names, on_single_resources, given_twice, all_at_once, echoes_are_cut,
    missing_rows_first,
}

fn unknown_names(place: &Place) {
    const F: &str = "unsupported_filter";
    const S: &str = "unsupported_sort";
    const I: &str = "unsupported_include";
    const D: &str = "unsupported_field";
    const P: &str = "unsupported_parameter";
    check(
        place,
        &[
            ("/deals?filter[x]=1", F, "filter[x]", "Filter 'x' is not supported on this endpoint"),
            ("/deals?filter[x][eq]=1", F, "filter[x][eq]", "Filter 'x' is not supported"),
            ("/deals?filter[NAME]=a", F, "filter[NAME]", "'NAME'"),
            ("/deals?filter[]=a", F, "filter[]", ""),
            ("/deals?filter[0]=a", F, "filter[0]", ""),
            ("/deals?filter[0][x]=a", F, "filter[0][x]", "'x'"),
            ("/deals?filter[creator.email]=a", F, "filter[creator.email]", "'creator.email'"),
            ("/deals?filter[-1][id]=1", F, "filter[-1][id]", "'-1'"),
            ("/revenue_distributions?filter[currency]=EUR", F, "filter[currency]", "'currency'"),
            ("/revenue_distributions?filter[deal.value]=1", F, "filter[deal.value]", "deal.value"),
            ("/revenue_distributions?filter[%C3%A4]=1", F, "filter[ä]", "'ä'"),
            ("/people?filter[password]=1", F, "filter[password]", "'password'"),
            ("/deals?sort=x", S, "sort", "Sort 'x' is not supported on this endpoint"),
            ("/deals?sort=-x", S, "sort", "'x'"),
            ("/deals?sort=--name", S, "sort", "'-name'"),
            ("/deals?sort=name,,id", S, "sort", "''"),
            ("/deals?sort=+name", S, "sort", "' name'"),
            ("/deals?sort=NAME", S, "sort", "'NAME'"),
            ("/deals?sort=revenue_distributions", S, "sort", "revenue_distributions"),
            ("/revenue_distributions?sort=deal.name", S, "sort", "'deal.name'"),
            ("/revenue_distributions?sort=currency", S, "sort", "'currency'"),
            ("/revenue_distributions?sort=creator", S, "sort", "'creator'"),
            ("/deals?include=x", I, "include", "'x'"),
            ("/deals?include=creator.x", I, "include", "'creator.x'"),
            ("/deals?include=creator,", I, "include", "''"),
            ("/deals?include=deal", I, "include", "'deal'"),
            ("/deals?include=creator..organization", I, "include", "creator..organization"),
            ("/deals?include=name", I, "include", "'name'"),
            ("/deals?fields[deals]=x", D, "fields[deals]", "'x'"),
            ("/deals?fields[deals]=name,", D, "fields[deals]", "''"),
            ("/deals?fields[deals]=id", D, "fields[deals]", "'id'"),
            ("/deals?fields[deals]=creator_id", D, "fields[deals]", "'creator_id'"),
            ("/deals?fields[x]=name", D, "fields[x]", "'x'"),
            ("/deals?fields[deal]=name", D, "fields[deal]", "'deal'"),
            ("/deals?x=1", P, "x", "Parameter 'x' is not supported on this endpoint"),
            ("/deals?x", P, "x", "'x'"),
            ("/deals?=1", P, "", "''"),
            ("/deals?filter=1", P, "filter", "'filter'"),
            ("/deals?fields=name", P, "fields", "'fields'"),
            ("/deals?page=2", P, "page", "'page'"),
            ("/deals?page[x]=2", P, "page[x]", "'page[x]'"),
            ("/deals?page[number][eq]=2", P, "page[number][eq]", "page[number][eq]"),
            ("/deals?sort[name]=asc", P, "sort[name]", "sort[name]"),
            ("/deals?include[]=creator", P, "include[]", "include[]"),
            ("/deals?Filter[id]=1", P, "Filter[id]", "Filter[id]"),
            ("/deals?SORT=id", P, "SORT", "SORT"),
            ("/deals?filter[id=1", P, "filter[id", "filter[id"),
            ("/deals?filter]id[=1", P, "filter]id[", "filter]id["),
            ("/deals?filter[id]x=1", P, "filter[id]x", "filter[id]x"),
            ("/deals?filter[[id]]=1", P, "filter[[id]]", "filter[[id]]"),
            ("/deals?group=date", P, "group", "'group'"),
            ("/deals?api_key=1", P, "api_key", "'api_key'"),
        ],
    );
}

fn on_single_resources(place: &Place) {
    const P: &str = "unsupported_parameter";
    check(
        place,
        &[
            ("/deals/1?sort=id", P, "sort", "'sort'"),
            ("/deals/1?filter[id]=1", P, "filter[id]", "'filter[id]'"),
            ("/revenue_distributions/1/deal?sort=id", P, "sort", "'sort'"),
            ("/revenue_distributions/1/deal?filter[id]=1", P, "filter[id]", "'filter[id]'"),
            ("/revenue_distributions/1/relationships/deal?sort=id", P, "sort", "'sort'"),
            (
                "/revenue_distributions/1/relationships/deal?include=x",
                "unsupported_include",
                "include",
                "'x'",
            ),
            ("/deals/1?x=1", P, "x", "'x'"),
            ("/deals/1?include=x", "unsupported_include", "include", "'x'"),
            ("/deals/1?fields[deals]=x", "unsupported_field", "fields[deals]", "'x'"),
            ("/deals/1/revenue_distributions?sort=x", "unsupported_sort", "sort", "'x'"),
            (
                "/deals/1/revenue_distributions?filter[name]=x",
                "unsupported_filter",
                "filter[name]",
                "'name'",
            ),
            (
                "/deals/1/relationships/revenue_distributions?filter[x]=x",
                "unsupported_filter",
                "filter[x]",
                "'x'",
            ),
        ],
    );
}

/// A parameter that is given twice is named, at every address that takes parameters.
fn given_twice(place: &Place) {
    const P: &str = "unsupported_parameter";
    const G: &str = "unsupported_group";
    const ONCE: &str = "given more than once";
    const REPORT: &str = "/reports/financial_item_reports";
    let world = World::start(place);
    let deal = world.deal("Deal", 100);
    world.spread(&deal, "2025-01-01", "2025-01-31", "50");
    world.create("collaborators", json!({"full_name": "C"}), &[]);
    let distributor = json!({
        "name": "D", "units": "point", "pool_resolver": "fixed_amount", "pool_amount": 1,
        "distribution_resolver": "evenly_shared_pool",
    });
    world.create("distributors", distributor, &[]);
    let lists = ["/deals", "/revenue_items", "/checks", "/deals/1/revenue_distributions", REPORT];
    let mut cases = vec![
        ("/revenue_distributions/1?include=deal&include=deal".to_owned(), P, "include"),
        ("/deals/1?page[size]=1&page[size]=1".to_owned(), P, "page[size]"),
        ("/revenue_distributions/1/deal?include=&include=creator".to_owned(), P, "include"),
        ("/revenue_distributions/1/relationships/deal?include=&include=".to_owned(), P, "include"),
        ("/deals/1/relationships/revenue_distributions?sort=id&sort=id".to_owned(), P, "sort"),
        ("/distributors/1/preview?filter[at]=2030-01-01T00:00:00Z&filter[at]=2030-01-01T00:00:00Z"
            .to_owned(), P, "filter[at]"),
        ("/distributors/1/preview?include=&include=".to_owned(), P, "include"),
        (format!("{REPORT}?format=csv&format=csv"), P, "format"),
        (format!("{REPORT}?group=deal&group=deal"), G, "group"),
        (format!("{REPORT}?filter[deal_id]=1&filter[deal_id]=2"), P, "filter[deal_id]"),
        (format!("{REPORT}?filter[as_of]=2025-01-01&filter[as_of]=2025-01-01"), P, "filter[as_of]"),
        ("/deals?filter[id]=1&filter[id]=2".to_owned(), P, "filter[id]"),
        ("/deals?filter[id]=1&filter%5Bid%5D=1".to_owned(), P, "filter[id]"),
        ("/deals?filter[$op]=or&filter[$op]=or".to_owned(), P, "filter[$op]"),
        ("/deals?fields[deals]=name&fields[deals]=value".to_owned(), P, "fields[deals]"),
        ("/deals?page[after]=&page[after]=".to_owned(), P, "page[after]"),
        ("/revenue_items?filter[date]=2025-01-01&filter[date]=2025-01-02".to_owned(), P, "filter[date]"),
    ];
    for list in lists {
        cases.push((format!("{list}?page[number]=1&page[number]=2"), P, "page[number]"));
        cases.push((format!("{list}?sort=&sort="), P, "sort"));
    }
    each(&cases, |(path, code, parameter)| {
        let errors = errors(&world, path)?;
        let [error] = errors.as_slice() else { return Err(format!("{path}: {errors:?}")) };
        let named = error["code"] == **code && error["source"]["parameter"] == **parameter;
        let said = error["detail"].as_str().unwrap().contains(ONCE);
        if named && said { Ok(()) } else { Err(format!("{path}: {error}")) }
    });
}

fn all_at_once(place: &Place) {
    let world = World::start(place);
    let path = "/deals?filter[x]=1&filter[id]=y&filter[name][gt]=z&sort=-u,v&include=w,creator.t\
                &fields[deals]=s,name,r&fields[q]=p&page[number]=0&page[size]=201&o=1\
                &filter[date]=never&n=%FF";
    let errors = errors(&world, path).unwrap();
    let mut found: Vec<(&str, &str)> = errors
        .iter()
        .map(|error| {
            let parameter = error["source"]["parameter"].as_str().unwrap();
            assert_eq!(error["title"], title(error["code"].as_str().unwrap()));
            (error["code"].as_str().unwrap(), parameter)
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("invalid_page", "page[number]"),
            ("invalid_page", "page[size]"),
            ("unsupported_field", "fields[deals]"),
            ("unsupported_field", "fields[deals]"),
            ("unsupported_field", "fields[q]"),
            ("unsupported_filter", "filter[x]"),
            ("unsupported_filter_value", "filter[date]"),
            ("unsupported_filter_value", "filter[id]"),
            ("unsupported_filter_value", "filter[name][gt]"),
            ("unsupported_include", "include"),
            ("unsupported_include", "include"),
            ("unsupported_parameter", "n"),
            ("unsupported_parameter", "o"),
            ("unsupported_sort", "sort"),
            ("unsupported_sort", "sort"),
        ]
    );
    let mut ids: Vec<&str> = errors.iter().map(|error| error["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), errors.len());
}

fn echoes_are_cut(place: &Place) {
    let world = World::start(place);
    let (long, cut) = ("ä".repeat(101), "ä".repeat(100));
    let encoded = "%C3%A4".repeat(101);
    let cases: &[(String, String)] = &[
        (format!("/deals?filter[{encoded}]=1"), format!("filter[{}", "ä".repeat(93))),
        (format!("/deals?{encoded}=1"), cut.clone()),
        (format!("/deals?sort={encoded}"), "sort".to_owned()),
        (format!("/deals?filter[id]={encoded}"), "filter[id]".to_owned()),
        (format!("/deals?page[size]={encoded}"), "page[size]".to_owned()),
        (format!("/deals?include={encoded}"), "include".to_owned()),
        (format!("/deals?fields[deals]={encoded}"), "fields[deals]".to_owned()),
    ];
    each(cases, |(path, parameter)| {
        let error = errors(&world, path)?.remove(0);
        let detail = error["detail"].as_str().unwrap();
        let named = error["source"]["parameter"] == *parameter;
        if named && detail.contains(&"ä".repeat(90)) && !detail.contains(&long) {
            Ok(())
        } else {
            Err(error.to_string())
        }
    });
}

fn missing_rows_first(place: &Place) {
    let world = World::start(place);
    world.deal("Deal", 100);
    for path in
        ["/deals/999?x=1", "/deals/999/creator?sort=x", "/deals/999/relationships/creator?x"]
    {
        assert_eq!(world.get(path).expect(404).json()["errors"][0]["code"], "record_not_found");
    }
    assert_eq!(world.get("/deals/1?x=1").status, 400);
}
