//! J37 to J39: compound documents, over every include path of every type. Not here: which paths
//! there are (`include`).

use std::collections::BTreeSet;

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::included::{identity, linked};
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{addresses, include_paths};
use crate::support::standard::document_parts::{resources, several};
use crate::support::standard::every_answer::{Documented, Once, documents};
use crate::support::world::World;

apportion_testing::cases! {
    j37_included_resources_stand_in_included_alone,
    j38_every_included_resource_is_linked,
    j39_a_resource_stands_in_a_document_once,
}

/// Returns compound documents from every address: one for each include path, and some with many
/// paths.
#[track_caller]
fn compounds(place: &Place) -> &'static [Documented] {
    static COMPOUNDS: Once<Vec<Documented>> = Once::new();
    COMPOUNDS.of(place, || {
        let another = place.another();
        ask_for_compounds(&Sample::make(&another).world)
    })
}

#[track_caller]
fn ask_for_compounds(world: &World) -> Vec<Documented> {
    let mut found = Vec::new();
    for address in addresses(world).iter().filter(|address| address.has_resources()) {
        let each = include_paths(address.kind);
        // This is as many paths as one request takes.
        let together = each.chunks(10).map(|paths| paths.join(","));
        for include in each.iter().cloned().chain(together) {
            let path = format!("{}?include={include}", address.path);
            found.push((path.clone(), world.get(&path).expect(200).json()));
        }
    }
    assert!(found.len() > 50, "{}", found.len());
    found
}

/// Counts the resource objects at any depth.
fn nested(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(nested).sum(),
        Value::Object(members) => {
            let own = usize::from(members.contains_key("attributes"));
            own + members.values().map(nested).sum::<usize>()
        }
        _ => 0,
    }
}

fn j37_included_resources_stand_in_included_alone(place: &Place) {
    for (request, document) in documents(place).iter().chain(compounds(place)) {
        assert_eq!(nested(document), resources(document).len(), "{request}");
        assert!(document.get("included").is_none_or(Value::is_array), "{request}");
    }
}

fn j38_every_included_resource_is_linked(place: &Place) {
    let sample = Sample::make(place);
    let mut seen = 0;
    for (request, document) in compounds(place) {
        let included = linked(document).unwrap_or_else(|error| panic!("{request}: {error}"));
        seen += included.len();
    }
    assert!(seen > 100, "{seen}");
    // Sparse fieldsets may hide the linkage.
    let path = "/revenue_distributions/3?include=deal.creator&fields[revenue_distributions]=amount";
    let hidden = sample.world.get(path).expect(200).json();
    assert_eq!(hidden["data"]["relationships"], json!({}));
    let included = several(&hidden["included"]).into_iter().map(identity);
    let included: Vec<(String, String)> = included.collect();
    assert_eq!(included, [("deals".into(), "2".into()), ("people".into(), "2".into())]);
}

fn j39_a_resource_stands_in_a_document_once(place: &Place) {
    let sample = Sample::make(place);
    for (request, document) in compounds(place) {
        let all: Vec<(String, String)> = resources(document).into_iter().map(identity).collect();
        let distinct: BTreeSet<&(String, String)> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{request}");
    }
    // A path may lead back to a primary resource, which is not repeated.
    let path = "/deals/2?include=revenue_distributions.deal";
    let back = sample.world.get(path).expect(200).json();
    let types: Vec<&Value> = several(&back["included"]).iter().map(|row| &row["type"]).collect();
    assert_eq!(types, ["revenue_distributions", "revenue_distributions"]);
}
