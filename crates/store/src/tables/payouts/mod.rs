//! The tables of payouts: who is paid, on which terms, what for, and what was paid.

pub mod allocation;
pub mod collaborator;
pub mod distribution;
pub mod distributor;
mod first_allocations;
pub mod metric;
pub mod metric_credit;
pub mod obligation;
