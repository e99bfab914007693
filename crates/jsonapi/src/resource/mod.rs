//! What a resource type is on the wire: its attributes with their capabilities, its relationships,
//! its filters and sorts, how its rows are read, and the registry of all types. Not here: where rows
//! come from.

mod attribute;
mod declaration;
mod operator;
mod parameters;
mod registry;
mod relationship;
mod resource_type;
mod rows;
mod shape;

pub use attribute::{Attribute, Bounds};
pub use declaration::{Declaration, DeclaredRows};
pub use operator::Operator;
pub use parameters::{FilterKey, SortKey, Takes};
pub use registry::Registry;
pub use relationship::{Cardinality, Relationship};
pub use resource_type::{Ids, ResourceType};
pub use rows::Rows;
pub use shape::Shape;
