//! Apportion's rows, on SQLite and on PostgreSQL, with equal answers from both.
//!
//! Start at [`Store`]: it opens a database by its URL, migrates it, and runs work on a bounded set
//! of threads, each with one connection. Every function on a tenant's rows takes the [`Scope`]
//! first; a connection is reached through a [`Session`] only, and that only with a scope.
//!
//! Deliberately absent: rules (they are `apportion-core`'s), and documents: the only JSON here is
//! the keys of a row, which both databases can write.

mod address;
pub mod allocating;
pub mod allocation;
pub mod backup;
pub mod collaborator;
mod conditions;
mod connection;
mod criteria;
pub mod deal;
pub mod distribution;
pub mod distributor;
pub mod due;
mod error;
pub mod event;
mod executor;
mod first_allocations;
mod id;
pub mod idempotency;
mod keyset;
pub mod law;
mod ledger;
mod lookup;
pub mod membership;
pub mod metric;
pub mod metric_credit;
mod migrate;
pub mod obligation;
pub mod organization;
pub mod person;
mod prepared;
mod recognized;
pub mod revenue_distribution;
mod rows;
mod schema;
mod scope;
mod select;
mod session;
mod store;
pub mod token;
mod totals;
mod writer;

pub use address::{Address, AddressError};
pub use connection::{AnyConnection, MultiBackend};
pub use criteria::{
    Comparable, Comparison, Criteria, Field, FieldKind, Filter, Join, Order, Test, Value,
};
pub use error::{Error, Result};
pub use id::{OrganizationId, PersonId};
pub use keyset::{beyond, read_keys};
pub use ledger::{Ledger, LedgerPart, ledger};
pub use lookup::Lookup;
pub use recognized::recognized;
pub use scope::Scope;
pub use select::{Found, Loaded, Select, Stored, load, load_by, load_held, load_keyed};
pub use session::Session;
pub use store::{Cause, Limits, Store};
pub use totals::{add as add_to_total, fold as fold_totals};
