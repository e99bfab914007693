//! Revenue: deals, the revenue distributions that spread them over days, and reports on both.
//!
//! Nothing here knows who is paid: payouts take the revenue of a period from here, and revenue
//! takes nothing from payouts.

pub mod accrual;
pub mod deal;
pub mod distributed;
pub mod report;
pub mod revenue_distribution;
pub mod revenue_item;
pub mod revenue_item_page;
pub mod slicing;
