//! The atomic operations extension (<https://jsonapi.org/ext/atomic>): reads the list of operations
//! from a document. Not here: carrying them out.

pub use super::local_ids::LocalIds;
pub use super::verb::Verb;
use crate::error::{Code, Error, Source};
use crate::text::{Json, cut};

/// The URI of the extension.
pub const EXTENSION: &str = "https://jsonapi.org/ext/atomic";
/// The largest number of operations in a request.
pub const MAX_OPERATIONS: usize = 100;

/// The target of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'j> {
    /// The resource or collection at this address.
    Address(&'j str),
    /// A resource, or one of its relationships.
    Reference {
        /// The type.
        kind: &'j str,
        /// The id, or the local id of a resource that an earlier operation adds.
        id: Identity<'j>,
        /// The name of the relationship, if the target is one.
        relationship: Option<&'j str>,
    },
    /// The resource that the data describes.
    Data,
}

/// A resource among those of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'j> {
    /// The resource with this id.
    Id(&'j str),
    /// The resource with this local id.
    Local(&'j str),
}

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation<'j, 'a> {
    /// The verb.
    pub verb: Verb,
    /// The target.
    pub target: Target<'j>,
    /// The data, if there is any.
    pub data: Option<&'j Json<'a>>,
}

/// Reads the operations of a document, or returns the fault of each malformed one.
pub fn read<'j, 'a>(json: &'j Json<'a>) -> Result<Vec<Operation<'j, 'a>>, Vec<Error>> {
    let refuse = |at: &str, detail: String| {
        Err(vec![Error::pointer(Code::BadDocument, at.to_owned(), detail)])
    };
    let Some(members) = json.members() else {
        return refuse("", format!("The document must be an object, not {}", json.noun()));
    };
    // The extension allows none of these members beside the operations.
    let foreign = members
        .iter()
        .find(|(name, _)| matches!(&**name, "data" | "included" | "errors" | "atomic:results"));
    if let Some((name, _)) = foreign {
        return refuse(
            &format!("/{name}"),
            format!("A document of operations must not have '{name}'"),
        );
    }
    match json.member("atomic:operations") {
        Some(Json::Array(items)) if (1..=MAX_OPERATIONS).contains(&items.len()) => {
            let (mut operations, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
            for (at, item) in items.iter().enumerate() {
                match operation(item) {
                    Ok(operation) => operations.push(operation),
                    Err(error) => errors.push(at_operation(error, at)),
                }
            }
            if errors.is_empty() { Ok(operations) } else { Err(errors) }
        }
        Some(Json::Array(items)) => {
            let count = items.len();
            let detail =
                format!("A request must have 1 to {MAX_OPERATIONS} operations, not {count}");
            refuse("/atomic:operations", detail)
        }
        Some(other) => refuse(
            "/atomic:operations",
            format!("'atomic:operations' must be an array, not {}", other.noun()),
        ),
        None => refuse(
            "/atomic:operations",
            "The document has no 'atomic:operations'; it must hold an array of them".to_owned(),
        ),
    }
}

/// Returns the error with its pointer moved to the operation at this position, or below it.
pub fn at_operation(error: Error, at: usize) -> Error {
    let below = match &error.source {
        Some(Source::Pointer(pointer)) => pointer.as_str(),
        _ => "",
    };
    let pointer = format!("/atomic:operations/{at}{below}");
    error.at(Source::Pointer(pointer))
}

/// The values of `op`.
const VERBS: &str = "add, update or remove";

fn operation<'j, 'a>(json: &'j Json<'a>) -> Result<Operation<'j, 'a>, Error> {
    let refuse = |at: &str, detail: String| Err(Error::pointer(Code::BadDocument, at, detail));
    if json.members().is_none() {
        return refuse("", format!("An operation must be an object, not {}", json.noun()));
    }
    let verb = match json.member("op") {
        Some(Json::Text(word)) if word == "add" => Verb::Add,
        Some(Json::Text(word)) if word == "update" => Verb::Update,
        Some(Json::Text(word)) if word == "remove" => Verb::Remove,
        Some(Json::Text(word)) => {
            return refuse("/op", format!("'op' must be {VERBS}, not '{}'", cut(word)));
        }
        Some(other) => return refuse("/op", format!("'op' must be {VERBS}, not {}", other.noun())),
        None => return refuse("/op", format!("The operation has no 'op'; it must be {VERBS}")),
    };
    let target = match (json.member("ref"), json.member("href")) {
        (Some(_), Some(_)) => {
            return refuse("/href", "An operation must have 'ref' or 'href', not both".to_owned());
        }
        (None, Some(Json::Text(href))) => Target::Address(href),
        (None, Some(other)) => {
            return refuse("/href", format!("'href' must be a string, not {}", other.noun()));
        }
        (Some(reference), None) => self::reference(reference)?,
        (None, None) if verb == Verb::Remove => {
            return refuse(
                "/ref",
                "An operation that removes must name its target by 'ref' or 'href'".to_owned(),
            );
        }
        (None, None) => Target::Data,
    };
    Ok(Operation { verb, target, data: json.member("data") })
}

fn reference<'j>(json: &'j Json<'_>) -> Result<Target<'j>, Error> {
    let refuse = |at: &str, detail: &str| Error::pointer(Code::BadDocument, at, detail.to_owned());
    let text = |name: &str| match json.member(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.as_ref())),
        Some(other) => {
            let detail = format!("'{name}' must be a string, not {}", other.noun());
            Err(refuse(&format!("/ref/{name}"), &detail))
        }
    };
    let kind = text("type")?.ok_or_else(|| {
        refuse("/ref/type", "'ref' has no 'type'; it must name the type of its target")
    })?;
    let id = match (text("id")?, text("lid")?) {
        (Some(id), None) => Identity::Id(id),
        (None, Some(lid)) => Identity::Local(lid),
        (Some(_), Some(_)) => {
            return Err(refuse("/ref/lid", "'ref' must have 'id' or 'lid', not both"));
        }
        (None, None) => {
            return Err(refuse(
                "/ref/id",
                "'ref' has neither 'id' nor 'lid'; it must have one of them",
            ));
        }
    };
    Ok(Target::Reference { kind, id, relationship: text("relationship")? })
}
