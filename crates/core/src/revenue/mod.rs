//! Revenue: deals, the revenue distributions that spread them over days, and reports on both.
//!
//! | word | meaning |
//! |---|---|
//! | revenue distribution | a percentage of a deal's value, spread over days |
//! | slice | the part of such an amount that falls to one day |
//! | revenue item | one day of a revenue distribution, with its slices |
//! | recognition | an amount becoming revenue day by day: `P(k)` by the end of day `k` |
//! | deal totals | the sums over all revenue distributions of one deal |
//!
//! Nothing here knows who is paid: payouts take the revenue of a period from here, and revenue
//! takes nothing from payouts.

pub mod deal;
pub mod deal_totals;
pub mod recognition;
pub mod report;
pub mod revenue_distribution;
pub mod revenue_item;
pub mod revenue_item_page;
pub mod slicing;
