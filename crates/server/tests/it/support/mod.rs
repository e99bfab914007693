//! What the cases stand on: the world that they ask, the rows in it, and what they hold answers
//! against. No cases here.

pub mod atomic;
pub mod cursor_walk;
pub mod included;
pub mod notes_world;
pub mod openapi;
pub mod probes;
pub mod query_faults;
pub mod report_entries;
