//! The ground floor of the rules: faults, closed sets of names, refused changes, ids and texts.
//!
//! Nothing here knows money, days or any noun of the domain; every other folder may import this
//! one, and it imports none of them.

pub mod event;
pub mod fault;
pub mod id;
pub mod names;
pub mod refusal;
pub(crate) mod text;
