//! Every comparison of every kind of field, and conditions made of them, held against plain
//! comparing; and the same conditions on rows that are in memory.

use apportion_store::{Comparison, Criteria, FieldKind, Filter, Tenant, Value};
use apportion_testing::Place;
use proptest::prelude::*;

use super::keyset::runner;
use crate::support::World;
use crate::support::known::{self, Known, KnownField, TEXTS, dates, meets};

apportion_testing::cases! {
    of_deals, of_distributors, of_distributions, composed, empty_conditions, among_many_ids
}

/// The number of composed conditions that are tried in a whole run.
const COMPOSED: usize = 1500;

const COMPARISONS: &[Comparison] = &[
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Contains,
    Comparison::NotContain,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
];

/// Values to compare a field with: those that rows have, and others.
fn operands(known: &Known, at: usize) -> Vec<Value> {
    let mut operands: Vec<Value> = match known.fields[at].kind {
        FieldKind::Boolean => vec![Value::Boolean(false), Value::Boolean(true)],
        FieldKind::Integer => [i64::MIN, -2, 0, 1, 3, i64::MAX].map(Value::Integer).to_vec(),
        FieldKind::Text => {
            let others = ["x", "AB", "%b", "b%", "_b", "\\%", "\\\\", "K", "\u{1f600}"];
            let all = TEXTS.iter().chain(&others);
            all.map(|text| Value::Text((*text).to_owned())).collect()
        }
        FieldKind::Date | FieldKind::Instant => {
            let others = ["2023-05-05", "0001-01-02", "9998-12-31"];
            let others = others.iter().map(|date| date.parse().unwrap());
            dates().into_iter().chain(others).map(Value::Date).collect()
        }
    };
    if known.fields[at].kind == FieldKind::Instant {
        // Instants that rows have, between days so that lists of neighbours mix them.
        let instants = known.rows.iter().map(|row| row[at].clone());
        let instants: Vec<Value> = instants.filter(|it| *it != Value::Null).take(5).collect();
        for (place, instant) in instants.into_iter().enumerate() {
            operands.insert(2 * place, instant);
        }
        let other = |text: &str| Value::Instant(text.parse().unwrap());
        operands.extend(["0000-01-01T00:00:00", "9999-12-31T23:59:59.999"].map(other));
    }
    if known.fields[at].kind == FieldKind::Integer {
        operands.push(known.rows[7][at].clone());
        operands.retain(|operand| *operand != Value::Null);
    }
    operands
}

/// Lists of values for a comparison: each alone, neighbours together, and with null.
fn lists(known: &Known, at: usize, comparison: Comparison) -> Vec<Vec<Value>> {
    let operands = operands(known, at);
    let mut lists: Vec<Vec<Value>> = operands.iter().map(|one| vec![one.clone()]).collect();
    let is_equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
    let contains = matches!(comparison, Comparison::Contains | Comparison::NotContain);
    if is_equality || contains {
        lists.extend(operands.windows(2).map(<[Value]>::to_vec));
        lists.push(operands.clone());
    }
    if is_equality {
        lists.push(vec![Value::Null]);
        lists.push(vec![operands[0].clone(), Value::Null]);
        lists.push(operands.into_iter().chain([Value::Null]).collect());
    }
    lists
}

fn applies(field: KnownField, comparison: Comparison) -> bool {
    let contains = matches!(comparison, Comparison::Contains | Comparison::NotContain);
    !contains || field.kind == FieldKind::Text
}

/// Rows in memory have no instants, and their booleans are only equal or not.
fn applies_in_memory(field: KnownField, comparison: Comparison) -> bool {
    match field.kind {
        FieldKind::Instant => false,
        FieldKind::Boolean => matches!(comparison, Comparison::Equal | Comparison::NotEqual),
        _ => true,
    }
}

#[track_caller]
fn check(tenant: &mut Tenant<'_>, known: &Known, filter: &Filter, expected: &[i64], what: &str) {
    let criteria =
        Criteria { filter: Some(filter.clone()), order: known.by_id(), limit: 1000, offset: 0 };
    let (found, total) = (known.list)(tenant, &criteria);
    assert_eq!(found, expected, "{what}");
    assert_eq!(total, expected.len() as i64, "{what}");
}

fn of_deals(place: &Place) {
    check_table(place, known::deals);
}

fn of_distributors(place: &Place) {
    check_table(place, known::distributors);
}

fn of_distributions(place: &Place) {
    check_table(place, known::distributions);
}

fn check_table(place: &Place, make: fn(&World) -> Known) {
    let world = World::make(place);
    let known = make(&world);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let (mut some, mut tried) = (0, 0);
    for (at, field) in known.fields.iter().enumerate() {
        for comparison in COMPARISONS.iter().filter(|comparison| applies(*field, **comparison)) {
            for operands in lists(&known, at, *comparison) {
                let what = format!("{field:?} {comparison:?} {operands:?}");
                let expected = known.meeting(|row| meets(&row[at], *comparison, &operands));
                let filter = Filter::compare(field.field, *comparison, operands);
                check(&mut tenant, &known, &filter, &expected, &what);
                if applies_in_memory(*field, *comparison) {
                    let met = known.meeting(|row| filter.is_met(&|_| row[at].clone()));
                    assert_eq!(met, expected, "in memory: {what}");
                }
                tried += 1;
                some += usize::from(!expected.is_empty() && expected.len() < known::ROWS);
            }
        }
    }
    // Most of them part the rows in two, or they would show little.
    assert!(some * 2 > tried, "{some} of {tried} conditions are met by some rows");
}

/// A condition over those of a list, by their positions.
#[derive(Clone, Debug)]
enum Tree {
    One(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    fn filter(&self, conditions: &[(Filter, Vec<bool>)]) -> Filter {
        let members = |trees: &[Tree]| trees.iter().map(|tree| tree.filter(conditions)).collect();
        match self {
            Tree::One(at) => conditions[at % conditions.len()].0.clone(),
            Tree::All(trees) => Filter::All(members(trees)),
            Tree::Any(trees) => Filter::Any(members(trees)),
        }
    }

    fn is_met(&self, conditions: &[(Filter, Vec<bool>)], row: usize) -> bool {
        match self {
            Tree::One(at) => conditions[at % conditions.len()].1[row],
            Tree::All(trees) => trees.iter().all(|tree| tree.is_met(conditions, row)),
            Tree::Any(trees) => trees.iter().any(|tree| tree.is_met(conditions, row)),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    any::<usize>().prop_map(Tree::One).prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::vec(inner, 0..4);
        prop_oneof![members.clone().prop_map(Tree::All), members.prop_map(Tree::Any)]
    })
}

fn composed(place: &Place) {
    let world = World::make(place);
    let known = known::distributions(&world);
    let mut conditions = Vec::new();
    for (at, field) in known.fields.iter().enumerate() {
        for comparison in COMPARISONS.iter().filter(|comparison| applies(*field, **comparison)) {
            for operands in lists(&known, at, *comparison) {
                let met =
                    known.rows.iter().map(|row| meets(&row[at], *comparison, &operands)).collect();
                conditions.push((Filter::compare(field.field, *comparison, operands), met));
            }
        }
    }
    let session = std::cell::RefCell::new(world.session());
    let run = runner(COMPOSED).run(&trees(), |tree| {
        let mut session = session.borrow_mut();
        let mut tenant = Tenant::new(world.ours, &mut session);
        let met = (0..known::ROWS).filter(|row| tree.is_met(&conditions, *row));
        let expected: Vec<i64> = met.map(|row| known.id(&known.rows[row])).collect();
        let filter = Some(tree.filter(&conditions));
        let criteria = Criteria { filter, order: known.by_id(), limit: 1000, offset: 0 };
        let (found, total) = (known.list)(&mut tenant, &criteria);
        prop_assert_eq!(total, expected.len() as i64);
        prop_assert_eq!(found, expected);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

fn empty_conditions(place: &Place) {
    let world = World::make(place);
    let known = known::distributions(&world);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let all = known.meeting(|_| true);
    check(&mut tenant, &known, &Filter::All(vec![]), &all, "all of nothing");
    check(&mut tenant, &known, &Filter::Any(vec![]), &[], "any of nothing");
    let nested = Filter::Any(vec![Filter::All(vec![]), Filter::Any(vec![])]);
    check(&mut tenant, &known, &nested, &all, "nested");
    for comparison in [Comparison::Equal, Comparison::Contains] {
        let none = Filter::compare(known.fields[0].field, comparison, vec![]);
        check(&mut tenant, &known, &none, &[], "one of nothing");
    }
    for comparison in [Comparison::NotEqual, Comparison::NotContain] {
        let every = Filter::compare(known.fields[0].field, comparison, vec![]);
        check(&mut tenant, &known, &every, &all, "none of nothing");
    }
}

/// More than a statement of either database should be long, and another tenant's among them.
fn among_many_ids(place: &Place) {
    let world = World::make(place);
    let known = known::deals(&world);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let ids: Vec<i64> = (-100..1_500).collect();
    let filter = Filter::among(known.fields.last().unwrap().field, &ids);
    let all = known.meeting(|_| true);
    check(&mut tenant, &known, &filter, &all, "all ids");
    let odd: Vec<i64> = ids.into_iter().filter(|id| id % 2 == 1).collect();
    let filter = Filter::among(known.fields.last().unwrap().field, &odd);
    let some: Vec<i64> = all.into_iter().filter(|id| id % 2 == 1).collect();
    check(&mut tenant, &known, &filter, &some, "odd ids");
}
