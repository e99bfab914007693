//! Rows beyond a cursor: walks in either direction visit every row once, whatever the order, over
//! ties and nulls.

use std::cell::RefCell;

use apportion_store::{Criteria, Field, FieldKind, Order, Tenant, Value, beyond, deal, read_keys};
use apportion_testing::{Place, rounds};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestCaseResult};
use proptest::test_runner::{TestRng, TestRunner};

use crate::support::World;
use crate::support::known::{self, Known};
use crate::support::rows::{delete_deal, list_deals};

apportion_testing::cases! {
    over_deals, over_distributors, over_distributions, the_row_itself_may_be_gone;
    plain: keys_are_read, other_keys_are_not
}

/// The number of orders that are walked in each table, in a whole run.
const ORDERS: usize = 200;

/// Makes a runner whose cases are the same in every run, `full` of them in a whole run.
pub(super) fn runner(full: usize) -> TestRunner {
    let cases = u32::try_from(rounds(full)).unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// An order: positions of fields, each with its direction, and the id last.
fn orders(fields: usize) -> impl Strategy<Value = Vec<(usize, bool)>> {
    let positions = prop::sample::subsequence((0..fields - 1).collect::<Vec<_>>(), 0..=3);
    let directions = prop::collection::vec(any::<bool>(), 4);
    (positions.prop_shuffle(), directions).prop_map(move |(mut positions, directions)| {
        positions.push(fields - 1);
        positions.into_iter().zip(directions).collect()
    })
}

fn over_deals(place: &Place) {
    check(place, known::deals);
}

fn over_distributors(place: &Place) {
    check(place, known::distributors);
}

fn over_distributions(place: &Place) {
    check(place, known::distributions);
}

fn check(place: &Place, make: fn(&World) -> Known) {
    let world = World::make(place);
    let known = make(&world);
    let session = RefCell::new(world.session());
    let walk = (orders(known.fields.len()), 1..=7_i64, 0..known::ROWS);
    let walked = runner(ORDERS).run(&walk, |(order, page, start)| {
        let mut session = session.borrow_mut();
        let mut tenant = Tenant::new(world.ours, &mut session);
        let order: Vec<(usize, Order)> = order
            .into_iter()
            .map(|(at, descending)| (at, Order { descending, ..known.ascending(at) }))
            .collect();
        walk_both_ways(&mut tenant, &known, &order, page)?;
        turn_around(&mut tenant, &known, &order, start)
    });
    walked.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Reads the rows beyond a cursor, or the first ones.
fn read(
    tenant: &mut Tenant<'_>,
    known: &Known,
    order: &[Order],
    (after, limit): (Option<&str>, i64),
) -> Vec<(i64, String)> {
    let filter = after.map(|keys| {
        let keys = read_keys(order, keys).unwrap_or_else(|| panic!("{keys} cannot be read"));
        beyond(order, &keys)
    });
    (known.keyed)(tenant, &Criteria { filter, order: order.to_vec(), limit, offset: 0 })
}

fn walk_both_ways(
    tenant: &mut Tenant<'_>,
    known: &Known,
    order: &[(usize, Order)],
    page: i64,
) -> TestCaseResult {
    let reversed: Vec<(usize, Order)> =
        order.iter().map(|(at, order)| (*at, order.reverse())).collect();
    let forward = walk(tenant, known, order, page)?;
    let mut backward = walk(tenant, known, &reversed, page)?;
    backward.reverse();
    prop_assert_eq!(forward, backward);
    Ok(())
}

/// Visits all rows, some at a time, and returns their ids.
fn walk(
    tenant: &mut Tenant<'_>,
    known: &Known,
    order: &[(usize, Order)],
    page: i64,
) -> Result<Vec<i64>, TestCaseError> {
    let keys: Vec<Order> = order.iter().map(|(_, order)| *order).collect();
    let (mut visited, mut cursor) = (Vec::new(), None);
    loop {
        let rows = read(tenant, known, &keys, (cursor.as_deref(), page));
        visited.extend(rows.iter().map(|(id, _)| *id));
        let Some((_, last)) = rows.last() else { break };
        prop_assert!(visited.len() <= known::ROWS, "rows come again");
        cursor = Some(last.clone());
    }
    prop_assert_eq!(&visited, &known.sorted(order));
    Ok(visited)
}

/// From any row all rows after it, and from there all before it.
fn turn_around(
    tenant: &mut Tenant<'_>,
    known: &Known,
    order: &[(usize, Order)],
    start: usize,
) -> TestCaseResult {
    let sorted = known.sorted(order);
    let forward: Vec<Order> = order.iter().map(|(_, order)| *order).collect();
    let backward: Vec<Order> = forward.iter().map(|order| order.reverse()).collect();
    let all = read(tenant, known, &forward, (None, 1000));
    let keys = all[start].1.as_str();
    let ids = |rows: Vec<(i64, String)>| rows.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    let after = ids(read(tenant, known, &forward, (Some(keys), 1000)));
    prop_assert_eq!(&after, &sorted[start + 1..]);
    let mut before = ids(read(tenant, known, &backward, (Some(keys), 1000)));
    before.reverse();
    prop_assert_eq!(&before, &sorted[..start]);
    Ok(())
}

fn the_row_itself_may_be_gone(place: &Place) {
    let world = World::make(place);
    let known = known::deals(&world);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let order = [(3, known.ascending(3)), (7, known.ascending(7))];
    let sorted = known.sorted(&order);
    let order = order.map(|(_, order)| order);
    let all = read(&mut tenant, &known, &order, (None, 1000));
    for at in [0, known::ROWS / 2, known::ROWS - 1] {
        delete_deal(&mut tenant, sorted[at]).unwrap();
    }
    for at in [0, known::ROWS / 2, known::ROWS - 1] {
        let filter = Some(beyond(&order, &read_keys(&order, &all[at].1).unwrap()));
        let criteria = Criteria { filter, order: order.to_vec(), limit: 1000, offset: 0 };
        let (found, _) = list_deals(&mut tenant, &criteria);
        let gone = [sorted[known::ROWS / 2], sorted[known::ROWS - 1]];
        let mut rest = sorted[at + 1..].to_vec();
        rest.retain(|id| !gone.contains(id));
        assert_eq!(found, rest);
    }
}

fn ascending(field: Field) -> Order {
    Order { field, descending: false, reversed: false }
}

fn keys_are_read() {
    let computed = |kind, nullable| ascending(Field::computed("x", kind, nullable));
    for (kind, keys, value) in [
        (FieldKind::Integer, "[-9223372036854775808]", Value::Integer(i64::MIN)),
        (FieldKind::Text, r#"["\"\\ä\n"]"#, Value::Text("\"\\ä\n".to_owned())),
        (FieldKind::Boolean, "[true]", Value::Boolean(true)),
        (FieldKind::Boolean, "[0]", Value::Boolean(false)),
        (FieldKind::Boolean, "[1]", Value::Boolean(true)),
    ] {
        assert_eq!(read_keys(&[computed(kind, false)], keys), Some(vec![value]), "{keys}");
    }
    // With what each database puts between date and time.
    for text in ["2025-01-02T03:04:05.678", "2025-01-02 03:04:05.678"] {
        let read = read_keys(&[ascending(deal::CREATED_AT)], &format!("[\"{text}\"]"));
        let expected = "2025-01-02T03:04:05.678".parse().unwrap();
        assert_eq!(read, Some(vec![Value::Instant(expected)]));
    }
    let date = Value::Date("2025-01-02".parse().unwrap());
    let order = [ascending(deal::DATE), ascending(deal::ID)];
    assert_eq!(read_keys(&order, r#"["2025-01-02", 7]"#), Some(vec![date, Value::Integer(7)]));
    assert_eq!(read_keys(&order, "[null, 7]"), Some(vec![Value::Null, Value::Integer(7)]));
}

/// Cursors come from clients, who can change them.
fn other_keys_are_not() {
    let order = [ascending(deal::DATE), ascending(deal::NAME), ascending(deal::ID)];
    assert!(read_keys(&order, r#"[null, "a", 1]"#).is_some());
    for keys in [
        "",
        "null",
        "{}",
        "[]",
        r#"[null, "a"]"#,
        r#"[null, "a", 1, 2]"#,
        r#"[null, "a", null]"#,
        r#"[null, null, 1]"#,
        r#"[null, "a", "1"]"#,
        r#"[null, "a", 1.5]"#,
        r#"[null, 1, 1]"#,
        r#"["2025-02-30", "a", 1]"#,
        r#"["x", "a", 1]"#,
        r#"[7, "a", 1]"#,
        r#"[null, "a\u0000", 1]"#,
        r#"[null, "a", 9223372036854775808]"#,
        r#"[null, "a", [1]]"#,
        r#"[null, "a", 1"#,
    ] {
        assert_eq!(read_keys(&order, keys), None, "{keys}");
    }
    let instants = [ascending(deal::CREATED_AT)];
    for keys in [r#"["2025-01-01"]"#, r#"["-0001-01-01T00:00:00"]"#, "[0]", r#"["now"]"#] {
        assert_eq!(read_keys(&instants, keys), None, "{keys}");
    }
    let flag = [ascending(Field::computed("x", FieldKind::Boolean, false))];
    for keys in ["[2]", "[-1]", "[null]", r#"["true"]"#] {
        assert_eq!(read_keys(&flag, keys), None, "{keys}");
    }
}
