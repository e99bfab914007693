//! The types of payouts: distributors and their collaborators, metrics and credits, obligations and
//! their settlements, and distributions with their allocations and refunds.

pub(crate) mod allocation;
pub(crate) mod collaborator;
pub(crate) mod credit;
pub(crate) mod distribution;
pub(crate) mod distribution_refund;
pub(crate) mod distributor;
pub(crate) mod metric;
pub(crate) mod metric_credit;
pub(crate) mod obligation;
mod reversal;
pub(crate) mod settlement;
