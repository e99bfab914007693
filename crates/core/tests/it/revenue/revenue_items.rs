//! Revenue items: one for each day, found by id and by date.

use apportion_core::money::projected;
use apportion_core::revenue_item::{RevenueItemId, RevenueItems};
use apportion_core::slicing::SpreadAmount;
use proptest::prelude::*;

use crate::{arbitrary, day, range};

fn july(amount: i64, probability: i64) -> RevenueItems {
    let range = range("2025-07-01..2025-07-31");
    RevenueItems { range, amount, amount_default: amount * 2, probability }
}

#[test]
fn are_found_by_date() {
    let items = july(100_000, 50);
    let first = items.on(day("2025-07-01")).unwrap();
    assert_eq!((first.date, first.amount, first.amount_default), (day("2025-07-01"), 3_226, 6_452));
    assert_eq!((first.projected_amount, first.projected_amount_default), (1_613, 3_226));
    assert_eq!(items.on(day("2025-08-01")), None);
}

#[test]
fn of_an_amount_of_0_are_there_too() {
    let item = july(0, 100).on(day("2025-07-10")).unwrap();
    assert_eq!((item.amount, item.projected_amount), (0, 0));
}

#[test]
fn explain_their_amount() {
    let items = july(100_000, 100);
    let why = items.explain(day("2025-07-02")).unwrap();
    assert_eq!((why.total, why.days, why.k, why.before, why.upto), (100_000, 31, 2, 3_226, 6_452));
    assert_eq!(items.explain(day("2025-06-30")), None);
}

#[test]
fn have_ids_that_are_written_one_way() {
    for text in ["4-2025-07-01", "9223372036854775807-2199-12-31", "0-1900-01-01"] {
        let id: RevenueItemId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
    }
    for text in [
        "",
        "4",
        "4-",
        "-2025-07-01",
        "--4-2025-07-01",
        "-4-2025-07-01",
        "+4-2025-07-01",
        "04-2025-07-01",
        "4-2025-7-1",
        "4-2025-02-29",
        "4-2025-07-01 ",
        "4 -2025-07-01",
        "4-+2025-07-01",
        "9223372036854775808-2025-07-01",
        "4-2025-07-01T00:00:00",
    ] {
        assert!(text.parse::<RevenueItemId>().is_err(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn ids_come_back(revenue_distribution in 0..=i64::MAX, date in arbitrary::date()) {
        let id = RevenueItemId { revenue_distribution, date };
        prop_assert_eq!(id.to_string().parse::<RevenueItemId>(), Ok(id));
    }

    #[test]
    fn are_the_slices_of_their_days(
        range in arbitrary::range(60),
        amounts in (arbitrary::amount(), arbitrary::amount(), 0..=100_i64),
    ) {
        let (amount, amount_default, probability) = amounts;
        let items = RevenueItems { range, amount, amount_default, probability };
        let spread = |total| SpreadAmount { range, total };
        for date in range.dates() {
            let item = items.on(date).unwrap();
            prop_assert_eq!(Some(item.amount), spread(amount).slice(date));
            prop_assert_eq!(Some(item.amount_default), spread(amount_default).slice(date));
            let expected = spread(projected(amount, probability)).slice(date);
            prop_assert_eq!(Some(item.projected_amount), expected);
            let why = items.explain(date).unwrap();
            prop_assert_eq!(why.upto - why.before, item.amount);
        }
    }
}
