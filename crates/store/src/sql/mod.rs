//! SQL that both databases understand: fields, filters, orders, keysets, and statements that are
//! written out. Not here: which tables there are (`tables`), and who runs a statement (`session`).

pub(crate) mod conditions;
pub(crate) mod criteria;
pub(crate) mod exists;
pub(crate) mod field;
pub(crate) mod filter;
pub(crate) mod keyset;
pub(crate) mod statement;
