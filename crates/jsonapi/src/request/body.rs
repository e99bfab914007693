//! Request bodies, read into an [`Input`] member by member.

use super::input::{Action, Input, Link, ReadOnly};
use super::linkage::{Linkage, Pointers, read_linkage};
use super::verb::Verb;
use crate::error::{Code, Error, MAX_ERRORS};
use crate::resource::{Cardinality, Relationship, ResourceType};
use crate::text::{Json, alternatives, cut, pointer_segment};
use crate::value::parse_id;

impl Input {
    /// Reads a document, or returns the faults after which nothing else can be read.
    pub fn read<F>(
        body: &[u8],
        resource: &ResourceType<F>,
        action: Action,
    ) -> Result<Self, Vec<Error>> {
        let json = Json::parse(body).map_err(|what| vec![Error::new(Code::BadDocument, what)])?;
        let data = primary(&json).map_err(|error| vec![error])?;
        Self::read_resource(data, resource, action)
    }

    /// Reads a resource object. Its faults point below `/data`.
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

    /// Reads the document of a relationship endpoint, which holds linkage alone.
    pub fn read_linkage<F>(
        body: &[u8],
        relationship: &Relationship<F>,
        verb: Verb,
    ) -> Result<Self, Vec<Error>> {
        let json = Json::parse(body).map_err(|what| vec![Error::new(Code::BadDocument, what)])?;
        let Some(data) = json.member("data") else {
            let detail = "The document has no 'data'; it must hold the linkage";
            return Err(vec![Error::pointer(Code::BadDocument, "/data", detail)]);
        };
        Self::read_link(data, relationship, verb)
    }

    /// Reads linkage alone. Its faults point at `/data` or below. The verb decides whether a
    /// to-many relationship gains the resources, loses them, or has them replaced.
    pub fn read_link<F>(
        data: &Json<'_>,
        relationship: &Relationship<F>,
        verb: Verb,
    ) -> Result<Self, Vec<Error>> {
        let linkage = read_linkage(data, relationship, verb, &Pointers::same("/data"));
        let linkage = linkage.map_err(|fault| vec![fault])?;
        let mut input = Self::default();
        input.give_link(Link { name: relationship.name, linkage, pointer: "/data".to_owned() });
        Ok(input)
    }

    fn attribute_member<F>(&mut self, resource: &ResourceType<F>, name: &str, json: &Json<'_>) {
        let pointer = format!("/data/attributes/{}", pointer_segment(name));
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
                    Json::Text(text) => Linkage::from_text(text),
                    Json::Number(text) => match Linkage::from_number(text) {
                        Some(linkage) => linkage,
                        None => {
                            let message = format!("must be an id, not {}", cut(text));
                            return self.misread(relationship.name, pointer, &message);
                        }
                    },
                    other => {
                        let message = format!("must be an id, not {}", other.noun());
                        return self.misread(relationship.name, pointer, &message);
                    }
                };
                self.link_member(relationship, linkage, pointer);
            }
            _ if is_flattened(resource, name, json) => {}
            _ => {
                let known = resource.attributes.iter().filter(|attribute| attribute.writable);
                let known = known.map(|attribute| attribute.name);
                self.unknown(&format!("{} have no attribute", resource.name), name, known, pointer);
            }
        }
    }

    fn relationship_member<F>(&mut self, resource: &ResourceType<F>, name: &str, json: &Json<'_>) {
        let pointer = format!("/data/relationships/{}", pointer_segment(name));
        let Some((_, relationship)) = resource.relationship(name) else {
            let known = resource.relationships.iter().map(|relationship| relationship.name);
            let what = format!("{} have no relationship", resource.name);
            return self.unknown(&what, name, known, pointer);
        };
        let Json::Object(_) = json else {
            self.spoil(relationship.name);
            let detail = format!("'{name}' must be an object, not {}", json.noun());
            return self.errors.push(Error::pointer(Code::BadDocument, pointer, detail));
        };
        let data = json.member("data").filter(|_| !relationship.computed);
        let Some(data) = data else { return };
        let form = format!("{pointer}/data");
        let pointers = Pointers { content: &pointer, form: &form };
        match read_linkage(data, relationship, Verb::Update, &pointers) {
            Ok(linkage) => self.link_member(relationship, linkage, pointer),
            Err(error) => {
                self.spoil(relationship.name);
                self.errors.push(error);
            }
        }
    }

    fn link_member<F>(&mut self, relation: &Relationship<F>, linkage: Linkage, pointer: String) {
        let link = Link { name: relation.name, linkage, pointer };
        if relation.writable {
            self.give_link(link);
        } else {
            self.note_link(link);
        }
    }

    fn unknown<'n>(
        &mut self,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
        pointer: String,
    ) {
        let mut detail = format!("{what} '{}'", cut(name));
        // Further errors are not shown, and comparing names takes time.
        if self.errors.len() < MAX_ERRORS {
            detail.push_str("; ");
            detail.push_str(&alternatives(name, known));
        }
        self.errors.push(Error::pointer(Code::InvalidAttribute, pointer, detail));
    }
}

/// Whether a member of `attributes` belongs elsewhere. Clients that flatten resources (kitsu,
/// jsona) send links, meta and relationships without linkage back among the attributes.
fn is_flattened<F>(resource: &ResourceType<F>, name: &str, json: &Json<'_>) -> bool {
    let Some(members) = json.members() else { return false };
    let is_place = |name: &str| matches!(name, "links" | "meta");
    let bare = members.iter().all(|(member, _)| is_place(member));
    is_place(name) || bare && resource.relationship(name).is_some()
}

/// Returns the resource object of a document.
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
        None => refuse(
            "/data",
            "The document has no 'data'; it must hold one resource object".to_owned(),
        ),
    }
}

/// Returns the members of `attributes` or `relationships`, without those that begin with `@`, which
/// carry no meaning (JSON:API 1.1, "@-Members").
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
            let detail = format!("The type must be '{}', not '{}'", resource.name, cut(name));
            return Err(Error::pointer(Code::Conflict, "/data/type", detail));
        }
        (Some(other), _) => return Err(wrong("type", other)),
        (None, Action::Create) => {
            let detail = format!("The resource has no 'type'; it must be '{}'", resource.name);
            return Err(Error::pointer(Code::BadDocument, "/data", detail));
        }
        (None, Action::Update(_)) => {}
    }
    if let Some(other) = data.member("lid").filter(|lid| !matches!(lid, Json::Text(_))) {
        return Err(wrong("lid", other));
    }
    match (data.member("id"), action) {
        (None, _) => Ok(()),
        (Some(Json::Text(_)), Action::Create) => {
            let detail = "The server assigns ids; leave 'id' out";
            Err(Error::pointer(Code::AccessDenied, "/data/id", detail))
        }
        (Some(Json::Text(text)), Action::Update(own)) if parse_id(text) == Some(own) => Ok(()),
        (Some(Json::Text(text)), Action::Update(own)) => {
            let detail = format!("The id must be '{own}' as in the URL, not '{}'", cut(text));
            Err(Error::pointer(Code::Conflict, "/data/id", detail))
        }
        (Some(other), _) => Err(wrong("id", other)),
    }
}
