//! Every filter of revenue distributions with every operator of its kind: each case is a query and
//! the condition on the rows that it must find.

use apportion_testing::Place;

use crate::support::rows::sample::{Distribution, Sample, each};

apportion_testing::cases! {
    ids, linked_ids, dates, numbers, texts, lists, nulls, texts_are_literal, nothing_and_everything,
}

type Case = (&'static str, fn(&Distribution) -> bool);

fn check(place: &Place, cases: &[Case]) {
    let sample = Sample::make(place);
    each(cases, |(query, holds)| sample.finds(query, *holds));
}

fn ids(place: &Place) {
    check(
        place,
        &[
            ("filter[id]=3", |r| r.id == 3),
            ("filter[id][eq]=3", |r| r.id == 3),
            ("filter[id][not_eq]=3", |r| r.id != 3),
            ("filter[id][gt]=4", |r| r.id > 4),
            ("filter[id][gt_eq]=4", |r| r.id >= 4),
            ("filter[id][lt]=9", |r| r.id < 9),
            ("filter[id][lt_eq]=9", |r| r.id <= 9),
            // Ids are compared as numbers: 10 is more than 9.
            ("filter[id][gt]=9", |r| r.id > 9),
        ],
    );
}

fn linked_ids(place: &Place) {
    check(
        place,
        &[
            ("filter[deal_id]=2", |r| r.deal_id == 2),
            ("filter[deal_id][eq]=5", |r| r.deal_id == 5),
            ("filter[deal_id][not_eq]=5", |r| r.deal_id != 5),
            ("filter[deal_id][gt]=5", |r| r.deal_id > 5),
            ("filter[deal_id][gt_eq]=5", |r| r.deal_id >= 5),
            ("filter[deal_id][lt]=10", |r| r.deal_id < 10),
            ("filter[deal_id][lt_eq]=5", |r| r.deal_id <= 5),
            ("filter[creator_id]=2", |r| r.creator_id == Some(2)),
            ("filter[creator_id][eq]=3", |r| r.creator_id == Some(3)),
            ("filter[creator_id][not_eq]=2", |r| r.creator_id != Some(2)),
            ("filter[creator_id][gt]=2", |r| r.creator_id.is_some_and(|id| id > 2)),
            ("filter[creator_id][gt_eq]=3", |r| r.creator_id.is_some_and(|id| id >= 3)),
            ("filter[creator_id][lt]=3", |r| r.creator_id.is_some_and(|id| id < 3)),
            ("filter[creator_id][lt_eq]=3", |r| r.creator_id.is_some_and(|id| id <= 3)),
        ],
    );
}

fn dates(place: &Place) {
    check(
        place,
        &[
            ("filter[start_on]=2025-01-01", |r| r.start_on == "2025-01-01"),
            ("filter[start_on][eq]=2025-02-01", |r| r.start_on == "2025-02-01"),
            ("filter[start_on][not_eq]=2025-01-01", |r| r.start_on != "2025-01-01"),
            ("filter[start_on][gt]=2025-01-01", |r| r.start_on > "2025-01-01"),
            ("filter[start_on][gt_eq]=2025-01-01", |r| r.start_on >= "2025-01-01"),
            ("filter[start_on][lt]=2025-02-01", |r| r.start_on < "2025-02-01"),
            ("filter[start_on][lt_eq]=2025-02-01", |r| r.start_on <= "2025-02-01"),
            ("filter[start_on][lt_eq]=1900-01-01", |r| r.start_on <= "1900-01-01"),
            ("filter[end_on]=2025-02-28", |r| r.end_on == "2025-02-28"),
            ("filter[end_on][eq]=2025-06-30", |r| r.end_on == "2025-06-30"),
            ("filter[end_on][not_eq]=2025-02-28", |r| r.end_on != "2025-02-28"),
            ("filter[end_on][gt]=2025-02-28", |r| r.end_on > "2025-02-28"),
            ("filter[end_on][gt_eq]=2025-02-28", |r| r.end_on >= "2025-02-28"),
            ("filter[end_on][lt]=2025-02-28", |r| r.end_on < "2025-02-28"),
            ("filter[end_on][lt_eq]=2025-02-28", |r| r.end_on <= "2025-02-28"),
            ("filter[end_on]=2025-02-28,2199-12-31", |r| {
                ["2025-02-28", "2199-12-31"].contains(&r.end_on)
            }),
            ("filter[start_on][gt]=2025-01-01&filter[end_on][lt]=2025-04-01", |r| {
                r.start_on > "2025-01-01" && r.end_on < "2025-04-01"
            }),
            ("filter[start_on][gt_eq]=2025-01-01&filter[start_on][lt]=2025-03-01", |r| {
                r.start_on >= "2025-01-01" && r.start_on < "2025-03-01"
            }),
        ],
    );
}

fn numbers(place: &Place) {
    const ONE: i64 = 10_000_000_000;
    check(
        place,
        &[
            ("filter[amount_percent]=50", |r| r.percent == 50 * ONE),
            ("filter[amount_percent]=50.0", |r| r.percent == 50 * ONE),
            ("filter[amount_percent]=5e1", |r| r.percent == 50 * ONE),
            ("filter[amount_percent]=0.0000000001", |r| r.percent == 1),
            ("filter[amount_percent]=1e-10", |r| r.percent == 1),
            ("filter[amount_percent][eq]=33.33,10", |r| {
                [333_300_000_000, 10 * ONE].contains(&r.percent)
            }),
            ("filter[amount_percent][not_eq]=10", |r| r.percent != 10 * ONE),
            ("filter[amount_percent][gt]=33.33", |r| r.percent > 333_300_000_000),
            ("filter[amount_percent][gt_eq]=33.33", |r| r.percent >= 333_300_000_000),
            ("filter[amount_percent][lt]=33.3333333333", |r| r.percent < 333_333_333_333),
            ("filter[amount_percent][lt_eq]=33.3333333333", |r| r.percent <= 333_333_333_333),
            // Percentages are compared as numbers: 200 is more than 50.
            ("filter[amount_percent][gt]=50", |r| r.percent > 50 * ONE),
            ("filter[amount_percent][lt]=99999999.9999999999", |r| {
                r.percent < 999_999_999_999_999_999
            }),
            ("filter[amount]=25000", |r| r.amount == 25_000),
            ("filter[amount][eq]=0", |r| r.amount == 0),
            ("filter[amount][not_eq]=0", |r| r.amount != 0),
            ("filter[amount][gt]=25000", |r| r.amount > 25_000),
            ("filter[amount][gt_eq]=25000", |r| r.amount >= 25_000),
            ("filter[amount][lt]=0", |r| r.amount < 0),
            ("filter[amount][lt_eq]=0", |r| r.amount <= 0),
            ("filter[amount]=-50000", |r| r.amount == -50_000),
            ("filter[amount][gt]=-50000", |r| r.amount > -50_000),
        ],
    );
}

fn texts(place: &Place) {
    check(
        place,
        &[
            ("filter[deal.name]=a", |r| r.deal_name == "a"),
            ("filter[deal.name][eq]=B", |r| r.deal_name == "B"),
            ("filter[deal.name][not_eq]=a", |r| r.deal_name != "a"),
            ("filter[deal.name][contains]=a", |r| has(r, "a")),
            ("filter[deal.name][contains]=A", |r| has(r, "a")),
            ("filter[deal.name][not_contain]=A", |r| !has(r, "a")),
            ("filter[deal.name][contains]=STR", |r| has(r, "str")),
            ("filter[deal.name][contains]=b,z", |r| has(r, "b") || has(r, "z")),
            ("filter[deal.name][not_contain]=b,z", |r| !has(r, "b") && !has(r, "z")),
            ("filter[deal.name][contains][]=a,b", |r| has(r, "a,b")),
            ("filter[deal.name][not_contain][]=a,b&filter[deal.name][not_contain][]=Z", |r| {
                !has(r, "a,b") && !has(r, "z")
            }),
            // Only ASCII letters match in either case; umlauts and İ do not.
            ("filter[deal.name][contains]=%C3%84", |r| r.deal_name.contains('Ä')),
            ("filter[deal.name][contains]=%C3%A4", |r| r.deal_name.contains('ä')),
            ("filter[deal.name][not_contain]=%C3%A4", |r| !r.deal_name.contains('ä')),
            ("filter[deal.name][contains]=k", |r| r.deal_name.contains('k')),
            ("filter[deal.name][contains]=K", |r| r.deal_name.contains('k')),
            ("filter[deal.name][contains]=%C4%B0", |r| r.deal_name.contains('\u{130}')),
            // The Kelvin sign is another spelling of K.
            ("filter[deal.name][contains]=%E2%84%AA", |r| r.deal_name.contains('k')),
            ("filter[deal.name][contains]=e+%C3%84", |r| r.deal_name == "Straße ÄÖ k"),
            ("filter[deal.name][contains]=e%20%C3%84", |r| r.deal_name == "Straße ÄÖ k"),
            ("filter[deal.name][contains]=ss", |r| r.deal_name.contains("SS")),
            // Equality does not ignore case.
            ("filter[deal.name]=z,B", |r| r.deal_name == "B"),
            ("filter[deal.name]=%C3%84", |r| r.deal_name == "Ä"),
        ],
    );
}

/// Returns whether the deal's name contains a text in lower case, without regard to ASCII case.
fn has(row: &Distribution, text: &str) -> bool {
    row.deal_name.to_ascii_lowercase().contains(text)
}

fn lists(place: &Place) {
    check(
        place,
        &[
            ("filter[id]=3,5,7", |r| [3, 5, 7].contains(&r.id)),
            ("filter[id]=3%2C5%2C7", |r| [3, 5, 7].contains(&r.id)),
            ("filter[id][eq]=3,5", |r| [3, 5].contains(&r.id)),
            ("filter[id][]=3&filter[id][]=5", |r| [3, 5].contains(&r.id)),
            ("filter[id][eq][]=3&filter[id][eq][]=5", |r| [3, 5].contains(&r.id)),
            ("filter[id][]=3", |r| r.id == 3),
            ("filter[id][not_eq]=3,5", |r| ![3, 5].contains(&r.id)),
            ("filter[id][not_eq][]=3&filter[id][not_eq][]=5", |r| ![3, 5].contains(&r.id)),
            ("filter%5Bid%5D%5B%5D=3&filter%5Bid%5D%5B%5D=5", |r| [3, 5].contains(&r.id)),
            ("filter[id]=3,3,3", |r| r.id == 3),
            ("filter[id]=3,999", |r| r.id == 3),
            ("filter[id][gt][]=4", |r| r.id > 4),
            ("filter[deal_id]=2,3", |r| [2, 3].contains(&r.deal_id)),
            ("filter[deal_id][not_eq]=2,3", |r| ![2, 3].contains(&r.deal_id)),
            ("filter[creator_id]=2,3", |r| matches!(r.creator_id, Some(2 | 3))),
            ("filter[amount]=0,5,-50000", |r| [0, 5, -50_000].contains(&r.amount)),
            ("filter[amount][not_eq]=0,25000", |r| ![0, 25_000].contains(&r.amount)),
            ("filter[deal.name]=a,b", |r| ["a", "b"].contains(&r.deal_name)),
            ("filter[deal.name][]=a,b", |r| r.deal_name == "a,b"),
            ("filter[deal.name][eq][]=a,b&filter[deal.name][eq][]=B", |r| {
                ["a,b", "B"].contains(&r.deal_name)
            }),
            ("filter[deal.name][not_eq][]=a,b", |r| r.deal_name != "a,b"),
            ("filter[start_on][not_eq]=2025-01-01,2025-02-01", |r| {
                !["2025-01-01", "2025-02-01"].contains(&r.start_on)
            }),
            // Two operators are two filters, which must both hold.
            ("filter[id]=3,5&filter[id][eq]=5,7", |r| r.id == 5),
        ],
    );
}

fn nulls(place: &Place) {
    check(
        place,
        &[
            ("filter[creator_id]=", |r| r.creator_id.is_none()),
            ("filter[creator_id]", |r| r.creator_id.is_none()),
            ("filter[creator_id][eq]=", |r| r.creator_id.is_none()),
            ("filter[creator_id][]=", |r| r.creator_id.is_none()),
            ("filter[creator_id][not_eq]=", |r| r.creator_id.is_some()),
            ("filter[creator_id]=2,", |r| matches!(r.creator_id, None | Some(2))),
            ("filter[creator_id]=,2,3", |r| matches!(r.creator_id, None | Some(2 | 3))),
            ("filter[creator_id][not_eq]=2,", |r| matches!(r.creator_id, Some(id) if id != 2)),
            ("filter[creator_id][not_eq]=2", |r| r.creator_id != Some(2)),
            ("filter[creator_id][not_eq]=2,3", |r| !matches!(r.creator_id, Some(2 | 3))),
            (
                "filter[creator_id][not_eq][]=2&filter[creator_id][not_eq][]=",
                |r| matches!(r.creator_id, Some(id) if id != 2),
            ),
        ],
    );
}

fn texts_are_literal(place: &Place) {
    check(
        place,
        &[
            ("filter[deal.name][contains]=%25", |r| r.deal_name.contains('%')),
            ("filter[deal.name][contains]=_", |r| r.deal_name.contains('_')),
            ("filter[deal.name][contains]=%5C", |r| r.deal_name.contains('\\')),
            ("filter[deal.name][not_contain]=%25", |r| !r.deal_name.contains('%')),
            ("filter[deal.name][not_contain]=_", |r| !r.deal_name.contains('_')),
            ("filter[deal.name][not_contain]=%5C", |r| !r.deal_name.contains('\\')),
            ("filter[deal.name][contains]=f%5C", |r| r.deal_name.contains("f\\")),
            ("filter[deal.name][contains]=of_f", |r| r.deal_name.contains("of_f")),
            ("filter[deal.name]=50%25+of_f%5Cx", |r| r.deal_name == "50% of_f\\x"),
            ("filter[deal.name][contains]=/", |r| r.deal_name.contains('/')),
        ],
    );
}

fn nothing_and_everything(place: &Place) {
    let sample = Sample::make(place);
    let all = sample.matching(|_| true);
    let cases: &[(&str, bool)] = &[
        ("", true),
        ("filter[$op]=or", true),
        ("filter[id][gt]=0", true),
        ("filter[id]=999", false),
        ("filter[id]=1", false),
        ("filter[id]=3&filter[id][eq]=5", false),
        ("filter[id]=9223372036854775807", false),
        ("filter[id][gt]=-9223372036854775808", true),
        ("filter[deal_id]=1", false),
        ("filter[creator_id]=1", false),
        ("filter[amount_percent][gt]=99999999.9999999999", false),
        ("filter[amount_percent][lt]=-1", false),
        ("filter[deal.name]=A", false),
        ("filter[deal.name][contains]=%25%25", false),
        ("filter[deal.name][contains]=i", false),
        ("filter[deal.name]='%20OR%201=1%20--", false),
        ("filter[start_on][lt]=0001-01-01", false),
        ("filter[start_on][lt]=9999-12-31", true),
        ("filter[created_at][gt]=2000-01-01", true),
        ("filter[created_at][lt]=2000-01-01", false),
        ("filter[created_at]=0000-01-01", false),
        ("filter[created_at][lt_eq]=9999-12-31", true),
        ("filter[created_at][not_eq]=9999-12-31", true),
        ("filter[created_at][gt]=9999-12-31", false),
        ("filter[created_at][gt_eq]=9999-12-31", false),
        ("filter[created_at]=9999-12-31", false),
    ];
    each(cases, |(query, found)| sample.lists(query, if *found { &all } else { &[] }));
}
