//! Documents, written from rows straight to bytes, without a tree of values in between. Not here:
//! where rows come from, and error documents (`error`).

mod compound;
mod page_end;
mod push;
mod writer;

pub use compound::Compound;
pub use page_end::{Links, PageEnd, WalkPage};
pub use writer::Document;
