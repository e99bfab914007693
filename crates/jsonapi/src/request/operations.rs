//! The atomic operations extension (<https://jsonapi.org/ext/atomic>): a list of operations read
//! from a document, with local ids replaced as the rows they stand for come to be. Not here:
//! carrying them out.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::{Code, Error, cut};
use crate::text::json::Json;

/// The extension's URI.
pub const EXTENSION: &str = "https://jsonapi.org/ext/atomic";
/// How many operations one request may carry.
pub const MAX_OPERATIONS: usize = 100;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `add`
    Add,
    /// `update`
    Update,
    /// `remove`
    Remove,
}

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
        return refuse(&format!("/{name}"), format!("'{name}' does not go with operations"));
    }
    match json.member("atomic:operations") {
        Some(Json::Array(items)) if (1..=MAX_OPERATIONS).contains(&items.len()) => {
            let (mut operations, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
            for (at, item) in items.iter().enumerate() {
                match operation(item) {
                    Ok(operation) => operations.push(operation),
                    Err(error) => errors.push(placed(error, at)),
                }
            }
            if errors.is_empty() { Ok(operations) } else { Err(errors) }
        }
        Some(Json::Array(items)) => {
            let count = items.len();
            let detail = format!("A request carries 1 to {MAX_OPERATIONS} operations, not {count}");
            refuse("/atomic:operations", detail)
        }
        Some(other) => {
            refuse("/atomic:operations", format!("Operations are an array, not {}", other.noun()))
        }
        None => refuse("/atomic:operations", "The document has no operations".to_owned()),
    }
}

/// An error of one operation, pointing at or below it.
pub fn placed(error: Error, at: usize) -> Error {
    let below = match &error.source {
        Some(crate::error::Source::Pointer(pointer)) => pointer.as_str(),
        _ => "",
    };
    let pointer = format!("/atomic:operations/{at}{below}");
    error.at(crate::error::Source::Pointer(pointer))
}

fn operation<'j, 'a>(json: &'j Json<'a>) -> Result<Operation<'j, 'a>, Error> {
    let refuse = |at: &str, detail: String| Err(Error::pointer(Code::BadDocument, at, detail));
    if json.members().is_none() {
        return refuse("", format!("An operation must be an object, not {}", json.noun()));
    }
    let verb = match json.member("op") {
        Some(Json::Text(word)) if word == "add" => Verb::Add,
        Some(Json::Text(word)) if word == "update" => Verb::Update,
        Some(Json::Text(word)) if word == "remove" => Verb::Remove,
        _ => return refuse("/op", "'op' must be add, update or remove".to_owned()),
    };
    let target = match (json.member("ref"), json.member("href")) {
        (Some(_), Some(_)) => {
            return refuse("/href", "'ref' and 'href' exclude each other".to_owned());
        }
        (None, Some(Json::Text(href))) => Target::Address(href),
        (None, Some(other)) => {
            return refuse("/href", format!("'href' must be a string, not {}", other.noun()));
        }
        (Some(reference), None) => self::reference(reference)?,
        (None, None) if verb == Verb::Remove => {
            return refuse("/ref", "A removal names what by 'ref' or 'href'".to_owned());
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
        Some(_) => Err(refuse(&format!("/ref/{name}"), "Members of 'ref' must be strings")),
    };
    let kind = text("type")?.ok_or_else(|| refuse("/ref/type", "'ref' has no 'type'"))?;
    let id = match (text("id")?, text("lid")?) {
        (Some(id), None) => Identity::Id(id),
        (None, Some(lid)) => Identity::Local(lid),
        (Some(_), Some(_)) => return Err(refuse("/ref/lid", "'id' and 'lid' exclude each other")),
        (None, None) => return Err(refuse("/ref/id", "'ref' has neither 'id' nor 'lid'")),
    };
    Ok(Target::Reference { kind, id, relationship: text("relationship")? })
}

/// The rows that local ids stand for, by type and local id.
#[derive(Clone, Debug, Default)]
pub struct Locals(HashMap<(String, String), i64>);

impl Locals {
    /// Notes the row that a local id of its type stands for. False where it stands for another.
    pub fn note(&mut self, kind: &str, lid: &str, id: i64) -> bool {
        self.0.insert((kind.to_owned(), lid.to_owned()), id).is_none()
    }

    /// The row that a local id stands for.
    pub fn find(&self, kind: &str, lid: &str) -> Result<i64, Error> {
        let known = self.0.get(&(kind.to_owned(), lid.to_owned())).copied();
        known.ok_or_else(|| {
            let detail = format!("No operation before added {} with lid '{}'", cut(kind), cut(lid));
            Error::pointer(Code::BadDocument, "", detail)
        })
    }

    /// The same resource object with ids in place of local ones in the linkage of its
    /// relationships. Its own local id stays: that is what it is to be known by.
    pub fn replace_in_resource<'a>(&self, json: &Json<'a>) -> Result<Json<'a>, Error> {
        inside(json, "relationships", |relationships| {
            let Some(members) = relationships.members() else { return Ok(relationships.clone()) };
            let replaced = members.iter().map(|(name, relationship)| {
                let linkage = |data: &Json<'a>| self.replace_in_linkage(data);
                Ok::<_, Error>((name.clone(), inside(relationship, "data", linkage)?))
            });
            Ok(Json::Object(replaced.collect::<Result<_, _>>()?))
        })
    }

    /// The same linkage with ids in place of local ones.
    pub fn replace_in_linkage<'a>(&self, json: &Json<'a>) -> Result<Json<'a>, Error> {
        match json {
            Json::Array(items) => {
                let replaced = items.iter().map(|item| self.identifier(item));
                Ok(Json::Array(replaced.collect::<Result<_, _>>()?))
            }
            other => self.identifier(other),
        }
    }

    /// An identifier with an id, where it has a local one instead.
    fn identifier<'a>(&self, json: &Json<'a>) -> Result<Json<'a>, Error> {
        let (Some(members), Some(Json::Text(kind)), None, Some(Json::Text(lid))) =
            (json.members(), json.member("type"), json.member("id"), json.member("lid"))
        else {
            return Ok(json.clone());
        };
        let id = self.find(kind, lid)?.to_string();
        let replaced = members.iter().map(|(name, value)| match name.as_ref() {
            "lid" => (Cow::Borrowed("id"), Json::Text(Cow::Owned(id.clone()))),
            _ => (name.clone(), value.clone()),
        });
        Ok(Json::Object(replaced.collect()))
    }
}

/// The same object with another value for that member, if it has it.
fn inside<'a>(
    json: &Json<'a>,
    name: &str,
    change: impl Fn(&Json<'a>) -> Result<Json<'a>, Error>,
) -> Result<Json<'a>, Error> {
    let Some(members) = json.members() else { return Ok(json.clone()) };
    let changed = members.iter().map(|(member, value)| {
        let value = if member == name { change(value)? } else { value.clone() };
        Ok::<_, Error>((member.clone(), value))
    });
    Ok(Json::Object(changed.collect::<Result<_, _>>()?))
}
