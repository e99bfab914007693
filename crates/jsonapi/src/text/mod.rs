//! Text that goes in and out: JSON read into a tree and written value by value, texts in one form
//! of Unicode, and the names and values of clients as errors repeat them.

mod alternatives;
mod composed;
mod echo;
pub mod json;
mod push;

pub use alternatives::alternatives;
pub use composed::composed;
pub use echo::{MAX_ECHO, cut, pointer_segment};
pub use json::Json;
pub use push::{push_date, push_decimal, push_field, push_instant, push_integer, push_str};
