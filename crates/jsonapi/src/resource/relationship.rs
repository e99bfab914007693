//! Relationships: where they lead, and what clients may do with them.

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
    pub const fn is_changeable(&self) -> bool {
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
