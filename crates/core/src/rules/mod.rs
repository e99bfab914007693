//! The ground floor of the rules: faults, sets of names, refusals, ids and texts.
//!
//! Nothing here knows money, days or any noun of the domain. Every other folder may import this
//! one, and this one imports none of them.

pub mod event;
pub mod fault;
pub mod id;
pub mod names;
pub mod refusal;
pub mod text;
