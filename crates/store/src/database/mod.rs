//! The database below everything else: one connection, the tables as diesel knows them, and columns
//! that are looked up in another table. Not here: whose rows a connection sees (`session`).

pub(crate) mod connection;
pub(crate) mod lookup;
pub(crate) mod schema;
