//! What the cases stand on: the world that they ask, the rows in it, and what they hold answers
//! against. No cases here.

pub mod atomic;
pub mod conformance;
pub mod cursor_walk;
pub mod explanations;
pub mod http;
pub mod included;
pub mod openapi;
pub mod probes;
pub mod query_faults;
pub mod refusal;
pub mod resources;
pub mod rows;
pub mod siren;
pub mod standard;
pub mod world;
