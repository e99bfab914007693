//! Spreads a deal over ten days, without a database and without a server.

use std::error::Error;

use apportion_core::calendar::{DateRange, Period};
use apportion_core::deal::DealMoney;
use apportion_core::revenue_distribution::RevenueDistributionTerms;
use apportion_core::slicing::SpreadAmount;

fn main() -> Result<(), Box<dyn Error>> {
    for (month, amount) in months()? {
        println!("{month} {amount}");
    }
    Ok(())
}

/// Returns the US cents that are recognised in each month.
fn months() -> Result<Vec<(String, i64)>, Box<dyn Error>> {
    let deal = DealMoney {
        value: 10_000,
        currency: "EUR".parse()?,
        exchange_rate: Some("1.0833".parse()?),
        default_currency: "USD".parse()?,
    };
    let range = DateRange::new("2025-06-26".parse()?, "2025-07-05".parse()?)?;
    let terms = RevenueDistributionTerms { range, percent: "100".parse()? };
    let span = SpreadAmount { range, total: terms.amounts(&deal)?.amount_default };
    let slices = span.by_period(Period::Month);
    Ok(slices.map(|it| (Period::Month.key(it.period_starts_on).to_string(), it.amount)).collect())
}

#[test]
fn not_a_cent_is_lost() {
    let months = months().unwrap();
    assert_eq!(months.iter().map(|(_, amount)| amount).sum::<i64>(), 10_833);
    assert_eq!(months.len(), 2);
}
