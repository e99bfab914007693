//! Every declared filter of every type with every operator of its kind, read off the declarations
//! so that none is forgotten. Not here: every sort (`standard`).

use apportion_jsonapi::Relationship;
use apportion_jsonapi::resource::Cardinality;
use apportion_server::store::Field;
use apportion_testing::{Place, thinned};

use crate::support::probes::{Table, found};
use crate::support::rows::sample::{Sample, each};
use crate::support::world::stored_types;

apportion_testing::cases! { every_filter; plain: every_type_has_its_tenant_and_its_times }

fn every_filter(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let probes = thinned(Table::read(&sample.world, kind).filters());
        each(&probes, |probe| found(&sample.world, probe));
    }
}

/// Clients that read only what changed depend on the times; every `<relationship>_id` is promised.
fn every_type_has_its_tenant_and_its_times() {
    let mut never_changed = Vec::new();
    for kind in stored_types() {
        let both = |name: &str| {
            let filters = kind.filters.iter().filter(|filter| filter.name == name).count();
            let sorts = kind.sorts.iter().filter(|sort| sort.name == name).count();
            assert_eq!((filters, sorts), (1, 1), "{}: {name}", kind.name);
        };
        let has = |name| kind.attribute(name).is_some();
        let to_one = |it: &&Relationship<Field>| it.cardinality == Cardinality::One;
        let linked: Vec<&str> =
            kind.relationships.iter().filter(to_one).map(|it| it.name).collect();
        linked.iter().for_each(|name| both(&format!("{name}_id")));
        assert!(linked.contains(&"organization") || kind.name == "organizations", "{}", kind.name);
        both("created_at");
        if has("updated_at") {
            both("updated_at");
        } else {
            never_changed.push(kind.name);
        }
        // What always leads somewhere has no null to look for.
        let own = kind.filters.iter().find(|filter| filter.name == "organization_id");
        assert!(own.is_none_or(|filter| !filter.nullable), "{}", kind.name);
    }
    assert_eq!(never_changed, ["metric_credits", "settlements", "distribution_refunds", "events"]);
}
