//! The revenue that a pool counts and the revenue that it cannot count: the sums of won deals in
//! its scope, against a plain loop over the rows.

use apportion_core::calendar::DateRange;
use apportion_core::currency::Currency;
use apportion_core::engine::RevenueIn;
use apportion_core::id::DistributorId;
use apportion_core::slicing::SpreadAmount;
use apportion_core::uncounted::UncountedRevenue;
use apportion_store::{Tenant, recognized, uncounted};
use apportion_testing::{Place, rounds};
use chrono::{Days, NaiveDate};

use crate::support::rows::{
    DealValues, DistributorValues, Slices, insert_deal_at, insert_distributor, insert_slices,
    name_deals, set_status,
};
use crate::support::{Dice, World, instant};

apportion_testing::cases! { of_won_deals_in_scope, of_a_random_book, of_nobody }

const STATUSES: [&str; 3] = ["open", "won", "lost"];
const CURRENCIES: [&str; 3] = ["EUR", "USD", "JPY"];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn days(first: &str, last: &str) -> DateRange {
    DateRange::new(day(first), day(last)).unwrap()
}

fn insert(tenant: &mut Tenant<'_>, status: &'static str, currency: &'static str) -> i64 {
    let values = DealValues { status, currency, ..DealValues::default() };
    insert_deal_at(tenant, &values, instant(0)).unwrap()
}

fn distributor(tenant: &mut Tenant<'_>, deals: Option<&[i64]>) -> DistributorId {
    let values = DistributorValues { names_deals: deals.is_some(), ..DistributorValues::default() };
    let (id, _) = insert_distributor(tenant, &values);
    name_deals(tenant, id, deals.unwrap_or_default());
    DistributorId(id)
}

/// Returns what is not counted, as amounts and codes.
fn left_out(
    tenant: &mut Tenant<'_>,
    distributor: DistributorId,
    revenue: RevenueIn,
    on: DateRange,
) -> Vec<(i128, &'static str)> {
    let found = uncounted(tenant, distributor, revenue, on).unwrap();
    found
        .into_iter()
        .map(|UncountedRevenue { currency, amount }| (amount, currency.code()))
        .collect()
}

fn of_won_deals_in_scope(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut tenant = Tenant::new(world.ours, &mut session);
    let july = days("2025-07-01", "2025-07-31");
    let mut deals = Vec::new();
    for (at, status) in (0..).zip(STATUSES) {
        for (power, code) in (0..).zip(CURRENCIES) {
            let deal = insert(&mut tenant, status, code);
            let amount = 31 * 10_i64.pow(at) * 1_000_i64.pow(power);
            let slices = Slices { days: july, amount, amount_default: amount * 2, currency: code };
            insert_slices(&mut tenant, deal, &slices);
            deals.push(deal);
        }
    }
    let all = distributor(&mut tenant, None);
    let none = distributor(&mut tenant, Some(&[]));
    // An open and a won deal in EUR, a won one in JPY.
    let some = distributor(&mut tenant, Some(&[deals[0], deals[3], deals[5]]));
    let days = days("2025-07-10", "2025-07-11");
    let euros = RevenueIn::Deals(currency("EUR"));
    let mut counted = |distributor, revenue| {
        let sum = recognized(&mut tenant, distributor, revenue, days).unwrap();
        (sum, left_out(&mut tenant, distributor, revenue, days))
    };
    let left = |euros: &[(i128, &'static str)]| euros.to_vec();
    assert_eq!(counted(all, RevenueIn::Default), (2 * 2 * 10_010_010, Vec::new()));
    assert_eq!(counted(all, euros), (20, left(&[(20_000_000, "JPY"), (20_000, "USD")])));
    assert_eq!(counted(some, RevenueIn::Default), (2 * 2 * 10_000_010, Vec::new()));
    assert_eq!(counted(some, euros), (20, left(&[(20_000_000, "JPY")])));
    let pounds = RevenueIn::Deals(currency("GBP"));
    assert_eq!(counted(some, pounds), (0, left(&[(20, "EUR"), (20_000_000, "JPY")])));
    for revenue in [RevenueIn::Default, euros, pounds] {
        assert_eq!(counted(none, revenue), (0, Vec::new()));
    }
    // A change of the status alone moves a deal in and out.
    set_status(&mut tenant, deals[1], "won").unwrap();
    set_status(&mut tenant, deals[3], "lost").unwrap();
    let mut counted = |distributor, revenue| {
        let sum = recognized(&mut tenant, distributor, revenue, days).unwrap();
        (sum, left_out(&mut tenant, distributor, revenue, days))
    };
    assert_eq!(counted(all, euros), (0, left(&[(20_000_000, "JPY"), (22_000, "USD")])));
    assert_eq!(counted(some, RevenueIn::Default), (2 * 2 * 10_000_000, Vec::new()));
}

/// A revenue distribution that the test knows.
struct Known {
    deal: i64,
    status: &'static str,
    slices: Slices,
}

impl Known {
    /// Returns the part of an amount on these days, added up day by day.
    fn part(&self, total: i64, on: DateRange) -> i128 {
        let spread = SpreadAmount { range: self.slices.days, total };
        on.dates().filter_map(|day| spread.slice(day)).map(i128::from).sum()
    }
}

fn of_a_random_book(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut dice = Dice(7);
    let pick = |dice: &mut Dice, from: &[&'static str]| from[dice.roll(from.len() as u64) as usize];
    let date = |dice: &mut Dice, from: u64| day("2025-01-01") + Days::new(from + dice.roll(60));
    // The other tenant has the same ids, and all of it is won.
    let mut tenant = Tenant::new(world.theirs, &mut session);
    let theirs = insert(&mut tenant, "won", "EUR");
    let year = days("2025-01-01", "2025-12-31");
    let slices = Slices { days: year, amount: 365, amount_default: 365, currency: "EUR" };
    insert_slices(&mut tenant, theirs, &slices);
    let mut tenant = Tenant::new(world.ours, &mut session);
    let mut book: Vec<Known> = Vec::new();
    for _ in 0..15 {
        let (status, code) = (pick(&mut dice, &STATUSES), pick(&mut dice, &CURRENCIES));
        let deal = insert(&mut tenant, status, code);
        for _ in 0..dice.roll(4) {
            let start = date(&mut dice, 0);
            let days = DateRange::new(start, start + Days::new(dice.roll(50))).unwrap();
            let amount = dice.roll(10_000) as i64 - 3_000;
            let amount_default = if code == "EUR" { amount } else { amount / 3 };
            let slices = Slices { days, amount, amount_default, currency: code };
            insert_slices(&mut tenant, deal, &slices);
            book.push(Known { deal, status, slices });
        }
    }
    let named: Vec<i64> = book.iter().map(|known| known.deal).step_by(2).collect();
    let distributors = [distributor(&mut tenant, None), distributor(&mut tenant, Some(&named))];
    for round in 0..rounds(300) {
        let changed = book[dice.roll(book.len() as u64) as usize].deal;
        let status = pick(&mut dice, &STATUSES);
        set_status(&mut tenant, changed, status).unwrap();
        let of_deal = book.iter_mut().filter(|known| known.deal == changed);
        of_deal.for_each(|known| known.status = status);
        let first = date(&mut dice, 0);
        let on = DateRange::new(first, first + Days::new(dice.roll(40))).unwrap();
        for (at, distributor) in distributors.into_iter().enumerate() {
            let in_scope = |known: &&Known| at == 0 || named.contains(&known.deal);
            let won = || book.iter().filter(in_scope).filter(|known| known.status == "won");
            let defaults = won().map(|known| known.part(known.slices.amount_default, on));
            let sum = recognized(&mut tenant, distributor, RevenueIn::Default, on).unwrap();
            assert_eq!(sum, defaults.sum(), "round {round}, {at}");
            let of = |code: &str| -> i128 {
                let own = won().filter(|known| known.slices.currency == code);
                own.map(|known| known.part(known.slices.amount, on)).sum()
            };
            for units in ["EUR", "USD", "CHF"] {
                let revenue = RevenueIn::Deals(currency(units));
                let sum = recognized(&mut tenant, distributor, revenue, on).unwrap();
                assert_eq!(sum, of(units), "round {round}, {at}: {units}");
                let others = ["EUR", "JPY", "USD"].into_iter().filter(|code| *code != units);
                let left = others.map(|code| (of(code), code)).filter(|(sum, _)| *sum != 0);
                let left: Vec<_> = left.collect();
                assert_eq!(left_out(&mut tenant, distributor, revenue, on), left, "round {round}");
            }
        }
    }
}

/// A distributor of another tenant, or one that does not exist, has no deals.
fn of_nobody(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let on = days("2025-01-01", "2025-12-31");
    let mut tenant = Tenant::new(world.theirs, &mut session);
    insert(&mut tenant, "won", "EUR");
    let theirs = distributor(&mut tenant, None);
    let mut tenant = Tenant::new(world.ours, &mut session);
    let deal = insert(&mut tenant, "won", "USD");
    let slices = Slices { days: on, amount: 365, amount_default: 365, currency: "USD" };
    insert_slices(&mut tenant, deal, &slices);
    for distributor in [theirs, DistributorId(99)] {
        let euros = RevenueIn::Deals(currency("EUR"));
        assert_eq!(recognized(&mut tenant, distributor, RevenueIn::Default, on).unwrap(), 0);
        assert_eq!(left_out(&mut tenant, distributor, euros, on), []);
    }
}
