//! The database below everything else: one connection, the values that columns hold, and columns
//! that are looked up in another table. Not here: whose rows a connection sees (`session`), and
//! which tables there are (`tables`).

pub(crate) mod column_values;
pub(crate) mod connection;
pub(crate) mod file;
pub(crate) mod lookup;
