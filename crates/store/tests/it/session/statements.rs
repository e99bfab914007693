//! A connection keeps statements prepared, but not without bound: lists of every shape are answered
//! rightly before and after the prepared ones are dropped.

use apportion_store::{Error, Filter, Limits, Tenant, deal};
use apportion_testing::{Backend, Place};

use crate::support::requester::block_on;
use crate::support::rows::{insert_deal, list_deals};
use crate::support::{USUAL, World, number};

apportion_testing::cases! { shapes_without_end }

/// More than a connection keeps, and then those of the beginning again.
const SHAPES: i64 = 300;

fn shapes_without_end(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let ids: Vec<i64> = (0..3).map(|_| insert_deal(&mut tenant, "D").unwrap()).collect();
    let store = world.store_within(Limits { threads: 1, ..USUAL });
    let order = vec![apportion_store::Order { field: deal::ID, descending: true, reversed: false }];
    for length in (1..=SHAPES).chain(1..=5) {
        // The list ends with an id that there is, and has as many values as there are shapes.
        let mut among: Vec<i64> = (0..length - 1).map(|id| -id).collect();
        among.push(ids[length as usize % 3]);
        let criteria = apportion_store::Criteria {
            filter: Some(Filter::among(deal::ID, &among)),
            order: order.clone(),
            limit: 10,
            offset: 0,
        };
        let is_postgres = place.backend == Backend::Postgres;
        let listed = store.read(world.ours, move |tenant| {
            let listed = list_deals(tenant, &criteria);
            let prepared = "SELECT COUNT(*) FROM pg_prepared_statements";
            Ok::<_, Error>((listed, if is_postgres { number(tenant, prepared) } else { 0 }))
        });
        let ((found, total), prepared) = block_on(listed).unwrap();
        assert_eq!((found.as_slice(), total), (&among[length as usize - 1..], 1));
        if is_postgres {
            assert!(prepared <= 256 + 16, "{prepared} statements after {length} shapes");
        }
    }
}
