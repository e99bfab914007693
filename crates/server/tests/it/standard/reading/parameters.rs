//! J98 to J102: the names of query parameters and how they are parsed. Not here: their meaning.

use apportion_server::{openapi, resources};
use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::atomic::{ATOMIC, add_deal};
use crate::support::refusal::{complaints, rows};
use crate::support::rows::sample::{Sample, each, ids};
use crate::support::standard::addresses::{addresses, another, written};
use crate::support::standard::every_answer::ask;

apportion_testing::cases! {
    j98_a_parameter_that_is_not_declared_is_400,
    j99_own_parameters_differ_from_those_of_the_standard,
    j100_families_are_taken_apart_at_their_brackets,
    j101_parameters_of_extensions_that_are_not_applied_are_400,
    j102_queries_are_read_as_forms,
}

/// Checks that the query is refused for that parameter at every address, and that nothing is
/// written. On a single resource a page is ignored (wire conventions).
#[track_caller]
fn refused_everywhere(sample: &Sample, query: &str, parameter: &str) {
    let world = &sample.world;
    let before = rows(world);
    let fault = format!("400 {parameter}");
    let check = |method: &str, path: &str, body: Option<&Value>| {
        let path = format!("{path}?{query}");
        let answer = world.request(method, &path, body);
        assert_eq!(answer.status, 400, "{method} {path}");
        assert_eq!(complaints(&answer), [fault.as_str()], "{method} {path}");
        assert_eq!(answer.json()["errors"][0]["code"], "unsupported_parameter", "{path}");
    };
    for address in addresses(world) {
        check("GET", &address.path, None);
    }
    for (kind, row) in written(world) {
        let body = another(world, kind);
        check("POST", &format!("/{}", kind.name), Some(&body));
        check("PATCH", &row, Some(&body));
        check("DELETE", &row, None);
        for link in kind.relationships.iter().filter(|it| it.is_changeable()) {
            let linkage = format!("{row}/relationships/{}", link.name);
            let body = world.get(&linkage).expect(200).json();
            check("PATCH", &linkage, Some(&json!({"data": body["data"]})));
        }
    }
    let body = json!({"atomic:operations": [add_deal("a")]}).to_string();
    let headers = [("Content-Type", ATOMIC)];
    let path = format!("/operations?{query}");
    let answer = ask(world, "POST", &path, &headers, body.as_bytes()).expect(400);
    assert_eq!(complaints(&answer), [fault.as_str()], "{path}");
    assert!(rows(world) == before, "{query}");
}

fn j98_a_parameter_that_is_not_declared_is_400(place: &Place) {
    let sample = Sample::make(place);
    for (query, parameter) in [
        ("nothing=1", "nothing"),
        ("api_key", "api_key"),
        ("myParameter=1", "myParameter"),
        ("Include=", "Include"),
        ("fields=name", "fields"),
        ("sort[id]=asc", "sort[id]"),
        ("include[]=creator", "include[]"),
    ] {
        refused_everywhere(&sample, query, parameter);
    }
    // Parameters of the standard are refused where they have no meaning.
    let world = &sample.world;
    for (kind, row) in written(world) {
        let body = another(world, kind);
        for (method, path) in [("POST", format!("/{}", kind.name)), ("PATCH", row)] {
            for (query, name) in [("sort=id", "sort"), ("filter[id]=1", "filter[id]")] {
                let answer = world.request(method, &format!("{path}?{query}"), Some(&body));
                assert_eq!(complaints(&answer.expect(400)), [format!("400 {name}")], "{path}");
            }
        }
    }
}

/// The names are read off the description of the service, and tried.
fn j99_own_parameters_differ_from_those_of_the_standard(place: &Place) {
    fn queries(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
            Value::Object(members) => {
                if members.get("in") == Some(&json!("query")) {
                    found.push(members["name"].as_str().unwrap().to_owned());
                }
                members.values().for_each(|value| queries(value, found));
            }
            _ => {}
        }
    }
    let mut description: Value =
        serde_json::from_str(&openapi::description(&resources::own())).unwrap();
    let mut names = vec!["X-Organization-Id".to_owned()];
    // The recorded API is not JSON:API.
    description["paths"].as_object_mut().unwrap().retain(|path, _| !path.starts_with("/siren/"));
    queries(&description, &mut names);
    assert!(names.len() > 50, "{}", names.len());
    // Reports were recorded with the first two names, and tables have the others beside `format`
    // (docs/api/compatibility.md lists the deviation).
    let deviating = ["group", "format", "locale", "separator"];
    names.retain(|name| !deviating.contains(&name.as_str()));
    for name in names {
        let base = name.split('[').next().unwrap();
        let standard = ["include", "sort", "fields", "filter", "page"].contains(&base);
        let own = base.bytes().any(|byte| !byte.is_ascii_lowercase());
        assert!(standard || own, "{name}");
    }
    let sample = Sample::make(place);
    for address in addresses(&sample.world) {
        sample.world.get(&format!("{}?X-Organization-Id=1", address.path)).expect(200);
    }
}

/// Each case is a query on the sample's distributions, and the ids that it finds.
fn j100_families_are_taken_apart_at_their_brackets(place: &Place) {
    let sample = Sample::make(place);
    let a = sample.matching(|row| row.deal_name == "a");
    sample.lists("filter[deal.name]=a", &a).unwrap();
    sample.lists("filter[deal.name][eq]=a", &a).unwrap();
    sample.lists("filter[deal.name][]=a", &a).unwrap();
    sample.lists("filter[deal.name][eq][]=a", &a).unwrap();
    let path = "/deals?page[number]=2&page[size]=4";
    let page = sample.world.get(path).expect(200).json();
    assert_eq!(ids(&page), sample.deals[4..8].iter().map(|deal| deal.id).collect::<Vec<_>>());
    let cases = [
        ("filter[_]=1", "filter[_]"),
        ("filter[]=1", "filter[]"),
        ("filter[[id]]=1", "filter[[id]]"),
        ("filter[id=1", "filter[id"),
        ("filter]id[=1", "filter]id["),
        ("filter[id]x=1", "filter[id]x"),
        ("filter[deal][name]=a", "filter[deal][name]"),
        ("page[number][eq]=2", "page[number][eq]"),
        ("fields[deals][]=name", "fields[deals][]"),
        ("fields[deals,people]=name", "fields[deals,people]"),
    ];
    each(&cases, |(query, parameter)| {
        let answer = sample.world.get(&format!("/revenue_distributions?{query}"));
        let faults = if answer.status == 400 { complaints(&answer) } else { Vec::new() };
        if faults == [format!("400 {parameter}")] {
            return Ok(());
        }
        Err(format!("{query}: {} {faults:?}", answer.status))
    });
}

fn j101_parameters_of_extensions_that_are_not_applied_are_400(place: &Place) {
    let sample = Sample::make(place);
    refused_everywhere(&sample, "atomic:operations=1", "atomic:operations");
    refused_everywhere(&sample, "version:id=1", "version:id");
}

fn j102_queries_are_read_as_forms(place: &Place) {
    let sample = Sample::make(place);
    let same = |one: &str, other: &str| {
        let rows = |query: &str| {
            let document =
                sample.world.get(&format!("/revenue_distributions?{query}")).expect(200).json();
            (document["data"].clone(), document.get("included").cloned())
        };
        let found = rows(one);
        assert!(!found.0.as_array().unwrap().is_empty(), "{one}");
        assert_eq!(found, rows(other), "{one} and {other}");
    };
    same("filter[deal.name]=50+pct+offf/x", "filter[deal.name]=50%20pct%20offf/x");
    same("filter[id]=3", "filter%5Bid%5D=3");
    same("filter[id][gt]=3", "filter%5bid][gt%5d=3");
    same("filter[id]=3,4", "filter%5Bid%5D=3%2C4");
    same("filter[id]=3,4", "filter[id]=3%2c4");
    same("sort=start_on,-id", "sort=start_on%2C-id");
    same("include=deal,creator", "include=deal%2Ccreator");
    let fields = "fields[revenue_distributions]";
    same(&format!("{fields}=amount,deal"), &format!("{fields}=amount%2Cdeal"));
    same("page[size]=2&page[number]=2", "page%5Bsize%5D=2&page%5Bnumber%5D=2");
    same("filter[$op]=or&filter[0][id]=3", "filter%5B%24op%5D=or&filter%5B0%5D%5Bid%5D=3");
    // A literal plus is escaped, and names are decoded like values.
    let plus = sample.world.deal("a+b", 1);
    let found = sample.world.get("/deals?filter[name]=a%2Bb").expect(200).json();
    assert_eq!(found["data"][0]["id"], json!(plus));
    let none = sample.world.get("/deals?filter[name]=a+b").expect(200).json();
    assert_eq!(none["data"], json!([]));
    let odd = sample.world.get("/deals?%69nclude=&%70age[size]=1").expect(200).json();
    assert_eq!((ids(&odd), &odd["included"]), (vec![2], &json!([])));
}
