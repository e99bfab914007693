//! The rows of any table: lists by criteria, links between two tables, the macros that insert,
//! update and delete a row together with its event, and the insertion of many rows at once. Not
//! here: the tables themselves (`tables`).

pub(crate) mod among;
pub(crate) mod insert_many;
pub(crate) mod lock;
pub(crate) mod macros;
pub mod membership;
pub(crate) mod named;
pub(crate) mod select;
pub(crate) mod table;
pub mod unique;
