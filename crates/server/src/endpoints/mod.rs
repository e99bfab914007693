//! The endpoints: `dispatch` is the gate that each request passes first, `address` is the table of
//! addresses, and each other file answers one family of them. Not here: the resource types
//! (`resources`) and what they share (`payouts`, `revenue`).

mod address;
mod call;
mod credit_metric;
pub(crate) mod dispatch;
mod docs_page;
pub(crate) mod include;
mod list_table;
pub mod openapi;
mod operations;
pub(crate) mod preview;
pub(crate) mod probes;
mod read;
pub mod report;
mod resource_route;
mod siren;
mod table;
mod write;
