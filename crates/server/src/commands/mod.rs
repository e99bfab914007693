//! The commands of the program, each straight on the database: administration, checks, import and
//! the demo. Not here: their options and what they print (the program's).

pub mod admin;
pub mod check;
pub mod demo;
pub mod import;
