//! J68: filters that are undeclared or malformed. Not here: the rows that filters find, and every
//! value that they refuse (`queries::filters`).

use apportion_jsonapi::Kind;
use apportion_testing::Place;

use crate::support::refusal::complaints;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::addresses;
use crate::support::world::stored_types;

apportion_testing::cases! { j68_an_unknown_filter_operator_or_value_is_400 }

const OPERATORS: [&str; 8] =
    ["eq", "not_eq", "contains", "not_contain", "gt", "gt_eq", "lt", "lt_eq"];

fn j68_an_unknown_filter_operator_or_value_is_400(place: &Place) {
    let sample = Sample::make(place);
    let refused = |path: &str, query: &str, code: &str| {
        let path = format!("{path}?{query}");
        let answer = sample.world.get(&path);
        assert_eq!(answer.status, 400, "{path}");
        let parameter = query.split('=').next().unwrap();
        assert_eq!(complaints(&answer), [format!("400 {parameter}")], "{path}");
        assert_eq!(answer.json()["errors"][0]["code"], code, "{path}");
    };
    for address in addresses(&sample.world) {
        let path = &address.path;
        if !address.is_many() {
            refused(path, "filter[id]=1", "unsupported_parameter");
            continue;
        }
        refused(path, "filter[nothing]=1", "unsupported_filter");
        refused(path, "filter[nothing][eq]=1", "unsupported_filter");
        refused(path, "filter[ID]=1", "unsupported_filter");
    }
    for kind in stored_types() {
        let path = format!("/{}", kind.name);
        let undeclared = kind.attributes.iter().map(|attribute| attribute.name);
        for name in undeclared.filter(|name| kind.filters.iter().all(|it| it.name != *name)) {
            refused(&path, &format!("filter[{name}]=1"), "unsupported_filter");
        }
        for filter in &kind.filters {
            let takes: Vec<&str> = filter.operators().map(|(word, _)| word).collect();
            let others = OPERATORS.iter().filter(|word| !takes.contains(word));
            for word in others.copied().chain(["like", "EQ", "$eq"]) {
                let query = format!("filter[{}][{word}]=1", filter.name);
                refused(&path, &query, "unsupported_filter_value");
            }
            if !matches!(filter.kind, Kind::Text) {
                let query = format!("filter[{}]=%C3%A4", filter.name);
                refused(&path, &query, "unsupported_filter_value");
            }
            if !filter.nullable && !matches!(filter.kind, Kind::Text) {
                refused(&path, &format!("filter[{}]=", filter.name), "unsupported_filter_value");
            }
        }
    }
}
