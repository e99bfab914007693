//! The tables of the database. Each has one file, with its fields, its rows, and the statements for
//! this table alone. Not here: the rules of the domain (`apportion-core`), and statements for
//! several tables at once (`payouts`).

pub(crate) mod administration;
pub(crate) mod links;
pub(crate) mod payouts;
pub(crate) mod revenue;
mod schema;
