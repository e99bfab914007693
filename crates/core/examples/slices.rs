//! Prints the day slices and the monthly sums of one distribution, without a database.
//!
//! `cargo run -p apportion-core --example slices`

use std::error::Error;

use apportion_core::calendar::{DateRange, Period};
use apportion_core::deal::DealMoney;
use apportion_core::revenue_distribution::RevenueDistributionTerms;
use apportion_core::slicing::SpreadAmount;

fn main() -> Result<(), Box<dyn Error>> {
    let deal = DealMoney {
        value: 10_000,
        currency: "EUR".parse()?,
        exchange_rate: Some("1.0833".parse()?),
        default_currency: "USD".parse()?,
    };
    let range = DateRange::new("2025-06-26".parse()?, "2025-07-05".parse()?)?;
    let terms = RevenueDistributionTerms { range, percent: "100".parse()? };
    let amounts = terms.amounts(&deal)?;
    let span = SpreadAmount { range, total: amounts.amount_default };

    println!(
        "{} minor units of {} are {} of {}, over {} days of {} or {}:",
        amounts.amount,
        deal.currency,
        amounts.amount_default,
        deal.default_currency,
        range.days(),
        span.daily_min(),
        span.daily_max(),
    );
    for slice in span.by_period(Period::Day) {
        println!("  {} {:>6}", slice.range.start(), slice.amount);
    }
    println!("by month:");
    for slice in span.by_period(Period::Month) {
        println!("  {:>10} {:>6}", Period::Month.key(slice.period_starts_on), slice.amount);
    }
    if let Some(explanation) = span.explain(range.end()) {
        println!("{}", explanation.sentence);
    }
    Ok(())
}
