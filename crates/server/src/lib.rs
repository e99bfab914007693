//! Apportion's JSON:API service: resources declared once, routes and documents that follow from
//! the declarations, tokens, limits, import.
//!
//! Start at [`serve`] for the life of the server, at [`resources`] for what it serves, and at
//! `dispatch` for the way of one request.
//!
//! Deliberately absent: rules of the domain (`apportion-core`), SQL (`apportion-store`), a list
//! handler per type.

mod access;
pub mod admin;
mod body;
pub mod check;
mod computed;
mod cors;
mod credit_metric;
mod criteria;
pub mod demo;
mod dispatch;
mod docs;
pub mod engine;
mod etag;
pub mod failure;
mod guard;
mod health;
mod host;
mod idempotency;
pub mod import;
mod include;
mod numbered;
pub mod openapi;
mod operations;
mod preview;
mod rates;
mod read;
mod reply;
pub mod report;
pub mod resources;
mod route;
pub mod serve;
pub mod served;
mod service;
mod siren;
pub mod token;
mod write;

pub use apportion_store as store;
pub use service::Config;
