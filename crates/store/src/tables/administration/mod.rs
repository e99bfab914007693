//! The tables of administration: organizations, which are the tenants, with their people, tokens,
//! events, the files that were imported, and the stored answers to requests that may be repeated.

pub mod event;
pub mod idempotency;
pub mod import;
pub mod organization;
pub mod person;
pub mod token;
