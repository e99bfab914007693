//! Apportion's JSON:API service: resources declared once, routes and documents that follow from
//! the declarations, tokens, limits, import.
//!
//! Start at [`serve`] for the life of the server, at [`resources`] for what it serves, and at
//! `dispatch` for the way of one request.
//!
//! Deliberately absent: rules of the domain (`apportion-core`), SQL (`apportion-store`), a list
//! handler per type.

mod access;
mod app;
pub mod catalog;
mod clock;
mod commands;
mod endpoints;
pub mod engine;
pub mod failure;
mod http;
mod payouts;
pub mod resources;
mod revenue;
pub mod serve;

pub use access::token;
pub use app::Config;
pub use apportion_store as store;
pub use commands::{admin, check, demo, import};
pub use endpoints::{openapi, report};
