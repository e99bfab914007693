//! The tables of payouts: distributors and their collaborators, metrics and credits, obligations,
//! and distributions with their allocations. Not here: statements that write several of these
//! tables (`crate::payouts`).

pub mod allocation;
pub mod collaborator;
pub mod distribution;
pub mod distribution_refund;
pub mod distributor;
mod first_allocations;
pub mod metric;
pub mod metric_credit;
pub mod obligation;
pub mod settlement;
