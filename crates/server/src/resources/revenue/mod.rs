//! The types of revenue: deals, the distributions that spread a deal over days, and the items,
//! which are the single days of a distribution.

pub(crate) mod deal;
pub(crate) mod revenue_distribution;
pub(crate) mod revenue_item;
