//! Request documents, read against the declarations: resources, linkage and lists of operations.
//! Not here: the rules of the domain, and whether linked rows exist.

mod body;
mod from_value;
pub mod input;
mod linkage;
mod local_ids;
pub mod operations;
mod verb;

pub use verb::Verb;
