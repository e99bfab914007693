//! The tables of the service itself: tenants, their people, tokens, events, and answers that are
//! kept for requests that are repeated.

pub mod event;
pub mod idempotency;
pub mod organization;
pub mod person;
pub mod token;
