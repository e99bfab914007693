//! One file a table: its fields, its rows, and the statements that only this table has. Not here:
//! rules (they are `apportion-core`'s), and what writes several tables at once (`payouts`).

pub(crate) mod administration;
pub(crate) mod links;
pub(crate) mod payouts;
pub(crate) mod revenue;
mod schema;
