//! What requests come to: `dispatch` is the gate, and each other file answers one family of
//! addresses.

mod address;
mod call;
mod credit_metric;
pub(crate) mod dispatch;
mod docs_page;
mod health;
pub(crate) mod include;
pub mod openapi;
mod operations;
pub(crate) mod preview;
mod read;
pub mod report;
mod resource_route;
mod siren;
mod write;
