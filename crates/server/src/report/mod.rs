//! Renderings of a revenue report other than JSON:API: a table and a chart.
//!
//! Pure functions from rows to bytes; what is reported, and to whom, is decided elsewhere.

mod amount;
pub mod csv;
pub mod svg;
