//! Request documents, read against the declarations: resources, linkage and lists of operations.
//! Not here: the rules of the domain, and whether linked rows exist.

pub mod input;
mod linkage;
pub mod operations;
