//! The commands of the program that work on the database without a server: administration, roles,
//! checks, import, the return of a backup and the demo. Not here: their options and their output
//! (the crate of the program).

pub mod admin;
pub mod check;
pub mod demo;
pub mod import;
pub mod restore;
pub mod roles;
