//! The statements of the engine that span several tables: they find the distributions that are due,
//! and write the obligations and allocations of one. Not here: what is to be paid
//! (`apportion-core`).

pub mod allocate;
pub(crate) mod counting;
pub mod due;
