//! Pages by number: their rows, and how many there are on all of them, past the end too.

use apportion_store::{Criteria, Filter, Tenant, Value};
use apportion_testing::Place;

use crate::support::World;
use crate::support::known;

apportion_testing::cases! { every_page_and_those_past_the_end }

fn every_page_and_those_past_the_end(place: &Place) {
    let world = World::make(place);
    let known = known::distributions(&world);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let by_name = [(0, known.ascending(0)), (4, known.ascending(4))];
    let sorted = known.sorted(&by_name);
    let positive = known.meeting(|row| matches!(row[2], Value::Integer(amount) if amount > 0));
    let filter = Filter::compare(
        known.fields[2].field,
        apportion_store::Comparison::Greater,
        vec![Value::Integer(0)],
    );
    for (filter, total) in [(None, known::ROWS), (Some(filter), positive.len())] {
        let expected: Vec<i64> =
            sorted.iter().copied().filter(|id| filter.is_none() || positive.contains(id)).collect();
        for limit in [1, 3, 7, total, total + 1, 200] {
            for offset in (0..total + 2 * limit + 2).step_by(limit.clamp(3, 40)) {
                let criteria = Criteria {
                    filter: filter.clone(),
                    order: by_name.map(|(_, order)| order).to_vec(),
                    limit: limit as i64,
                    offset: offset as i64,
                };
                let page = (known.list)(&mut tenant, &criteria);
                let rows = expected.iter().skip(offset).take(limit).copied().collect::<Vec<_>>();
                assert_eq!(page, (rows, total as i64), "{limit} from {offset}");
            }
        }
    }
}
