//! JSON:API 1.1 for servers, in four steps:
//!
//! 1. Declare each resource type once: its attributes, relationships, filters and sorts, and the
//!    functions that read them from a row ([`Declaration`]).
//! 2. Negotiate the media type ([`media`]).
//! 3. Read the query and the document of a request against the declaration ([`Query`], [`Input`],
//!    [`operations`]). Every fault becomes an [`Error`] with its place in the request.
//! 4. Write the rows of the answer straight to bytes ([`document`]).
//!
//! ```
//! use apportion_jsonapi::document::{Document, Links, PageEnd};
//! use apportion_jsonapi::query::{Allowed, Page, QueryOptions};
//! use apportion_jsonapi::{
//!     Attribute, Declaration, DeclaredRows, Kind, Query, Registry, Scalar,
//! };
//!
//! struct Book {
//!     id: i64,
//!     title: String,
//! }
//!
//! // Fields are bound to whatever the server likes; here they are the names of columns.
//! let books = Declaration::new("books", (|book: &Book| book.id, "id"), |_| 1).attribute(
//!     Attribute::new("title", Kind::Text).field("title"),
//!     |book| Scalar::Text(&book.title),
//! );
//! let registry = Registry::new(vec![books.resource().clone()]);
//!
//! let allowed = Allowed::Collection;
//! let options = QueryOptions { allowed, foreign: &[], walks: false, linkage: None };
//! let text = "filter[title][contains]=sea&sort=-title";
//! let query = Query::parse(text, &registry, books.resource(), &options).unwrap();
//! assert_eq!(query.sorts[0].field, "title");
//! assert!(query.sorts[0].descending);
//!
//! // The server selects the rows; these are the answer.
//! let rows = vec![Book { id: 7, title: "The Sea".to_owned() }];
//! let rows = DeclaredRows { declaration: &books, rows };
//! let address = "http://host/books".to_owned();
//! let links = Links { address, parameters: query.parameters.clone() };
//! let Page::Numbered(page) = query.page else { unreachable!() };
//! let end = PageEnd::numbered(&links, page, 1);
//! let document =
//!     Document { registry: &registry, root: "", fields: &query.fields, compound: None };
//! let body = String::from_utf8(document.collection((0, &rows), &end)).unwrap();
//! let first = r#"{"data":[{"id":"7","type":"books","attributes":{"title":"The Sea"}"#;
//! assert!(body.starts_with(first));
//!
//! // A client that misspells a name learns what there is.
//! let errors = Query::parse("sort=name", &registry, books.resource(), &options).unwrap_err();
//! let detail = "Sort 'name' is not supported on this endpoint; use one of: id, title";
//! assert_eq!(errors[0].detail, detail);
//! ```
//!
//! Deliberately absent: a database, an HTTP server, and any knowledge of the domain. The type
//! parameter `F` stands for the field, a column for instance, that a name is bound to; this crate
//! only carries it.
//!
//! Source of every rule: <https://jsonapi.org/format/1.1/>.
//!
//! The folders are floors, and none imports from one beside or above it: `text`; `value` and
//! `error`; `resource` and `media`; `query` and `request`; `document`.

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
    Attribute, Bounds, Cardinality, Decimals, Declaration, DeclaredRows, Registry, Relationship,
    ResourceType, Rows,
};
pub use text::json;
pub use value::{Kind, Scalar, Value};
