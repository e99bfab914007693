//! Payouts: distributors, what they owe, and the engine that decides what they pay and when.
//!
//! | word | meaning |
//! |---|---|
//! | distributor | the terms on which a group of collaborators is paid, period by period |
//! | distribution | what a distributor pays for one period; not a revenue distribution |
//! | obligation | an amount that a distributor owes to one collaborator |
//! | allocation | the link from a distribution to an obligation that it covers |
//! | accumulation | collecting the obligations that are due, netted for each collaborator |
//!
//! How revenue is spread over days is [`crate::slicing`]. Nothing here reads or writes rows.

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
pub mod share_rule;
pub mod shares;
pub mod uncounted;
