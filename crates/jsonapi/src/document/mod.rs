//! Documents, written straight to bytes from rows: no tree of values stands between. Not here:
//! where rows come from, and error documents (`error`).

mod compound;
mod page_end;
mod push;
mod writer;

pub use compound::Compound;
pub use page_end::{Links, PageEnd, WalkPage};
pub use writer::Document;
