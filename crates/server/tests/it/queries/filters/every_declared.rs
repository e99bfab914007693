//! Every declared filter of every type with every operator of its kind, read off the declarations
//! so that none is forgotten. Not here: every sort (`standard`).

use apportion_testing::{Place, thinned};

use crate::support::probes::{Table, found};
use crate::support::rows::sample::{Sample, each};
use crate::support::world::stored_types;

apportion_testing::cases! { every_filter }

fn every_filter(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        let probes = thinned(Table::read(&sample.world, kind).filters());
        each(&probes, |probe| found(&sample.world, probe));
    }
}
