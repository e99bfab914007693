//! Both databases answer alike to the byte: the same rows are made over HTTP in each, and a long
//! list of queries is sent to both.

use apportion_testing::{Place, thinned};

use crate::support::probes::Table;
use crate::support::rows::sample::{Sample, each};
use crate::support::world::{World, stored_types};
use apportion_testing::http::Answer;

apportion_testing::cases! { postgres: filters_and_sorts, reports_and_items, other_reads }

/// Two worlds with the same rows, one on each database.
struct Twins {
    postgres: Sample,
    sqlite: Sample,
}

impl Twins {
    fn make(place: &Place) -> Self {
        let url = format!("sqlite://{}", place.directory().join("twin.db").display());
        let sqlite = Sample::fill(World::at(&url, |_| {}));
        Self { postgres: Sample::make(place), sqlite }
    }

    fn check(&self, path: &str) -> Result<(), String> {
        let [one, other] = [&self.postgres, &self.sqlite].map(|sample| {
            let answer = sample.world.get(path);
            (answer.status, comparable(&sample.world, &answer))
        });
        if one == other { Ok(()) } else { Err(format!("{path}:\n  {one:?}\n  {other:?}")) }
    }
}

/// Returns the body without what must differ: the port, instants, and the ids of errors and
/// requests.
fn comparable(world: &World, answer: &Answer) -> String {
    let body = String::from_utf8(answer.body.clone()).unwrap();
    let mut body = body.replace(&world.address().to_string(), "HOST");
    let mut varying =
        vec![("\"created_at\":\"", 24), ("\"updated_at\":\"", 24), ("\"request_id\":\"", 36)];
    if answer.status >= 400 {
        varying.push(("{\"id\":\"", 36));
    }
    for (before, length) in varying {
        let pieces: Vec<&str> = body.split(before).collect();
        let (first, rest) = pieces.split_first().unwrap();
        let rest: String =
            rest.iter().map(|piece| format!("{before}{}", &piece[length..])).collect();
        body = format!("{first}{rest}");
    }
    body
}

fn filters_and_sorts(place: &Place) {
    let twins = Twins::make(place);
    let mut paths = Vec::new();
    for kind in stored_types() {
        let table = Table::read(&twins.postgres.world, kind);
        // Instants and request ids differ between the databases, and so does the order of instants
        // that can be equal.
        let differs = |name: &str| name.ends_with("_at") || name == "request_id";
        let filters = table.filters().into_iter().filter(|probe| !differs(&probe.name));
        let at_once = ["events", "tokens"].contains(&kind.name);
        let unequal = |name: &str| !at_once && name == "created_at";
        let sorts = table.sorts().into_iter();
        let sorts = sorts.filter(|probe| unequal(&probe.name) || !differs(&probe.name));
        paths.extend(filters.chain(sorts).map(|probe| probe.path));
    }
    assert!(paths.len() > 500, "{} queries", paths.len());
    each(&thinned(paths), |path| twins.check(path));
}

/// Compares every grouping in each format, and the revenue items behind it.
fn reports_and_items(place: &Place) {
    const GROUPS: &[&str] = &[
        "",
        "date:day",
        "date:week,deal",
        "date:month,currency",
        "date:quarter,creator",
        "date:year,organization",
        "deal,revenue_distribution",
    ];
    const NARROWED: &[&str] =
        &["", "&filter[date][gt_eq]=2025-01-15", "&filter[currency]=USD", "&filter[creator_id]="];
    let twins = Twins::make(place);
    let window = "&filter[date][lt]=2026-01-01&filter[as_of]=2025-02-10&page[size]=200";
    let mut paths = Vec::new();
    for (group, narrowed) in GROUPS.iter().flat_map(|it| NARROWED.iter().map(move |by| (it, by))) {
        for form in ["", "&format=csv", "&format=svg", "&sort=-total_revenue_default&include=deal"]
        {
            let query = format!("group={group}{narrowed}{window}{form}");
            paths.push(format!("/reports/financial_item_reports?{query}"));
        }
    }
    for sort in ["", "sort=-amount", "sort=-date,deal_id&page[number]=3", "page[after]="] {
        paths.push(format!("/revenue_items?page[size]=50&{sort}"));
    }
    paths.push("/revenue_distributions/3/revenue_items?fields[revenue_items]=explanation".into());
    each(&paths, |path| twins.check(path));
}

const PATHS: &[&str] = &[
    "/deals",
    "/people",
    "/organizations",
    "/revenue_distributions",
    "/deals/2",
    "/deals/5",
    "/people/3",
    "/organizations/1",
    "/revenue_distributions/2",
    "/revenue_distributions/13",
    "/deals/",
    "/deals?page[size]=3",
    "/deals?page[size]=3&page[number]=2",
    "/deals?page[size]=3&page[number]=4",
    "/deals?page[size]=3&page[number]=99",
    "/deals?page[size]=1&page[number]=9223372036854775807",
    "/deals?sort=-name&page[size]=4",
    "/deals?sort=-date,name&page[size]=4&page[number]=2",
    "/deals?sort=creator_id,-value",
    "/deals?sort=-probability,-name,date",
    "/people?sort=-email,last_name",
    "/people?sort=last_name",
    "/people?sort=-first_name",
    "/revenue_distributions?sort=deal,-amount&page[size]=5",
    "/revenue_distributions?sort=-deal,start_on&page[size]=5&page[number]=2",
    "/revenue_distributions?sort=creator_id,amount_percent",
    "/revenue_distributions?sort=start_on,end_on,amount,deal,deal_id",
    "/revenue_distributions?filter[deal.name][contains]=A&sort=-deal",
    "/revenue_distributions?filter[deal.name][contains]=%C3%84",
    "/revenue_distributions?filter[deal.name][contains]=%E2%84%AA",
    "/revenue_distributions?filter[deal.name][contains]=k",
    "/revenue_distributions?filter[deal.name][not_contain]=%25,_,%5C",
    "/revenue_distributions?filter[deal.name]=a,B,%C3%84&include=deal",
    "/revenue_distributions?filter[creator_id]=&sort=-amount",
    "/revenue_distributions?filter[creator_id][not_eq]=2,&sort=-amount",
    "/revenue_distributions?filter[$op]=or&filter[0][amount][lt]=0&filter[1][$op]=and\
     &filter[1][0][start_on][gt]=2025-01-01&filter[1][1][deal.name][contains]=z",
    "/revenue_distributions?filter[created_at][gt]=2000-01-01",
    "/revenue_distributions?filter[created_at][lt_eq]=9999-12-31",
    "/revenue_distributions?filter[created_at][not_eq]=9999-12-31,0000-01-01",
    "/revenue_distributions?filter[start_on][lt]=0000-01-01",
    "/revenue_distributions?filter[start_on][lt]=9999-12-31",
    "/revenue_distributions?filter[amount][lt]=9223372036854775807",
    "/revenue_distributions?filter[amount_percent][gt]=99999999.9999999998",
    "/revenue_distributions?include=deal",
    "/revenue_distributions?include=creator,deal.creator,organization",
    "/revenue_distributions?include=deal.revenue_distributions.creator&page[size]=2",
    "/revenue_distributions/3?include=deal.creator.organization",
    "/revenue_distributions/2?include=creator",
    "/revenue_distributions?include=",
    "/deals?include=revenue_distributions",
    "/deals?include=revenue_distributions.creator,creator&sort=-id&page[size]=4",
    "/deals/2?include=revenue_distributions&fields[revenue_distributions]=amount,day_count",
    "/deals?fields[deals]=name,value,creator",
    "/deals?fields[deals]=",
    "/deals?fields[deals]=distributed_percent,distributed_amount,undistributed_amount",
    "/deals?fields[deals]=exchange_rate,exchange_date,value_default,revenue_distributions",
    "/revenue_distributions?fields[revenue_distributions]=day_count,daily_amount_min",
    "/revenue_distributions?fields[revenue_distributions]=daily_amount_max,created_at,deal",
    "/revenue_distributions?include=deal&fields[deals]=name&fields[revenue_distributions]=deal",
    "/deals/2/revenue_distributions",
    "/deals/2/revenue_distributions?sort=-amount&page[size]=1",
    "/deals/2/revenue_distributions?filter[creator_id]=",
    "/deals/2/creator",
    "/deals/3/creator",
    "/deals/2/organization",
    "/revenue_distributions/3/deal?include=creator",
    "/revenue_distributions/2/creator",
    "/deals/2/relationships/creator",
    "/deals/3/relationships/creator",
    "/deals/2/relationships/revenue_distributions?sort=-id&page[size]=1",
    "/revenue_distributions/2/relationships/deal",
    "/deals/1",
    "/deals/999/creator",
    "/deals/x",
    "/nowhere",
    "/deals?filter[x]=1&filter[id]=y&sort=z&include=w&fields[deals]=v&page[size]=0&u=t",
    "/deals?filter[value]=1e400&filter[exchange_rate]=1e1000000000&filter[date]=never",
    "/deals?filter[name]=%FF",
];

fn other_reads(place: &Place) {
    let twins = Twins::make(place);
    each(PATHS, |path| twins.check(path));
}
