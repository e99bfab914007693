//! What a resource type is on the wire: its attributes with their capabilities, its relationships,
//! its filters and sorts, and the registry of all types. Not here: how rows are read
//! (`declaration`), or where they come from.

pub mod declaration;

use std::sync::Arc;

use crate::document::Shape;
use crate::value::{Kind, id};

/// An attribute and what clients may do with it.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<F> {
    /// The member's name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether POST and PATCH may set it.
    pub writable: bool,
    /// Whether POST needs it.
    pub required: bool,
    /// Whether it is shown only where `fields[type]` names it.
    pub on_request: bool,
    /// What it is filtered and sorted by, if it is.
    pub field: Option<F>,
    /// What POST and PATCH take of its kind.
    pub bounds: Bounds,
}

/// What a writable attribute takes of its kind: told to clients, enforced by the rules of the
/// domain.
#[derive(Clone, Copy, Debug)]
pub enum Bounds {
    /// Whatever there is of the kind.
    Unbounded,
    /// One line of text: from one character to so many, none of them a control character.
    Line(u32),
    /// Text of at most so many characters, without U+0000; one line has no control characters.
    Text {
        /// Characters.
        max: u32,
        /// Whether it may have several lines.
        lines: bool,
    },
    /// An e-mail address of at most so many characters.
    Email(u32),
    /// Text of this form (ECMA-262).
    Pattern(&'static str),
    /// Integers from the first to the second.
    Between(i64, i64),
    /// Integers but 0.
    Nonzero,
    /// Decimals above zero: digits before the point, and after it.
    Positive {
        /// Before the point.
        digits: u32,
        /// After the point.
        decimals: u32,
    },
    /// Decimals above zero, up to a hundred, with so many digits after the point.
    Percentage(u32),
    /// Dates whose text is of this form.
    Dates(&'static str),
}

impl<F> Attribute<F> {
    /// A read-only attribute that is always shown and never null.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            writable: false,
            required: false,
            on_request: false,
            field: None,
            bounds: Bounds::Unbounded,
        }
    }

    /// What POST and PATCH take of its kind.
    pub const fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// May be null.
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// POST and PATCH may set it.
    pub const fn writable(mut self) -> Self {
        self.writable = true;
        self
    }

    /// POST must set it.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self.writable()
    }

    /// Shown only where `fields[type]` names it.
    pub const fn on_request(mut self) -> Self {
        self.on_request = true;
        self
    }

    /// Filtered and sorted by `field`.
    pub const fn field(mut self, field: F) -> Self
    where
        F: Copy,
    {
        self.field = Some(field);
        self
    }
}

/// To how many resources a relationship leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// One or none; the linkage is on the row.
    One,
    /// Any number.
    Many,
}

/// A relationship and what clients may do with it.
#[derive(Clone, Copy, Debug)]
pub struct Relationship<F> {
    /// The member's name.
    pub name: &'static str,
    /// The type that it leads to.
    pub target: &'static str,
    /// To how many.
    pub cardinality: Cardinality,
    /// Whether POST may set it, and PATCH may too unless it is set once.
    pub writable: bool,
    /// Whether POST needs it.
    pub required: bool,
    /// Whether it stays what POST made it: PATCH takes only what it is.
    pub set_once: bool,
    /// Whether what it leads to is computed: linkage that a client sends back says nothing.
    pub computed: bool,
    /// To one: the field that holds the linkage, filtered and sorted as `<name>_id`.
    /// To many: the field of the *target* that leads back here.
    pub field: Option<F>,
}

impl<F> Relationship<F> {
    /// A read-only relationship to one resource or none.
    pub const fn to_one(name: &'static str, target: &'static str) -> Self {
        let cardinality = Cardinality::One;
        let (writable, required, set_once, computed) = (false, false, false, false);
        Self { name, target, cardinality, writable, required, set_once, computed, field: None }
    }

    /// A read-only relationship to those resources whose `inverse` leads back.
    pub const fn to_many(name: &'static str, target: &'static str, inverse: F) -> Self
    where
        F: Copy,
    {
        Self { field: Some(inverse), cardinality: Cardinality::Many, ..Self::to_one(name, target) }
    }

    /// What it leads to is computed.
    pub const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// POST and PATCH may set it.
    pub const fn writable(mut self) -> Self {
        self.writable = true;
        self
    }

    /// POST must set it, PATCH may.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self.writable()
    }

    /// It stays what POST makes it.
    pub const fn set_once(mut self) -> Self {
        self.set_once = true;
        self.writable()
    }

    /// Whether it can be changed.
    pub const fn is_changed(&self) -> bool {
        self.writable && !self.set_once
    }

    /// Filtered and sorted, as `<name>_id`, by `field`.
    pub const fn field(mut self, field: F) -> Self
    where
        F: Copy,
    {
        self.field = Some(field);
        self
    }
}

/// A name that `filter[...]` takes.
#[derive(Clone, Debug)]
pub struct Filter<F> {
    /// The name between the brackets.
    pub name: String,
    /// The kind of its values; the operators follow from it.
    pub kind: Kind,
    /// Whether an empty value, for null, makes sense.
    pub nullable: bool,
    /// What of the operators.
    pub takes: Takes,
    /// What is compared.
    pub field: F,
}

/// What a filter takes of the operators of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// All, and several values where they do not order.
    All,
    /// Those that leave a single run of values: not `not_eq`, and one value each.
    Run,
    /// One value to be equal to.
    One,
}

/// A name that `sort` takes.
#[derive(Clone, Debug)]
pub struct Sort<F> {
    /// The name.
    pub name: String,
    /// What is sorted by.
    pub field: F,
}

/// How the ids of a type are read and written.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    /// Whether they are decimal: these are written without a detour.
    pub decimal: bool,
    /// Reads one; none where it cannot be one.
    pub read: fn(&str) -> Option<i64>,
    /// Writes one that needs no escapes.
    pub write: fn(i64) -> String,
}

impl Ids {
    /// Decimal, from 1 to 2^63 - 1.
    pub const DECIMAL: Self = Self { decimal: true, read: id, write: |id| id.to_string() };
}

/// A resource type as clients see it.
#[derive(Clone, Debug)]
pub struct ResourceType<F> {
    /// The member `type`, and the segment of the URL.
    pub name: &'static str,
    /// What breaks ties between equal rows: the id.
    pub id: F,
    /// How ids are spelled.
    pub ids: Ids,
    /// In the order in which they are written.
    pub attributes: Vec<Attribute<F>>,
    /// In the order in which they are written.
    pub relationships: Vec<Relationship<F>>,
    /// What lists can be filtered by.
    pub filters: Vec<Filter<F>>,
    /// What lists can be sorted by.
    pub sorts: Vec<Sort<F>>,
    /// Whether POST exists, and unless rows are only added, PATCH and DELETE.
    pub writable: bool,
    /// Whether rows stay as they were made: no PATCH and no DELETE.
    pub append_only: bool,
    /// Rows that lists leave out unless a filter names that value of that field.
    pub left_out: Option<(F, &'static str)>,
    /// Whether reading it takes more of a right than to read. No relationship leads to such a type.
    pub restricted: bool,
    /// Whether rows have addresses of their own.
    pub addressed: bool,
}

impl<F> ResourceType<F> {
    /// Whether PATCH and DELETE exist.
    pub fn is_changed(&self) -> bool {
        self.writable && !self.append_only
    }

    /// The position and declaration of an attribute.
    pub fn attribute(&self, name: &str) -> Option<(usize, &Attribute<F>)> {
        self.attributes.iter().enumerate().find(|(_, attribute)| attribute.name == name)
    }

    /// The position and declaration of a relationship.
    pub fn relationship(&self, name: &str) -> Option<(usize, &Relationship<F>)> {
        self.relationships.iter().enumerate().find(|(_, relationship)| relationship.name == name)
    }
}

/// All resource types of a service, found by name.
#[derive(Clone, Debug)]
pub struct Registry<F> {
    types: Vec<ResourceType<F>>,
    shapes: Arc<[Shape]>,
}

impl<F> Registry<F> {
    /// The registry of these types, in this order.
    pub fn new(types: Vec<ResourceType<F>>) -> Self {
        let shapes = types.iter().map(Shape::of).collect();
        Self { types, shapes }
    }

    /// What each type shows where the query does not restrict it.
    pub(crate) fn shapes(&self) -> &Arc<[Shape]> {
        &self.shapes
    }

    /// The type of that name, with its position.
    pub fn find(&self, name: &str) -> Option<(usize, &ResourceType<F>)> {
        self.types.iter().enumerate().find(|(_, resource)| resource.name == name)
    }

    /// All types.
    pub fn types(&self) -> &[ResourceType<F>] {
        &self.types
    }
}
