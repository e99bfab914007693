//! The types of administration: organizations, which are the tenants, with their people, events and
//! checks.

pub(crate) mod check;
pub(crate) mod event;
pub(crate) mod organization;
pub(crate) mod person;
