//! The resource that a client describes: its request document read against the declaration, with
//! all faults collected. Not here: the rules of the domain, and whether linked rows exist.
//!
//! JSON:API 1.1 requires that unknown members are ignored, but an undeclared *name* directly in
//! `attributes` or `relationships` is a fault. `<relationship>_id` among the attributes stands for
//! the relationship.

pub use super::from_value::FromValue;
pub use super::linkage::{Linkage, MAX_COMPARED, MAX_LINKAGE};
use crate::error::{Code, Error};
use crate::resource::Attribute;
use crate::value::Value;

/// The effect of the request on the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// POST creates it.
    Create,
    /// PATCH updates the resource with this id.
    Update(i64),
}

/// The linkage of a relationship in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The name of the relationship.
    pub name: &'static str,
    /// The linkage.
    pub linkage: Linkage,
    /// The place at which its faults point.
    pub pointer: String,
}

/// A value for a read-only attribute, which is accepted if it equals the stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOnly {
    /// The position of the attribute in its type.
    pub attribute: usize,
    /// The value; `None` if it is not of the attribute's kind.
    pub value: Option<Value>,
    /// The place at which its fault would point.
    pub pointer: String,
}

/// A request document, as far as it can be read.
#[derive(Clone, Debug, Default)]
pub struct Input {
    attributes: Vec<(&'static str, Value)>,
    links: Vec<Link>,
    /// Values for read-only attributes, to be compared with the row.
    pub read_only: Vec<ReadOnly>,
    /// Linkage of read-only relationships, to be compared with the row.
    pub read_only_links: Vec<Link>,
    /// The faults found so far, which are answered together with those of the rules.
    pub errors: Vec<Error>,
    pub(super) faulty: Vec<&'static str>,
}

impl Input {
    /// Sets a writable attribute to a value, or adds the fault in it.
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

    /// Sets the linkage of a writable relationship. Giving it twice is a fault unless both agree:
    /// then it is not known which of them was meant, so neither is looked for.
    pub fn give_link(&mut self, link: Link) {
        if self.faulty.contains(&link.name) {
            return;
        }
        match self.links.iter().find(|known| known.name == link.name) {
            None => self.links.push(link),
            Some(known) if known.linkage == link.linkage => {}
            Some(_) => self.contradict(link),
        }
    }

    /// Notes the linkage of a read-only relationship, to be compared with the row. Giving it twice
    /// is a fault unless both agree.
    pub(super) fn note_link(&mut self, link: Link) {
        if self.faulty.contains(&link.name) {
            return;
        }
        match self.read_only_links.iter().find(|known| known.name == link.name) {
            None => self.read_only_links.push(link),
            Some(known) if known.linkage == link.linkage => {}
            Some(_) => self.contradict(link),
        }
    }

    /// Adds the fault that a relationship is given twice and differently.
    fn contradict(&mut self, link: Link) {
        let pointer = if link.pointer.ends_with("_id") {
            link.pointer
        } else {
            format!("/data/attributes/{}_id", link.name)
        };
        let message = "must be the same in 'attributes' and 'relationships'";
        self.misread(link.name, pointer, message);
    }

    /// Adds the fault that a field breaks a rule, unless the field had a fault before it was
    /// judged.
    pub fn refuse(&mut self, field: &'static str, message: &str) {
        if !self.faulty.contains(&field) {
            self.fault(field, format!("/data/attributes/{field}"), message);
        }
    }

    /// Adds the fault that a relationship breaks a rule, unless it had a fault before it was
    /// judged.
    pub fn refuse_relationship(&mut self, name: &'static str, message: &str) {
        if !self.faulty.contains(&name) {
            let known = self.link(name).map(|link| link.pointer.clone());
            let pointer = known.unwrap_or_else(|| format!("/data/relationships/{name}"));
            self.fault(name, pointer, message);
        }
    }

    /// Adds the fault that an item of a list breaks a rule, unless the list had a fault before it
    /// was judged.
    pub fn refuse_item(&mut self, field: &'static str, at: usize, message: &str) {
        if !self.faulty.contains(&field) {
            self.fault(field, format!("/data/attributes/{field}/{at}"), message);
        }
    }

    /// Overwrites `slot` with the value of an attribute, if the request gives one.
    pub fn set<T: FromValue>(&self, name: &str, slot: &mut Option<T>) {
        if let Some((_, value)) = self.attributes.iter().find(|(known, _)| *known == name) {
            *slot = T::from_value(value);
        }
    }

    /// Whether the request gives the attribute, as a value or as null.
    pub fn gives(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| *known == name)
    }

    /// Returns the writable attributes that the request gives, with their values.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.attributes.iter().map(|(name, value)| (*name, value))
    }

    /// Returns the writable relationships that the request gives.
    pub fn given_links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter()
    }

    /// Returns the linkage that the request gives for a writable relationship.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    /// Adds a fault after which the rules have nothing to judge in this field.
    pub(super) fn misread(&mut self, field: &'static str, pointer: String, message: &str) {
        self.spoil(field);
        self.fault(field, pointer, message);
    }

    /// Marks a field as faulty, and forgets what was given for it before.
    pub(super) fn spoil(&mut self, field: &'static str) {
        self.faulty.push(field);
        self.links.retain(|link| link.name != field);
        self.read_only_links.retain(|link| link.name != field);
    }

    fn fault(&mut self, field: &'static str, pointer: String, message: &str) {
        let detail = format!("{field} {message}");
        self.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
    }
}
