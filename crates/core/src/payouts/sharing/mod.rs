//! Sharing a pool: who takes part and with which weight, the division to the last unit, and what a
//! share says of itself.

pub mod share_explanation;
pub mod share_rule;
pub mod shares;
