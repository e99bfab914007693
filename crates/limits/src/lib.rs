//! Limits of time and memory that a process sets itself, where that takes a word with C: the
//! [`deadline`] of the work of a thread, which SQLite asks for, and [`memory`] that is given back.
//! It is the one crate of ours that C is called from or calls.

pub mod deadline;
pub mod memory;
mod sqlite;
