//! Linkage in requests: the resources that a relationship is to lead to. Not here: whether the rows
//! exist.

use super::verb::Verb;
use crate::error::{Code, Error};
use crate::resource::{Cardinality, Relationship};
use crate::text::{Json, cut};
use crate::value::{parse_id, parse_whole_number};

/// The resources that a relationship is to lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// No resource.
    None,
    /// The resource with this id.
    One(i64),
    /// An id that no row can have.
    InvalidId(String),
    /// Exactly the resources with these ids.
    Many(Vec<i64>),
    /// The resources with these ids in addition to those there are.
    Add(Vec<i64>),
    /// The resources there are, without those with these ids.
    Remove(Vec<i64>),
}

/// The largest number of resources in linkage that is written.
pub const MAX_LINKAGE: usize = 1000;
/// The largest number of resources in linkage that is only compared with the stored one: clients
/// send whole resources back.
pub const MAX_COMPARED: usize = 10_000;

impl Linkage {
    /// Returns the ids in the linkage of a to-many relationship.
    pub fn members(&self) -> &[i64] {
        match self {
            Linkage::Many(ids) | Linkage::Add(ids) | Linkage::Remove(ids) => ids,
            Linkage::None | Linkage::One(_) | Linkage::InvalidId(_) => &[],
        }
    }

    /// Reads an id from a string.
    pub(super) fn from_text(text: &str) -> Self {
        parse_id(text).map_or_else(|| Self::InvalidId(cut(text).into_owned()), Self::One)
    }

    /// Reads an id from a JSON number; `None` if the number is not an integer.
    pub(super) fn from_number(number: &str) -> Option<Self> {
        // An integer in plain digits may be too large for an id.
        if !number.contains(['.', 'e', 'E']) {
            return Some(Self::from_text(number));
        }
        parse_whole_number(number).map(|id| Self::from_text(&id.to_string()))
    }
}

/// The places at which the faults of linkage point.
pub(super) struct Pointers<'p> {
    /// The relationship, for faults of its content.
    pub(super) content: &'p str,
    /// The linkage, for faults of its form.
    pub(super) form: &'p str,
}

impl<'p> Pointers<'p> {
    /// Points both kinds of faults at the same place.
    pub(super) fn same(place: &'p str) -> Self {
        Self { content: place, form: place }
    }
}

/// Reads linkage that fits the relationship. The verb decides whether a to-many relationship gains
/// the resources, loses them, or has them replaced.
pub(super) fn read_linkage<F>(
    data: &Json<'_>,
    relationship: &Relationship<F>,
    verb: Verb,
    pointers: &Pointers<'_>,
) -> Result<Linkage, Error> {
    match (relationship.cardinality, data) {
        (Cardinality::One, Json::Null) => Ok(Linkage::None),
        (Cardinality::One, Json::Object(_)) => identifier(data, relationship, pointers),
        (Cardinality::Many, Json::Array(items)) => many(items, relationship, verb, pointers),
        (_, other) => {
            let (name, noun) = (relationship.name, other.noun());
            let expected = match relationship.cardinality {
                Cardinality::One => "one resource identifier or null",
                Cardinality::Many => "an array of resource identifiers",
            };
            let detail = format!("The linkage of '{name}' must be {expected}, not {noun}");
            Err(Error::pointer(Code::BadDocument, pointers.form, detail))
        }
    }
}

/// Reads a resource identifier object.
fn identifier<F>(
    json: &Json<'_>,
    relationship: &Relationship<F>,
    pointers: &Pointers<'_>,
) -> Result<Linkage, Error> {
    let member = |name: &str| match json.member(name) {
        Some(Json::Text(text)) => Ok(text),
        Some(other) => Err(Error::pointer(
            Code::BadDocument,
            format!("{}/{name}", pointers.form),
            format!("'{name}' must be a string, not {}", other.noun()),
        )),
        None => Err(Error::pointer(
            Code::BadDocument,
            format!("{}/{name}", pointers.form),
            format!("The resource identifier has no '{name}'; it must have 'type' and 'id'"),
        )),
    };
    let (kind, id) = (member("type")?, member("id")?);
    if kind == relationship.target {
        return Ok(Linkage::from_text(id));
    }
    let (name, target) = (relationship.name, relationship.target);
    let detail = format!("{name} must be of type {target}, not '{}'", cut(kind));
    Err(Error::pointer(Code::InvalidAttribute, pointers.content, detail))
}

fn many<F>(
    items: &[Json<'_>],
    relationship: &Relationship<F>,
    verb: Verb,
    pointers: &Pointers<'_>,
) -> Result<Linkage, Error> {
    let most = if relationship.writable { MAX_LINKAGE } else { MAX_COMPARED };
    if items.len() > most {
        let (name, count) = (relationship.name, items.len());
        let detail =
            format!("The linkage of '{name}' may name at most {most} resources, not {count}");
        return Err(Error::pointer(Code::BadDocument, pointers.form, detail));
    }
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let form = format!("{}/{index}", pointers.form);
        match identifier(item, relationship, &Pointers { content: pointers.content, form: &form })?
        {
            Linkage::One(id) => ids.push(id),
            // A row that cannot exist needs no removal.
            Linkage::InvalidId(_) if verb == Verb::Remove => {}
            other => return Ok(other),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(match verb {
        Verb::Update => Linkage::Many(ids),
        Verb::Add => Linkage::Add(ids),
        Verb::Remove => Linkage::Remove(ids),
    })
}
