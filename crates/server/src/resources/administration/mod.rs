//! Tenants, their people, what was done to their rows, and whether these hold together.

pub(crate) mod check;
pub(crate) mod event;
pub(crate) mod organization;
pub(crate) mod person;
