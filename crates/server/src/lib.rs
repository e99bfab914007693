//! Apportion's JSON:API service: each resource type is declared once, and addresses and documents
//! follow from the declaration. The crate also has tokens, rate limits, the engine and the
//! commands.
//!
//! Start at [`serve`] for the life of the server, at [`resources`] for the types that it serves,
//! and at `endpoints::dispatch` for the way of one request.
//!
//! Deliberately absent: the rules of the domain (`apportion-core`), SQL (`apportion-store`), and
//! handlers of a single type, such as a list handler for each.

mod access;
mod app;
pub mod catalog;
mod clock;
mod commands;
mod endpoints;
pub mod engine;
pub mod failure;
mod http;
mod monitor;
mod payouts;
pub mod resources;
mod revenue;
pub mod serve;
mod service;

pub use access::Right;
pub use access::authenticator::{Authentication, Authenticator, Identity, Refusal};
pub use access::rates::RateLimits;
pub use access::token;
pub use app::{Config, Limits, OpenError, Parts, text_of_answers};
pub use apportion_store as store;
pub use clock::Clock;
pub use commands::{admin, check, demo, import, restore, roles};
pub use endpoints::{openapi, report};
pub use service::{Apportion, Engine, RunningEngine};
