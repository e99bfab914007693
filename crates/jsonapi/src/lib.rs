//! JSON:API 1.1 for servers: declare a resource type once, and read queries and request
//! documents against it, negotiate media types, and write documents straight to bytes.
//!
//! Deliberately absent: a database, an HTTP server, any knowledge of the domain. What the words
//! of a query are bound to (a column, say) is the type parameter `F`, which this crate only
//! carries around.
//!
//! Source of every rule: <https://jsonapi.org/format/1.1/>.

pub mod document;
pub mod error;
pub mod media;
pub mod query;
pub mod request;
pub mod resource;
pub mod text;
pub mod value;

pub use error::{Code, Error, Source};
pub use query::Query;
pub use request::input::{Input, Linkage};
pub use request::{Verb, input, operations};
pub use resource::{
    Attribute, Bounds, Cardinality, Declaration, DeclaredRows, Registry, Relationship,
    ResourceType, Rows,
};
pub use text::json;
pub use value::{Kind, Scalar, Value};
