//! Rows for the cases, made over HTTP or, if the service has no request for it, in the store.

pub mod notes;
pub mod notes_world;
pub mod payouts;
pub mod programme;
pub mod report_entries;
pub mod sample;
