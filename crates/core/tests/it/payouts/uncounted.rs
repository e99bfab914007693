//! Revenue that a pool cannot count, by currency.

use apportion_core::currency::Currency;
use apportion_core::slicing::SpreadAmount;
use apportion_core::uncounted::{UncountedRevenue, add_up_by_currency};
use apportion_core::units::Units;
use proptest::prelude::*;

use crate::{arbitrary, currency, range};

fn span(code: &str, days: &str, total: i64) -> (Currency, SpreadAmount) {
    (currency(code), SpreadAmount { range: range(days), total })
}

fn uncounted(code: &str, amount: i128) -> UncountedRevenue {
    UncountedRevenue { currency: currency(code), amount }
}

#[test]
fn is_added_up_by_currency_on_the_days_that_count() {
    let spans = [
        span("USD", "2025-07-01..2025-07-10", 1_000),
        span("EUR", "2025-07-05..2025-07-05", 7),
        span("USD", "2025-07-05..2025-07-06", -50),
        span("GBP", "2025-08-01..2025-08-31", 31),
    ];
    let found = add_up_by_currency(spans, range("2025-07-05..2025-07-31"));
    assert_eq!(found, [uncounted("EUR", 7), uncounted("USD", 550)]);
}

#[test]
fn what_cancels_out_is_left_out() {
    let days = "2025-07-01..2025-07-10";
    let spans = [span("USD", days, 5), span("USD", days, -5), span("EUR", days, 0)];
    assert_eq!(add_up_by_currency(spans, range(days)), []);
}

#[test]
fn says_why_it_is_not_counted() {
    let units: Units = "USD".parse().unwrap();
    let sentences = [uncounted("EUR", 123_456), uncounted("JPY", -7)].map(|it| it.sentence(&units));
    assert_eq!(
        sentences,
        [
            "Revenue of 1234.56 EUR is not counted, as EUR is not converted to USD.",
            "Revenue of -7 JPY is not counted, as JPY is not converted to USD.",
        ]
    );
}

/// Draws amounts of some currencies, each with the day of July on which it begins.
fn amounts() -> impl Strategy<Value = Vec<(Currency, i64, u32)>> {
    let amount = (arbitrary::currency(), -1_000..1_000_i64, 1..=9_u32);
    prop::collection::vec(amount, 0..9)
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn is_the_sum_of_each_day_of_each_amount(amounts in amounts()) {
        let july = range("2025-07-03..2025-07-28");
        let spread = |(currency, total, first): &(Currency, i64, u32)| {
            let days = format!("2025-07-0{first}..2025-07-{}", 20 + first);
            (*currency, SpreadAmount { range: range(&days), total: *total })
        };
        let spans: Vec<_> = amounts.iter().map(spread).collect();
        let found = add_up_by_currency(spans.iter().copied(), july);
        prop_assert!(found.is_sorted_by(|a, b| a.currency.code() < b.currency.code()));
        for code in ["JPY", "EUR", "KWD", "CLF"].map(currency) {
            let of_code = spans.iter().filter(|(currency, _)| *currency == code);
            let days = of_code.flat_map(|(_, span)| july.dates().filter_map(|day| span.slice(day)));
            let expected: i128 = days.map(i128::from).sum();
            let sum = found.iter().find(|it| it.currency == code).map_or(0, |it| it.amount);
            prop_assert_eq!(sum, expected);
        }
        prop_assert!(found.iter().all(|it| it.amount != 0));
    }
}
