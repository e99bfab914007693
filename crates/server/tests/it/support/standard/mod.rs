//! Answers and documents that the rules of JSON:API are checked against.

pub mod addresses;
pub mod document_parts;
pub mod every_answer;
