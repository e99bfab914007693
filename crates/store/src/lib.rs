//! Apportion's rows, on SQLite and on PostgreSQL, with equal answers from both.
//!
//! Start at [`Store`]: it opens a database by its URL, migrates it, and runs work on a bounded set
//! of threads, each with one connection. Every function on a tenant's rows takes a
//! [`Tenant`] first: a [`Scope`], and the [`Session`] through which a connection is reached.
//!
//! Deliberately absent: rules (they are `apportion-core`'s), and documents: the only JSON here is
//! the keys of a row, which both databases can write.

mod address;
pub mod checks;
mod database;
mod error;
mod figures;
mod ledger;
mod outages;
mod payouts;
mod pool;
mod rows;
mod scope;
mod session;
mod sql;
mod tables;

pub use address::{Address, AddressError};
pub use apportion_core::id::{self, OrganizationId, PersonId};
pub use database::connection::{AnyConnection, MultiBackend};
pub use database::lookup::Lookup;
pub use error::{Cause, Cost, Error, Outage, Result, intact};
pub use figures::{Figures, PoolFigures};
pub use ledger::ledger;
pub use ledger::recognized::{recognized, uncounted};
pub use payouts::counting::counting_distributors;
pub use payouts::{allocate, due, refund, settle};
pub use pool::backup;
pub use pool::limits::Limits;
pub use pool::migrate::newest_migration;
pub use pool::restore;
pub use pool::roles;
pub use pool::store::Store;
pub use rows::among::{load_by, load_held};
pub use rows::membership;
pub use rows::named::Named;
pub use rows::select::{Found, Loaded, Select, Stored, load, load_keyed};
pub use rows::unique::{self, ExternalId};
pub use scope::{Actor, Scope};
pub use session::Session;
pub use session::books::{Ledger, LedgerPart};
pub use session::costs::Costs;
pub use session::statistics::analyze;
pub use session::tenant::Tenant;
pub use session::totals::fold as fold_totals;
pub use sql::criteria::{Criteria, Order};
pub use sql::field::{Comparable, Field, FieldKind, Join};
pub use sql::filter::{Comparison, Filter, Test, Value};
pub use sql::keyset::{beyond, read_keys};
pub use tables::administration::{event, idempotency, import, organization, person, token};
pub use tables::payouts::{
    allocation, collaborator, distribution, distribution_refund, distributor, metric,
    metric_credit, obligation, settlement,
};
pub use tables::revenue::{deal, revenue_distribution};
