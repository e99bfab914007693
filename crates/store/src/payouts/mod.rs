//! The statements on payouts that span several tables: they find the distributions that are due,
//! write the obligations and allocations of one, settle many, and refund pools. Not here: what is
//! to be paid (`apportion-core`).

pub mod allocate;
pub(crate) mod counting;
pub mod due;
pub mod refund;
pub mod settle;
