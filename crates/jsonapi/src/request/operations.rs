//! The atomic operations extension (<https://jsonapi.org/ext/atomic>): a list of operations read
//! from a document, with local ids replaced as the rows they stand for come to be. Not here:
//! carrying them out.

pub use super::local_ids::LocalIds;
pub use super::verb::Verb;
use crate::error::{Code, Error, Source};
use crate::text::{Json, cut};

/// The extension's URI.
pub const EXTENSION: &str = "https://jsonapi.org/ext/atomic";
/// How many operations one request may carry.
pub const MAX_OPERATIONS: usize = 100;

/// What it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'j> {
    /// What an address stands for.
    Address(&'j str),
    /// A resource, or one of its relationships.
    Reference {
        /// The type.
        kind: &'j str,
        /// The id, or the local id of a resource that was added before.
        id: Identity<'j>,
        /// The relationship, if one is meant.
        relationship: Option<&'j str>,
    },
    /// The resource that the data describes.
    Data,
}

/// Which resource of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'j> {
    /// By its id.
    Id(&'j str),
    /// By its local id.
    Local(&'j str),
}

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation<'j, 'a> {
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub target: Target<'j>,
    /// With what.
    pub data: Option<&'j Json<'a>>,
}

/// The operations of a document; every malformed one is a fault of its own.
pub fn read<'j, 'a>(json: &'j Json<'a>) -> Result<Vec<Operation<'j, 'a>>, Vec<Error>> {
    let refuse = |at: &str, detail: String| {
        Err(vec![Error::pointer(Code::BadDocument, at.to_owned(), detail)])
    };
    let Some(members) = json.members() else {
        return refuse("", format!("The document must be an object, not {}", json.noun()));
    };
    // JSON:API 1.1 extension: none of these stands beside operations.
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

/// An error of one operation, pointing at or below it.
pub fn at_operation(error: Error, at: usize) -> Error {
    let below = match &error.source {
        Some(Source::Pointer(pointer)) => pointer.as_str(),
        _ => "",
    };
    let pointer = format!("/atomic:operations/{at}{below}");
    error.at(Source::Pointer(pointer))
}

/// The words of `op`.
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
