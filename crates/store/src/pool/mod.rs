//! The store as a whole: threads with a connection each, the one writer of SQLite, migrations,
//! roles, backups and their return. Not here: the rows that are read and written.

pub mod backup;
mod beside;
pub(crate) mod executor;
mod lazy;
pub(crate) mod limits;
pub(crate) mod migrate;
mod pooler;
mod queue;
pub mod restore;
pub mod roles;
mod state;
pub(crate) mod store;
mod writer;
