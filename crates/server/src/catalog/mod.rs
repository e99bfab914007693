//! What a resource type is to this server: a declaration, and how its rows are loaded and written.
//! Not here: the types themselves (`resources`), and how requests are answered (`endpoints`).

pub(crate) mod computed;
pub(crate) mod criteria;
pub mod served;
