//! Linkage: what a relationship is to lead to, read from a request document. Not here: whether the
//! rows exist.

use super::operations::Verb;
use crate::error::{Code, Error, cut};
use crate::resource::{Cardinality, Relationship};
use crate::text::json::Json;
use crate::value::{id, integral};

/// What a relationship is to lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// Nothing.
    None,
    /// The row of that id.
    One(i64),
    /// An id that no row can have.
    Nowhere(String),
    /// These rows.
    Many(Vec<i64>),
    /// These rows too.
    Also(Vec<i64>),
    /// No longer these rows.
    Without(Vec<i64>),
}

/// How many rows the linkage of a relationship may name where it is to be written.
pub const MAX_LINKAGE: usize = 1000;
/// How many where it is only compared with what is stored: clients send whole resources back.
pub const MAX_COMPARED: usize = 10_000;

impl Linkage {
    /// The rows that linkage of a to-many relationship names.
    pub fn members(&self) -> &[i64] {
        match self {
            Linkage::Many(ids) | Linkage::Also(ids) | Linkage::Without(ids) => ids,
            Linkage::None | Linkage::One(_) | Linkage::Nowhere(_) => &[],
        }
    }
}

/// The linkage to the row of an id, as a client writes it.
pub(crate) fn linked(text: &str) -> Linkage {
    id(text).map_or_else(|| Linkage::Nowhere(cut(text).into_owned()), Linkage::One)
}

/// The linkage to the row of an id that came as a JSON number; `None` where it is no integer.
pub(crate) fn numbered(number: &str) -> Option<Linkage> {
    // In plain digits it may also be one that no row can have.
    let plain = !number.contains(['.', 'e', 'E']);
    if plain { Some(linked(number)) } else { integral(number).map(|id| linked(&id.to_string())) }
}

/// Reads linkage that fits the relationship; faults of its content point at `pointer`, those of
/// its form below `at`. What is added to a to-many relationship, or removed from it, is told apart
/// from what replaces it.
pub(crate) fn linkage<F>(
    data: &Json<'_>,
    relationship: &Relationship<F>,
    verb: Verb,
    (pointer, at): (&str, &str),
) -> Result<Linkage, Error> {
    match (relationship.cardinality, data) {
        (Cardinality::One, Json::Null) => Ok(Linkage::None),
        (Cardinality::One, Json::Object(_)) => identifier(data, relationship, (pointer, at)),
        (Cardinality::Many, Json::Array(items)) => many(items, relationship, verb, (pointer, at)),
        (_, other) => {
            let (name, noun) = (relationship.name, other.noun());
            let detail = format!("Linkage of '{name}' cannot be {noun}");
            Err(Error::pointer(Code::BadDocument, at, detail))
        }
    }
}

/// Reads one resource identifier object.
fn identifier<F>(
    json: &Json<'_>,
    relationship: &Relationship<F>,
    (pointer, at): (&str, &str),
) -> Result<Linkage, Error> {
    let member = |name: &str| match json.member(name) {
        Some(Json::Text(text)) => Ok(text),
        Some(other) => Err(Error::pointer(
            Code::BadDocument,
            format!("{at}/{name}"),
            format!("'{name}' must be a string, not {}", other.noun()),
        )),
        None => Err(Error::pointer(
            Code::BadDocument,
            format!("{at}/{name}"),
            format!("The identifier has no '{name}'"),
        )),
    };
    let (kind, id) = (member("type")?, member("id")?);
    if kind == relationship.target {
        return Ok(linked(id));
    }
    let (name, target) = (relationship.name, relationship.target);
    let detail = format!("{name} must be of type {target}, not '{}'", cut(kind));
    Err(Error::pointer(Code::InvalidAttribute, pointer, detail))
}

fn many<F>(
    items: &[Json<'_>],
    relationship: &Relationship<F>,
    verb: Verb,
    (pointer, at): (&str, &str),
) -> Result<Linkage, Error> {
    let most = if relationship.writable { MAX_LINKAGE } else { MAX_COMPARED };
    if items.len() > most {
        let detail = format!("Linkage names at most {most} resources");
        return Err(Error::pointer(Code::BadDocument, at, detail));
    }
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        match identifier(item, relationship, (pointer, &format!("{at}/{index}")))? {
            Linkage::One(id) => ids.push(id),
            // Whoever cannot be there need not be removed.
            Linkage::Nowhere(_) if verb == Verb::Remove => {}
            other => return Ok(other),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(match verb {
        Verb::Update => Linkage::Many(ids),
        Verb::Add => Linkage::Also(ids),
        Verb::Remove => Linkage::Without(ids),
    })
}
