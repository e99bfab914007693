//! Payouts: distributors, what they owe, and the engine that decides what they pay and when.
//!
//! | word | meaning |
//! |---|---|
//! | distributor | the terms on which a group of collaborators is paid, period by period |
//! | distribution | what a distributor pays for one period; not a revenue distribution |
//! | obligation | an amount that a distributor owes to one collaborator |
//! | allocation | the link from a distribution to an obligation that it covers |
//! | accumulation | netting the share and the obligations of each collaborator that are due |
//! | settlement | the record that obligations of a distribution were paid outside, many at once |
//! | refund | a part of a pool that is taken back from those who shared it |
//!
//! How revenue is spread over days is [`crate::slicing`]. Nothing here reads or writes rows.

pub mod accumulation;
pub mod allocation;
pub mod distribution;
pub mod distribution_refund;
pub mod distributor;
pub mod engine;
pub mod metric;
pub mod metric_credit;
pub mod obligation;
pub mod resolver;
pub mod settlement;
pub(crate) mod sharing;
pub mod uncounted;
