//! The tables of revenue: deals, and what is spread of them.

pub mod deal;
pub mod revenue_distribution;
