//! What a client wants a resource to be: a request document read against the declaration, every
//! fault collected. Not here: the rules of the domain, and whether linked rows exist.
//!
//! Unknown members are ignored (JSON:API 1.1 asks for it), but an undeclared *name* directly in
//! `attributes` or `relationships` is a fault. `<relationship>_id` among the attributes stands for
//! the relationship.

use chrono::NaiveDate;

pub use super::linkage::{Linkage, MAX_COMPARED, MAX_LINKAGE};
use super::linkage::{linkage, linked, numbered};
use super::operations::Verb;
use crate::error::{Code, Error, cut, segment};
use crate::resource::{Attribute, Cardinality, Relationship, ResourceType};
use crate::text::json::Json;
use crate::value::{Value, id};

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
    faulty: Vec<&'static str>,
}

impl Input {
    /// Reads a document, or answers with the faults that leave nothing to read.
    pub fn read<F>(
        body: &[u8],
        resource: &ResourceType<F>,
        action: Action,
    ) -> Result<Self, Vec<Error>> {
        let json = Json::parse(body).map_err(|what| vec![Error::new(Code::BadDocument, what)])?;
        let data = primary(&json).map_err(|error| vec![error])?;
        Self::read_resource(data, resource, action)
    }

    /// Reads a resource object, whose faults point below `/data`.
    pub fn read_resource<F>(
        data: &Json<'_>,
        resource: &ResourceType<F>,
        action: Action,
    ) -> Result<Self, Vec<Error>> {
        if data.members().is_none() {
            let detail = format!("'data' must be one resource object, not {}", data.noun());
            return Err(vec![Error::pointer(Code::BadDocument, "/data", detail)]);
        }
        check_identity(data, resource, action).map_err(|error| vec![error])?;
        let mut input = Self::default();
        for (name, value) in members(data, "attributes", &mut input.errors) {
            input.attribute_member(resource, name, value);
        }
        for (name, value) in members(data, "relationships", &mut input.errors) {
            input.relationship_member(resource, name, value);
        }
        Ok(input)
    }

    /// Reads the document of a relationship endpoint: linkage alone.
    pub fn read_linkage<F>(
        body: &[u8],
        relationship: &Relationship<F>,
        verb: Verb,
    ) -> Result<Self, Vec<Error>> {
        let json = Json::parse(body).map_err(|what| vec![Error::new(Code::BadDocument, what)])?;
        let Some(data) = json.member("data") else {
            let detail = "The document has no 'data'";
            return Err(vec![Error::pointer(Code::BadDocument, "/data", detail)]);
        };
        Self::read_link(data, relationship, verb)
    }

    /// Reads linkage alone, whose faults point at or below `/data`. What is added to a to-many
    /// relationship, or removed from it, is told apart from what replaces it.
    pub fn read_link<F>(
        data: &Json<'_>,
        relationship: &Relationship<F>,
        verb: Verb,
    ) -> Result<Self, Vec<Error>> {
        let linkage = linkage(data, relationship, verb, ("/data", "/data"));
        let linkage = linkage.map_err(|fault| vec![fault])?;
        let mut input = Self::default();
        input.give_link(Link { name: relationship.name, linkage, pointer: "/data".to_owned() });
        Ok(input)
    }

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
                self.misread(link.name, pointer, "differs from the relationship of the same name");
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
    fn misread(&mut self, field: &'static str, pointer: String, message: &str) {
        self.faulty.push(field);
        self.fault(field, pointer, message);
    }

    fn fault(&mut self, field: &'static str, pointer: String, message: &str) {
        let detail = format!("{field} {message}");
        self.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
    }

    fn attribute_member<F>(&mut self, resource: &ResourceType<F>, name: &str, json: &Json<'_>) {
        let pointer = format!("/data/attributes/{}", segment(name));
        if let Some((at, attribute)) = resource.attribute(name) {
            let value = attribute.kind.read(json);
            if attribute.writable {
                self.give(attribute, value, pointer);
            } else {
                self.read_only.push(ReadOnly { attribute: at, value: value.ok(), pointer });
            }
            return;
        }
        let relationship = name.strip_suffix("_id").and_then(|name| resource.relationship(name));
        match relationship {
            Some((_, relationship)) if relationship.cardinality == Cardinality::One => {
                let linkage = match json {
                    Json::Null => Linkage::None,
                    Json::Text(text) => linked(text),
                    Json::Number(text) => match numbered(text) {
                        Some(linkage) => linkage,
                        None => return self.misread(relationship.name, pointer, "must be an id"),
                    },
                    other => {
                        let message = format!("must be an id, not {}", other.noun());
                        return self.misread(relationship.name, pointer, &message);
                    }
                };
                self.link_member(relationship, linkage, pointer);
            }
            _ if is_flattened(resource, name, json) => {}
            _ => self.unknown(resource.name, name, pointer),
        }
    }

    fn relationship_member<F>(&mut self, resource: &ResourceType<F>, name: &str, json: &Json<'_>) {
        let pointer = format!("/data/relationships/{}", segment(name));
        let Some((_, relationship)) = resource.relationship(name) else {
            return self.unknown(resource.name, name, pointer);
        };
        let Json::Object(_) = json else {
            self.faulty.push(relationship.name);
            let detail = format!("'{name}' must be an object, not {}", json.noun());
            return self.errors.push(Error::pointer(Code::BadDocument, pointer, detail));
        };
        let data = json.member("data").filter(|_| !relationship.computed);
        let Some(data) = data else { return };
        let at = format!("{pointer}/data");
        match linkage(data, relationship, Verb::Update, (&pointer, &at)) {
            Ok(linkage) => self.link_member(relationship, linkage, pointer),
            Err(error) => {
                self.faulty.push(relationship.name);
                self.errors.push(error);
            }
        }
    }

    fn link_member<F>(&mut self, relation: &Relationship<F>, linkage: Linkage, pointer: String) {
        let link = Link { name: relation.name, linkage, pointer };
        if relation.writable {
            self.give_link(link);
        } else {
            self.read_only_links.push(link);
        }
    }

    fn unknown(&mut self, resource: &str, name: &str, pointer: String) {
        let detail = format!("{resource} have no '{}'", cut(name));
        self.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
    }
}

/// A Rust type that a read value can become; null becomes none.
pub trait FromValue: Sized {
    /// The value, if it is of this type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Integer(value) = value { Some(*value) } else { None }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Boolean(value) = value { Some(*value) } else { None }
    }
}

impl FromValue for NaiveDate {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Date(date) = value { Some(*date) } else { None }
    }
}

/// Clients that flatten resources (kitsu, jsona) send members of other places back among the
/// attributes: links, meta, and relationships that had no linkage.
fn is_flattened<F>(resource: &ResourceType<F>, name: &str, json: &Json<'_>) -> bool {
    let Some(members) = json.members() else { return false };
    let is_place = |name: &str| matches!(name, "links" | "meta");
    let bare = members.iter().all(|(member, _)| is_place(member));
    is_place(name) || bare && resource.relationship(name).is_some()
}

/// The resource object of a document.
fn primary<'j, 'a>(json: &'j Json<'a>) -> Result<&'j Json<'a>, Error> {
    let refuse =
        |pointer: &str, detail: String| Err(Error::pointer(Code::BadDocument, pointer, detail));
    if json.members().is_none() {
        return refuse("", format!("The document must be an object, not {}", json.noun()));
    }
    match json.member("data") {
        Some(data @ Json::Object(_)) => Ok(data),
        Some(other) => {
            refuse("/data", format!("'data' must be one resource object, not {}", other.noun()))
        }
        None => refuse("/data", "The document has no 'data'".to_owned()),
    }
}

/// The members of `attributes` or `relationships`; those that begin with @ carry no meaning
/// (JSON:API 1.1, "@-Members").
fn members<'j, 'a>(
    data: &'j Json<'a>,
    family: &str,
    errors: &mut Vec<Error>,
) -> impl Iterator<Item = &'j (std::borrow::Cow<'a, str>, Json<'a>)> + use<'j, 'a> {
    let json = data.member(family);
    if let Some(other) = json.filter(|json| json.members().is_none()) {
        let detail = format!("'{family}' must be an object, not {}", other.noun());
        errors.push(Error::pointer(Code::BadDocument, format!("/data/{family}"), detail));
    }
    let members = json.and_then(Json::members).unwrap_or_default();
    members.iter().filter(|(name, _)| !name.starts_with('@'))
}

fn check_identity<F>(
    data: &Json<'_>,
    resource: &ResourceType<F>,
    action: Action,
) -> Result<(), Error> {
    let wrong = |member: &str, json: &Json<'_>| {
        let detail = format!("'{member}' must be a string, not {}", json.noun());
        Error::pointer(Code::BadDocument, format!("/data/{member}"), detail)
    };
    match (data.member("type"), action) {
        (Some(Json::Text(name)), _) if name == resource.name => {}
        (Some(Json::Text(name)), _) => {
            let detail = format!("This endpoint holds {}, not '{}'", resource.name, cut(name));
            return Err(Error::pointer(Code::Conflict, "/data/type", detail));
        }
        (Some(other), _) => return Err(wrong("type", other)),
        (None, Action::Create) => {
            return Err(Error::pointer(Code::BadDocument, "/data", "The resource has no 'type'"));
        }
        (None, Action::Update(_)) => {}
    }
    if let Some(other) = data.member("lid").filter(|lid| !matches!(lid, Json::Text(_))) {
        return Err(wrong("lid", other));
    }
    match (data.member("id"), action) {
        (None, _) => Ok(()),
        (Some(Json::Text(_)), Action::Create) => {
            let detail = "Ids are given by the server";
            Err(Error::pointer(Code::AccessDenied, "/data/id", detail))
        }
        (Some(Json::Text(text)), Action::Update(own)) if id(text) == Some(own) => Ok(()),
        (Some(Json::Text(text)), Action::Update(own)) => {
            let detail = format!("The URL names {own}, the document '{}'", cut(text));
            Err(Error::pointer(Code::Conflict, "/data/id", detail))
        }
        (Some(other), _) => Err(wrong("id", other)),
    }
}
