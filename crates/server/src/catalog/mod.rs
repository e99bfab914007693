//! Resource types as the server sees them: a declaration, and the functions that load and write the
//! rows. Not here: the types themselves (`resources`), and the answers to requests (`endpoints`).

pub(crate) mod attributes;
pub(crate) mod criteria;
pub(crate) mod draft;
pub(crate) mod lines;
mod registry;
mod served;
mod table;
pub(crate) mod unique;
mod work;

pub use registry::{ROOT, Resources, TypeError};
pub(crate) use registry::{TypeId, TypeRef};
pub use served::{BoxedRows, CursorPage, OwnedRows, Page, Served};
pub(crate) use served::{MAX_INCLUDED, MAX_INCLUDED_IN_WRITES};
pub use table::{Resource, Writes};
pub(crate) use work::Secret;
pub use work::Work;
