//! The types of administration: organizations, which are the tenants, with their people, tokens,
//! events and checks.

pub(crate) mod check;
pub(crate) mod event;
pub(crate) mod organization;
pub(crate) mod person;
pub(crate) mod token;
