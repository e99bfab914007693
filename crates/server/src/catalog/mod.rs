//! What a resource type is to this server: a declaration, how its rows are loaded, and how they are
//! written. Not here: the types themselves (`resources`), and how requests are answered
//! (`endpoints`).

pub(crate) mod attributes;
pub(crate) mod criteria;
pub(crate) mod draft;
mod registry;
mod served;
mod table;
mod work;

pub use registry::{ROOT, Resources};
pub(crate) use registry::{TypeId, TypeRef};
pub(crate) use served::MAX_INCLUDED;
pub use served::{BoxedRows, Held, Page, Served, Walked};
pub use table::{Resource, Writes};
pub use work::Work;
