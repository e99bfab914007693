//! The tables of revenue: deals, and the distributions that spread them over days.

pub mod deal;
pub mod revenue_distribution;
