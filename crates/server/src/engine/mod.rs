//! The engine: what `core::engine::plan` decides, read from the store and written to it.
//!
//! [`snapshot`] reads what a plan is made from, for a preview or for a trigger. Not here: any rule.

pub(crate) mod snapshot;
