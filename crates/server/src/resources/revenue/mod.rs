//! Deals, what is spread of them, and its days.

pub(crate) mod deal;
pub(crate) mod revenue_distribution;
pub(crate) mod revenue_item;
