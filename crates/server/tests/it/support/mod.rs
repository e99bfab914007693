//! Support for the cases: the server that they send requests to, its rows, and checks of its
//! answers. No cases are here.

pub mod atomic;
pub mod cells;
pub mod cursor_walk;
pub mod dice;
pub mod explanations;
pub mod exposition;
pub mod host;
pub mod included;
pub mod openapi;
pub mod probes;
pub mod query_faults;
pub mod refusal;
pub mod resources;
pub mod rows;
pub mod scraped;
pub mod siren;
pub mod standard;
pub mod world;
