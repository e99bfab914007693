//! JSON text: read into a tree, and written value by value.

pub mod json;
pub mod push;
