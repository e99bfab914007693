//! What the rules of JSON:API are held against.

pub mod addresses;
pub mod document_parts;
pub mod every_answer;
