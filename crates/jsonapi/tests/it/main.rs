//! Tests of JSON:API without a server: queries, request documents, negotiation, documents.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop"
)]

mod declarations;
mod documents;
mod errors;
mod filters;
mod inputs;
mod json;
mod library;
mod media;
mod messages;
mod operations;
mod queries;
mod schema;
mod text;
