//! The shared part of the test suites: a throw-away PostgreSQL cluster ([`postgres`]), a runner of
//! one list of cases on both databases ([`suite`]), an HTTP client that checks each answer
//! ([`http`]), and one switch for the length of long tests ([`mod@rounds`]). A dev-dependency of
//! the other crates only.
//!
//! It deliberately has neither diesel nor a PostgreSQL driver: databases are made by the `psql`
//! program, so that a fault in the store cannot hide itself in its own test's set-up.
//!
//! ```no_run
//! // A module of cases, tests/it/lists.rs.
//! mod lists {
//!     use apportion_testing::Place;
//!
//!     apportion_testing::cases! { filters; plain: parses }
//!
//!     fn filters(place: &Place) {
//!         assert!(place.url.contains("://"));
//!     }
//!
//!     fn parses() {
//!         assert_eq!("1".parse(), Ok(1));
//!     }
//! }
//!
//! // A test target with `harness = false`, tests/it/main.rs. `modules!` declares `lists` and makes
//! // this list.
//! fn main() -> std::process::ExitCode {
//!     apportion_testing::run(&[("lists", lists::CASES)])
//! }
//! ```

// A test's set-up fails by panicking: the runner shows the message as that case's failure.
// It reads the environment for the programs of PostgreSQL and the length of long tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod conformance;
pub mod http;
pub mod pooler;
pub mod postgres;
mod programs;
mod room;
pub mod rounds;
pub mod suite;
mod supervisor;

pub use postgres::{Cluster, Unavailable};
pub use rounds::{is_whole, rounds, thinned};
pub use suite::{Backend, Case, Module, Place, Run, Suite, run};
