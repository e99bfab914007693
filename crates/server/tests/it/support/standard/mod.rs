//! What the rules of JSON:API are held against.

pub mod document_parts;
pub mod walk;
