//! What a client wants a resource to be: a request document read against the declaration, every
//! fault collected. Not here: the rules of the domain, and whether linked rows exist.
//!
//! Unknown members are ignored (JSON:API 1.1 asks for it), but an undeclared *name* directly in
//! `attributes` or `relationships` is a fault. `<relationship>_id` among the attributes stands for
//! the relationship.

pub use super::from_value::FromValue;
pub use super::linkage::{Linkage, MAX_COMPARED, MAX_LINKAGE};
use crate::error::{Code, Error};
use crate::resource::Attribute;
use crate::value::Value;

/// What the request does to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// POST on a collection.
    Create,
    /// PATCH of the resource with this id.
    Update(i64),
}

/// A relationship in a request, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The relationship's name.
    pub name: &'static str,
    /// What it is to lead to.
    pub linkage: Linkage,
    /// Where faults of it point.
    pub pointer: String,
}

/// A value for a read-only attribute: fine where it is what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOnly {
    /// The position of the attribute in its type.
    pub attribute: usize,
    /// What was sent; `None` where it is not even of the attribute's kind.
    pub value: Option<Value>,
    /// Where the fault would point.
    pub pointer: String,
}

/// A request document, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub struct Input {
    attributes: Vec<(&'static str, Value)>,
    links: Vec<Link>,
    /// Values for read-only attributes, to be held against the row.
    pub read_only: Vec<ReadOnly>,
    /// Links of read-only relationships, to be held against the row.
    pub read_only_links: Vec<Link>,
    /// The faults found so far, to be answered together with those of the rules.
    pub errors: Vec<Error>,
    pub(super) faulty: Vec<&'static str>,
}

impl Input {
    /// Takes a value for a writable attribute, or the fault in it.
    pub fn give<F>(
        &mut self,
        attribute: &Attribute<F>,
        value: Result<Value, impl std::fmt::Display>,
        pointer: String,
    ) {
        let fault = match value {
            Ok(Value::Null) if !attribute.nullable => "must not be null".to_owned(),
            Ok(value) => return self.attributes.push((attribute.name, value)),
            Err(expected) => expected.to_string(),
        };
        self.misread(attribute.name, pointer, &fault);
    }

    /// Takes a link for a writable relationship.
    pub fn give_link(&mut self, link: Link) {
        match self.links.iter().find(|known| known.name == link.name) {
            None => self.links.push(link),
            Some(known) if known.linkage == link.linkage => {}
            Some(_) => {
                let pointer = if link.pointer.ends_with("_id") {
                    link.pointer
                } else {
                    format!("/data/attributes/{}_id", link.name)
                };
                self.misread(
                    link.name,
                    pointer,
                    "must be the same in 'attributes' and 'relationships'",
                );
            }
        }
    }

    /// Notes that a rule is broken, unless the field was found faulty before.
    pub fn refuse(&mut self, field: &'static str, message: &str) {
        if !self.faulty.contains(&field) {
            self.fault(field, format!("/data/attributes/{field}"), message);
        }
    }

    /// Notes that a rule about a relationship is broken, unless it was found faulty before.
    pub fn refuse_relationship(&mut self, name: &'static str, message: &str) {
        if !self.faulty.contains(&name) {
            let known = self.link(name).map(|link| link.pointer.clone());
            let pointer = known.unwrap_or_else(|| format!("/data/relationships/{name}"));
            self.fault(name, pointer, message);
        }
    }

    /// Notes that a rule about one item of a list is broken, unless the list was found faulty
    /// before.
    pub fn refuse_item(&mut self, field: &'static str, at: usize, message: &str) {
        if !self.faulty.contains(&field) {
            self.fault(field, format!("/data/attributes/{field}/{at}"), message);
        }
    }

    /// Sets `slot` to the value given for an attribute, where one is given.
    pub fn set<T: FromValue>(&self, name: &str, slot: &mut Option<T>) {
        if let Some((_, value)) = self.attributes.iter().find(|(known, _)| *known == name) {
            *slot = T::from_value(value);
        }
    }

    /// Whether the attribute is given, as a value or as null.
    pub fn gives(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| *known == name)
    }

    /// The link given for a writable relationship.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// A fault that leaves the rules of this field nothing to look at.
    pub(super) fn misread(&mut self, field: &'static str, pointer: String, message: &str) {
        self.faulty.push(field);
        self.fault(field, pointer, message);
    }

    fn fault(&mut self, field: &'static str, pointer: String, message: &str) {
        let detail = format!("{field} {message}");
        self.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
    }
}
