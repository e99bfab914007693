//! The declaration of a resource type together with the functions that read its members from a row
//! `R`. Lists, documents and descriptions of the type are all made from this one value.

use super::attribute::Attribute;
use super::parameters::{FilterKey, SortKey, Takes};
use super::relationship::{Cardinality, Relationship};
use super::resource_type::{Ids, ResourceType};
use super::rows::Rows;
use crate::value::{Kind, Scalar};

/// A function that reads the linkage of a to-one relationship from a row.
type Linked<R> = fn(&R) -> Option<i64>;

/// The number of decimals with which people write amounts.
pub enum Decimals<R> {
    /// The number for the units that all rows share.
    Common,
    /// The number for units of the row.
    Own(fn(&R) -> u32),
}

/// A resource type and the functions that read its rows.
pub struct Declaration<R, F> {
    resource: ResourceType<F>,
    id: fn(&R) -> i64,
    version: fn(&R) -> i64,
    attributes: Vec<fn(&R) -> Scalar<'_>>,
    /// The positions of amounts, and their decimals.
    decimals: Vec<(Vec<usize>, Decimals<R>)>,
    linkage: Vec<Option<Linked<R>>>,
}

impl<R, F: Copy> Declaration<R, F> {
    /// Creates a read-only type without members that lists filter and sort by id. The id
    /// distinguishes rows; the version, which every change raises, distinguishes the states of a
    /// row.
    pub fn new(
        name: &'static str,
        (id, field): (fn(&R) -> i64, F),
        version: fn(&R) -> i64,
    ) -> Self {
        let (attributes, relationships) = (Vec::new(), Vec::new());
        let (filters, sorts) = (Vec::new(), Vec::new());
        let resource = ResourceType {
            name,
            id: field,
            ids: Ids::DECIMAL,
            attributes,
            relationships,
            filters,
            sorts,
            writable: false,
            append_only: false,
            hidden_rows: None,
            restricted: false,
            addressed: true,
        };
        let (attributes, decimals, linkage) = (Vec::new(), Vec::new(), Vec::new());
        Self { resource, id, version, attributes, decimals, linkage }
            .filter("id", Kind::Id, field)
            .sort("id", field)
    }

    /// Adds POST, PATCH and DELETE.
    pub fn writable(mut self) -> Self {
        self.resource.writable = true;
        self
    }

    /// Adds POST, but neither PATCH nor DELETE.
    pub fn append_only(mut self) -> Self {
        self.resource.append_only = true;
        self.writable()
    }

    /// Omits from lists the rows with this value of the field, unless a filter names the field and
    /// the value.
    pub fn hide_rows(mut self, field: F, value: &'static str) -> Self {
        self.resource.hidden_rows = Some((field, value));
        self
    }

    /// Requires more than the right to read for reading it.
    pub fn restricted(mut self) -> Self {
        self.resource.restricted = true;
        self
    }

    /// Adds an attribute and the function that reads it from a row.
    pub fn attribute(mut self, attribute: Attribute<F>, read: fn(&R) -> Scalar<'_>) -> Self {
        self.resource.attributes.push(attribute);
        self.attributes.push(read);
        match attribute.field {
            Some(field) => {
                let filter = FilterKey {
                    name: attribute.name.to_owned(),
                    kind: attribute.kind,
                    nullable: attribute.nullable,
                    takes: Takes::All,
                    field,
                };
                self.resource.filters.push(filter);
                self.sort(attribute.name, field)
            }
            None => self,
        }
    }

    /// Declares that integer attributes, by their names, are amounts in units smaller than people
    /// count in, such as cents. Tables write them with these decimals.
    pub fn amounts(mut self, names: &[&str], decimals: Decimals<R>) -> Self {
        let mut places = Vec::with_capacity(names.len());
        for (at, attribute) in self.resource.attributes.iter_mut().enumerate() {
            if names.contains(&attribute.name) {
                attribute.amount = true;
                places.push(at);
            }
        }
        debug_assert_eq!(places.len(), names.len(), "{names:?}");
        self.decimals.push((places, decimals));
        self
    }

    /// Adds a to-one relationship and the function that reads its linkage from a row.
    pub fn to_one(mut self, relationship: Relationship<F>, read: Linked<R>) -> Self {
        self.resource.relationships.push(relationship);
        self.linkage.push(Some(read));
        match relationship.field {
            Some(field) => {
                let name = format!("{}_id", relationship.name);
                let (nullable, takes) = (relationship.nullable, Takes::All);
                let filter = FilterKey { name, kind: Kind::Id, nullable, takes, field };
                self.resource.filters.push(filter);
                self.sort(&format!("{}_id", relationship.name), field)
            }
            None => self,
        }
    }

    /// Adds a to-many relationship, found through the field of the target that leads back.
    pub fn to_many(mut self, relationship: Relationship<F>) -> Self {
        debug_assert_eq!(relationship.cardinality, Cardinality::Many);
        self.resource.relationships.push(relationship);
        self.linkage.push(None);
        self
    }

    /// Adds a filter that belongs to no attribute or relationship.
    pub fn filter(mut self, name: &str, kind: Kind, field: F) -> Self {
        let (name, takes) = (name.to_owned(), Takes::All);
        self.resource.filters.push(FilterKey { name, kind, nullable: false, takes, field });
        self
    }

    /// Adds a sort that belongs to no attribute or relationship.
    pub fn sort(mut self, name: &str, field: F) -> Self {
        self.resource.sorts.push(SortKey { name: name.to_owned(), field });
        self
    }

    /// Returns the type as clients see it.
    pub fn resource(&self) -> &ResourceType<F> {
        &self.resource
    }

    /// Returns the id of a row.
    pub fn id(&self, row: &R) -> i64 {
        (self.id)(row)
    }

    /// Returns the version of a row.
    pub fn version(&self, row: &R) -> i64 {
        (self.version)(row)
    }

    /// Reads the value of an attribute from a row.
    pub fn read<'r>(&self, row: &'r R, attribute: usize) -> Scalar<'r> {
        self.attributes.get(attribute).map_or(Scalar::Null, |read| read(row))
    }

    /// Returns the decimals of an attribute, as [`Rows::decimals`] does.
    pub fn decimals(&self, row: &R, attribute: usize, common: u32) -> u32 {
        match self.decimals.iter().find(|(places, _)| places.contains(&attribute)) {
            Some((_, Decimals::Common)) => common,
            Some((_, Decimals::Own(decimals))) => decimals(row),
            None => 0,
        }
    }

    /// Reads the linkage of a to-one relationship from a row.
    pub fn linkage(&self, row: &R, relationship: usize) -> Option<i64> {
        self.linkage.get(relationship).copied().flatten().and_then(|read| read(row))
    }
}

/// Rows together with the declaration that reads them.
pub struct DeclaredRows<'d, R, F> {
    /// The type of the rows.
    pub declaration: &'d Declaration<R, F>,
    /// The rows, in the order in which they are written.
    pub rows: Vec<R>,
}

impl<R, F: Copy> Rows for DeclaredRows<'_, R, F> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn id(&self, row: usize) -> i64 {
        self.rows.get(row).map_or(0, self.declaration.id)
    }

    fn version(&self, row: usize) -> i64 {
        self.rows.get(row).map_or(0, self.declaration.version)
    }

    fn attribute(&self, row: usize, attribute: usize) -> Scalar<'_> {
        self.rows.get(row).map_or(Scalar::Null, |row| self.declaration.read(row, attribute))
    }

    fn decimals(&self, row: usize, attribute: usize, common: u32) -> u32 {
        self.rows.get(row).map_or(0, |row| self.declaration.decimals(row, attribute, common))
    }

    fn linkage(&self, row: usize, relationship: usize) -> Option<i64> {
        self.rows.get(row).and_then(|row| self.declaration.linkage(row, relationship))
    }
}
