//! The writer of documents: primary data, included resources, links and meta, member by member in
//! one pass over the rows.

use std::borrow::Cow;

use super::compound::{Compound, Place};
use super::page_end::{PageEnd, push_description};
use super::push::{push_cursor, push_end, push_id, push_identifier, separate};
use crate::query::Fieldsets;
use crate::resource::{Cardinality, Registry, ResourceType, Rows};
use crate::text::{push_field, push_str};
use crate::value::push_scalar;

/// The context in which a document is written.
pub struct Document<'a, F> {
    /// The declarations of all types.
    pub registry: &'a Registry<F>,
    /// The path under which the types are served, such as `/api/v2`.
    pub root: &'a str,
    /// The members that each type shows.
    pub fields: &'a Fieldsets,
    /// The included resources; `None` if the query has no `include`.
    pub compound: Option<&'a Compound<'a>>,
}

impl<F> Document<'_, F> {
    /// Writes a page of a collection.
    pub fn collection(&self, (resource, rows): (usize, &dyn Rows), page: &PageEnd) -> Vec<u8> {
        let mut out = Vec::with_capacity(rows.len().saturating_mul(1024).saturating_add(1024));
        out.extend_from_slice(b"{\"data\":[");
        for row in 0..rows.len() {
            separate(&mut out, row);
            self.resource(&mut out, Place { resource, rows, row }, page.cursor(row));
        }
        out.push(b']');
        self.included(&mut out);
        page.write(&mut out, self.root);
        push_end(&mut out, page.profile());
        out
    }

    /// Writes a page of the linkage of a to-many relationship.
    pub fn linkage_page(
        &self,
        (resource, rows): (&ResourceType<F>, &dyn Rows),
        page: &PageEnd,
    ) -> Vec<u8> {
        let mut out = b"{\"data\":[".to_vec();
        for row in 0..rows.len() {
            separate(&mut out, row);
            let text = id_text(resource, rows, row);
            push_identifier(&mut out, resource.name, rows.id(row), text.as_deref());
            if let Some(cursor) = page.cursor(row) {
                out.pop();
                push_cursor(&mut out, cursor);
                out.push(b'}');
            }
        }
        out.push(b']');
        self.included(&mut out);
        page.write(&mut out, self.root);
        push_end(&mut out, page.profile());
        out
    }

    /// Writes one resource, or null if there are no rows. `meta` is a text that the member of that
    /// name shows, if there is one.
    pub fn single(
        &self,
        (resource, rows): (usize, &dyn Rows),
        address: &str,
        meta: Option<(&str, &str)>,
    ) -> Vec<u8> {
        let mut out = b"{\"data\":".to_vec();
        if rows.is_empty() {
            out.extend_from_slice(b"null");
        } else {
            self.resource(&mut out, Place { resource, rows, row: 0 }, None);
        }
        self.included(&mut out);
        out.extend_from_slice(b",\"links\":{\"self\":");
        push_str(&mut out, address);
        push_description(&mut out, self.root);
        out.extend_from_slice(b"},\"meta\":{");
        if let Some((name, text)) = meta {
            push_str(&mut out, name);
            out.push(b':');
            push_str(&mut out, text);
        }
        out.push(b'}');
        push_end(&mut out, None);
        out
    }

    /// Appends one resource as the result of an operation.
    pub fn result(&self, resource: usize, rows: &dyn Rows, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"data\":");
        self.resource(out, Place { resource, rows, row: 0 }, None);
        out.push(b'}');
    }

    /// Writes the linkage of a to-one relationship.
    pub fn linkage(&self, target: &str, id: Option<i64>, own: &str, related: &str) -> Vec<u8> {
        let mut out = b"{\"data\":".to_vec();
        match id {
            Some(id) => push_identifier(&mut out, target, id, None),
            None => out.extend_from_slice(b"null"),
        }
        self.included(&mut out);
        out.extend_from_slice(b",\"links\":{\"self\":");
        push_str(&mut out, own);
        push_field(&mut out, "related", related);
        push_description(&mut out, self.root);
        out.extend_from_slice(b"},\"meta\":{}");
        push_end(&mut out, None);
        out
    }

    fn included(&self, out: &mut Vec<u8>) {
        let Some(compound) = self.compound else { return };
        out.extend_from_slice(b",\"included\":[");
        for (at, place) in compound.places().enumerate() {
            separate(out, at);
            self.resource(out, place, None);
        }
        out.push(b']');
    }

    fn resource(&self, out: &mut Vec<u8>, place: Place<'_>, cursor: Option<&str>) {
        let Place { resource: position, rows, row } = place;
        let Some(resource) = self.registry.types().get(position) else { return };
        let shape = self.fields.shape(position);
        let id = rows.id(row);
        let text = id_text(resource, rows, row);
        out.extend_from_slice(b"{\"id\":\"");
        push_id(out, id, text.as_deref());
        out.extend_from_slice(b"\",\"type\":\"");
        out.extend_from_slice(resource.name.as_bytes());
        out.extend_from_slice(b"\",\"attributes\":{");
        for (at, index) in shape.attributes.iter().enumerate() {
            let Some(attribute) = resource.attributes.get(*index) else { continue };
            separate(out, at);
            out.push(b'"');
            out.extend_from_slice(attribute.name.as_bytes());
            out.extend_from_slice(b"\":");
            push_scalar(out, rows.attribute(row, *index));
        }
        out.extend_from_slice(b"},\"relationships\":{");
        let here = Here { position, resource, id, text: text.as_deref() };
        for (at, index) in shape.relationships.iter().enumerate() {
            separate(out, at);
            self.relationship(out, &here, *index, || rows.linkage(row, *index));
        }
        out.push(b'}');
        if resource.addressed {
            out.extend_from_slice(b",\"links\":{\"self\":\"");
            self.push_address(out, &here);
            out.extend_from_slice(b"\"}");
        }
        if let Some(cursor) = cursor {
            push_cursor(out, cursor);
        }
        out.push(b'}');
    }

    fn relationship(
        &self,
        out: &mut Vec<u8>,
        here: &Here<'_, F>,
        index: usize,
        linked: impl FnOnce() -> Option<i64>,
    ) {
        let Some(relationship) = here.resource.relationships.get(index) else { return };
        out.push(b'"');
        out.extend_from_slice(relationship.name.as_bytes());
        out.extend_from_slice(b"\":{");
        let mut at = 0_usize;
        if here.resource.addressed {
            out.extend_from_slice(b"\"links\":{\"self\":\"");
            self.push_address(out, here);
            out.extend_from_slice(b"/relationships/");
            out.extend_from_slice(relationship.name.as_bytes());
            out.extend_from_slice(b"\",\"related\":\"");
            self.push_address(out, here);
            out.push(b'/');
            out.extend_from_slice(relationship.name.as_bytes());
            out.extend_from_slice(b"\"}");
            at = 1;
        }
        let followed = |compound: &&Compound<'_>| compound.follows(here.position, here.id, index);
        let followed = self.compound.filter(followed);
        if followed.is_none() {
            separate(out, at);
            out.extend_from_slice(b"\"meta\":{\"included\":false}");
            at = 1;
        }
        match (relationship.cardinality, followed) {
            (Cardinality::One, _) => match linked() {
                Some(id) => {
                    separate(out, at);
                    out.extend_from_slice(b"\"data\":");
                    push_identifier(out, relationship.target, id, None);
                }
                None => {
                    separate(out, at);
                    out.extend_from_slice(b"\"data\":null");
                }
            },
            (Cardinality::Many, Some(compound)) => {
                let target = self.registry.find(relationship.target);
                let leads = target.map(|(position, _)| position);
                let ids = target.map(|(_, target)| target.ids).filter(|ids| !ids.decimal);
                separate(out, at);
                out.extend_from_slice(b"\"data\":[");
                for (at, id) in
                    compound.linked_ids(here.position, here.id, index).iter().enumerate()
                {
                    separate(out, at);
                    let text = ids.map(|ids| (ids.write)(*id));
                    let known = leads.and_then(|leads| compound.id_text(leads, *id));
                    push_identifier(out, relationship.target, *id, known.or(text.as_deref()));
                }
                out.push(b']');
            }
            (Cardinality::Many, None) => {}
        }
        out.push(b'}');
    }

    fn push_address(&self, out: &mut Vec<u8>, here: &Here<'_, F>) {
        out.extend_from_slice(self.root.as_bytes());
        out.push(b'/');
        out.extend_from_slice(here.resource.name.as_bytes());
        out.push(b'/');
        push_id(out, here.id, here.text);
    }
}

/// The resource that is being written.
struct Here<'a, F> {
    position: usize,
    resource: &'a ResourceType<F>,
    id: i64,
    text: Option<&'a str>,
}

/// Returns the id of a row in its written form, if that is not decimal.
pub(super) fn id_text<'r, F>(
    resource: &ResourceType<F>,
    rows: &'r dyn Rows,
    row: usize,
) -> Option<Cow<'r, str>> {
    if resource.ids.decimal {
        return rows.id_text(row);
    }
    Some(Cow::Owned((resource.ids.write)(rows.id(row))))
}
