//! Payouts: distributors, what they owe, and the engine that decides what they pay and when.
//!
//! Nothing here computes revenue, and nothing here reads or writes rows.

pub mod accumulation;
pub mod allocation;
pub mod distribution;
pub mod distributor;
pub mod engine;
pub mod metric;
pub mod metric_credit;
pub mod obligation;
pub mod resolver;
pub mod share_explanation;
pub mod shares;
pub mod sharing;
