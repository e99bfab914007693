//! The store as a whole: threads with a connection each, the one writer of SQLite, migrations and
//! backups. Not here: what is read or written.

pub mod backup;
pub(crate) mod executor;
mod migrate;
pub(crate) mod store;
mod writer;
