//! Declarations of resource types: attributes with their capabilities, relationships, filters and
//! sorts, how rows are read, and the registry of all types. Not here: where rows come from.

mod attribute;
mod declaration;
mod faults;
mod operator;
mod parameters;
mod registry;
mod relationship;
mod resource_type;
mod rows;
mod shape;

pub use attribute::{Attribute, Bounds};
pub use declaration::{Decimals, Declaration, DeclaredRows};
pub use operator::Operator;
pub use parameters::{FilterKey, SortKey, Takes};
pub use registry::Registry;
pub use relationship::{Cardinality, Relationship};
pub use resource_type::{Ids, ResourceType};
pub use rows::Rows;
pub use shape::Shape;
