//! What the engine does to several tables at once: it finds the distributions that are due, and
//! writes the obligations and allocations of one. Not here: what is to be paid (`apportion-core`).

pub mod allocate;
pub(crate) mod counting;
pub mod due;
