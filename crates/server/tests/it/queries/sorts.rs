//! Every sort in both directions: ties, nulls, code points, several keys. The rows are sorted here
//! too, by keys read from the sample.

use std::cmp::Ordering;

use apportion_testing::Place;

use crate::support::rows::sample::{Deal, Distribution, Person, Sample, each, ids};

apportion_testing::cases! { distributions, deals, people, texts_by_code_point }

/// A value that rows are sorted by; null is `None` in its place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(&'static str),
}

use Key::{Number, Text};

type Keys<R> = &'static [(&'static str, fn(&R) -> Option<Key>)];

const DISTRIBUTIONS: Keys<Distribution> = &[
    ("id", |r| Some(Number(r.id))),
    ("deal", |r| Some(Text(r.deal_name))),
    ("deal_id", |r| Some(Number(r.deal_id))),
    ("creator_id", |r| r.creator_id.map(Number)),
    ("start_on", |r| Some(Text(r.start_on))),
    ("end_on", |r| Some(Text(r.end_on))),
    // Rows are made one after the other, so ids order those made in the same millisecond.
    ("created_at", |r| Some(Number(r.id))),
    ("amount_percent", |r| Some(Number(r.percent))),
    ("amount", |r| Some(Number(r.amount))),
];

const DEALS: Keys<Deal> = &[
    ("id", |r| Some(Number(r.id))),
    ("name", |r| Some(Text(r.name))),
    ("date", |r| r.date.map(Text)),
    ("creator_id", |r| r.creator_id.map(Number)),
];

const PEOPLE: Keys<Person> = &[("id", |r| Some(Number(r.id))), ("email", |r| r.email.map(Text))];

/// Returns the ids of the rows in the order of a sort: key after key, nulls last in either
/// direction, and equal rows by id in the direction of the last key.
fn sorted<R>(rows: &[R], keys: Keys<R>, id: fn(&R) -> i64, sort: &str) -> Vec<i64> {
    let compare = |a: &&R, b: &&R| {
        let mut order = Ordering::Equal;
        let mut descending = false;
        for word in sort.split(',') {
            descending = word.starts_with('-');
            let name = word.trim_start_matches('-');
            let key = keys.iter().find(|(known, _)| *known == name).expect("a known key").1;
            order = order.then_with(|| match (key(a), key(b)) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) if descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
            });
        }
        order.then_with(|| if descending { id(b).cmp(&id(a)) } else { id(a).cmp(&id(b)) })
    };
    let mut rows: Vec<&R> = rows.iter().collect();
    rows.sort_by(compare);
    rows.into_iter().map(id).collect()
}

fn check(sample: &Sample, path: &str, expected: &[i64]) -> Result<(), String> {
    let found = ids(&sample.world.get(path).expect(200).json());
    if found == expected { Ok(()) } else { Err(format!("{path}: {found:?}, not {expected:?}")) }
}

fn distributions(place: &Place) {
    let sample = Sample::make(place);
    let cases = [
        "id",
        "-id",
        "deal",
        "-deal",
        "deal_id",
        "-deal_id",
        "creator_id",
        "-creator_id",
        "start_on",
        "-start_on",
        "end_on",
        "-end_on",
        "created_at",
        "-created_at",
        "amount_percent",
        "-amount_percent",
        "amount",
        "-amount",
        "-start_on,id",
        "start_on,-id",
        "start_on,-amount",
        "-start_on,amount",
        "-start_on,-end_on",
        "deal,-start_on",
        "deal,deal_id,-amount",
        "creator_id,-deal",
        "-creator_id,amount_percent,-id",
        "amount,creator_id,-end_on",
        "-amount_percent,deal,creator_id,start_on,end_on",
        // The first key decides already.
        "start_on,-start_on",
        "id,-amount",
    ];
    each(&cases, |sort| {
        // The first of two equal keys decides; the tie-break follows the direction of the last key
        // that counts.
        let known = if *sort == "start_on,-start_on" { "start_on" } else { sort };
        let expected = sorted(&sample.distributions, DISTRIBUTIONS, |r| r.id, known);
        check(&sample, &format!("/revenue_distributions?sort={sort}"), &expected)
    });
    let by_id = sample.matching(|_| true);
    for unsorted in ["/revenue_distributions", "/revenue_distributions?sort="] {
        check(&sample, unsorted, &by_id).unwrap();
    }
    // The filter and the sort use the same other table.
    let mut expected = sorted(&sample.distributions, DISTRIBUTIONS, |r| r.id, "-deal,amount");
    let named = sample.matching(|r| r.deal_name.contains(['a', 'A']));
    expected.retain(|id| named.contains(id));
    let path = "/revenue_distributions?filter[deal.name][contains]=a&sort=-deal,amount";
    check(&sample, path, &expected).unwrap();
}

fn deals(place: &Place) {
    let sample = Sample::make(place);
    let cases = [
        "id",
        "-id",
        "name",
        "-name",
        "date",
        "-date",
        "creator_id",
        "-creator_id",
        "date,-name",
        "-date,name",
        "name,-date",
        "-name,creator_id",
        "creator_id,date",
        "-creator_id,-date,-name",
    ];
    each(&cases, |sort| {
        let expected = sorted(&sample.deals, DEALS, |r| r.id, sort);
        check(&sample, &format!("/deals?sort={sort}"), &expected)
    });
}

fn people(place: &Place) {
    let sample = Sample::make(place);
    each(&["id", "-id", "email", "-email", "email,-id", "-email,id"], |sort| {
        let expected = sorted(&sample.people, PEOPLE, |r| r.id, sort);
        check(&sample, &format!("/people?sort={sort}"), &expected)
    });
}

/// The order is written out here, since a comparison in Rust could be wrong in the same way.
fn texts_by_code_point(place: &Place) {
    let sample = Sample::make(place);
    let sorted = [
        "50 pct offf/x",
        "50% of_f\\x",
        "B",
        "STRASSE äö \u{130}",
        "Straße ÄÖ k",
        "Z",
        "a",
        "a",
        "a,b",
        "Ä",
    ];
    for (sort, expected) in
        [("name", sorted.to_vec()), ("-name", sorted.iter().rev().copied().collect())]
    {
        let path = format!("/deals?sort={sort}&fields[deals]=name");
        let document = sample.world.get(&path).expect(200).json();
        let rows = document["data"].as_array().unwrap();
        let names: Vec<_> =
            rows.iter().map(|row| row["attributes"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected);
    }
}
