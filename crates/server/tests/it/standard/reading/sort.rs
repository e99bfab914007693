//! J56 to J58: the order of primary data. Every declared sort is computed here too, from the values
//! that the rows show. Not here: texts by code point, several keys and nulls (`queries::sorts`).

use apportion_server::resources::registry;
use apportion_testing::Place;

use crate::support::probes::{Table, found};
use crate::support::refusal::complaints;
use crate::support::rows::sample::{Sample, each, ids};
use crate::support::standard::addresses::addresses;
use crate::support::world::stored_types;

apportion_testing::cases! {
    j56_primary_data_are_in_the_requested_order,
    j57_an_unsupported_sort_is_400,
    j58_rows_are_sorted_by_what_they_relate_to,
}

fn j56_primary_data_are_in_the_requested_order(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let probes = Table::read(&sample.world, kind).sorts();
        each(&probes, |probe| found(&sample.world, probe));
    }
    // Keys apply in the order in which they are given.
    let sorted =
        |sort: &str| ids(&sample.world.get(&format!("/deals?sort={sort}")).expect(200).json());
    let rank = |id: &i64| sample.deals.iter().find(|deal| deal.id == *id).unwrap();
    for (sort, name_first) in [("name,-id", true), ("-id,name", false), ("name%2C-id", true)] {
        let mut expected: Vec<i64> = sample.deals.iter().map(|deal| deal.id).rev().collect();
        if name_first {
            expected.sort_by_key(|id| rank(id).name);
        }
        assert_eq!(sorted(sort), expected, "{sort}");
    }
    // Linkage and related lists can be sorted as well.
    for path in ["/deals/2/revenue_distributions", "/deals/2/relationships/revenue_distributions"] {
        let down = sample.world.get(&format!("{path}?sort=-id")).expect(200).json();
        assert_eq!(ids(&down), [3, 2], "{path}");
    }
}

/// The address of a single resource takes no sort at all.
fn j57_an_unsupported_sort_is_400(place: &Place) {
    let sample = Sample::make(place);
    for address in addresses(&sample.world) {
        for sort in ["nothing", "-nothing", "id,nothing", "ID", "--id", "id,,id", "+id"] {
            let path = format!("{}?sort={sort}", address.path);
            let answer = sample.world.get(&path);
            assert_eq!(answer.status, 400, "{path}");
            let faults = complaints(&answer);
            assert!(faults.iter().all(|fault| fault == "400 sort"), "{path}: {faults:?}");
            let code = if address.is_many() { "unsupported_sort" } else { "unsupported_parameter" };
            assert_eq!(answer.json()["errors"][0]["code"], code, "{path}");
        }
        if !address.is_many() {
            sample.world.get(&format!("{}?sort=id", address.path)).expect(400);
        }
    }
}

/// The sort by the deal's name is called `deal` (wire conventions). No dotted name is declared, and
/// an undeclared one is refused.
fn j58_rows_are_sorted_by_what_they_relate_to(place: &Place) {
    let sample = Sample::make(place);
    let mut rows: Vec<_> = sample.distributions.iter().collect();
    rows.sort_by_key(|row| (row.deal_name, row.id));
    let expected: Vec<i64> = rows.iter().map(|row| row.id).collect();
    sample.lists("sort=deal", &expected).unwrap();
    let down: Vec<i64> = expected.iter().rev().copied().collect();
    sample.lists("sort=-deal", &down).unwrap();
    for sort in ["deal.name", "deal.nothing", "creator.email", "deal.creator.email"] {
        let declared = registry().find("revenue_distributions").unwrap().1;
        assert!(declared.sorts.iter().all(|known| known.name != sort), "{sort}");
        let answer = sample.world.get(&format!("/revenue_distributions?sort={sort}"));
        assert_eq!(complaints(&answer.expect(400)), ["400 sort"], "{sort}");
    }
}
