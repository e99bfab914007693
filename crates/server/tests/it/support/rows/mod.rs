//! Rows that the cases ask about, made over HTTP or, where the service has no way to, in the store.

pub mod notes;
pub mod notes_world;
pub mod payouts;
pub mod programme;
pub mod report_entries;
pub mod sample;
