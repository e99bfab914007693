//! Relationships: where they lead, and what clients may do with them.

/// The number of resources that a relationship leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// At most one; the row holds the linkage.
    One,
    /// Any number.
    Many,
}

/// A relationship and what clients may do with it.
#[derive(Clone, Copy, Debug)]
pub struct Relationship<F> {
    /// The name of the member.
    pub name: &'static str,
    /// The name of the type that it leads to.
    pub target: &'static str,
    /// The number of resources that it leads to.
    pub cardinality: Cardinality,
    /// Whether POST may set it. PATCH may set it as well, unless it is set once.
    pub writable: bool,
    /// Whether POST must set it.
    pub required: bool,
    /// Whether a to-one relationship can lead nowhere.
    pub nullable: bool,
    /// Whether it keeps the linkage that POST gave it: PATCH accepts only that linkage.
    pub set_once: bool,
    /// Whether its linkage is computed. Linkage that a client sends back is then ignored.
    pub computed: bool,
    /// The field that holds the linkage of a to-one relationship, filtered and sorted as
    /// `<name>_id`; of a to-many relationship, the field of the *target* that leads back.
    pub field: Option<F>,
}

impl<F> Relationship<F> {
    /// Creates a read-only relationship to at most one resource.
    pub const fn to_one(name: &'static str, target: &'static str) -> Self {
        Self {
            name,
            target,
            cardinality: Cardinality::One,
            writable: false,
            required: false,
            nullable: true,
            set_once: false,
            computed: false,
            field: None,
        }
    }

    /// Creates a read-only relationship to the resources whose field `inverse` leads back.
    pub const fn to_many(name: &'static str, target: &'static str, inverse: F) -> Self
    where
        F: Copy,
    {
        Self { field: Some(inverse), cardinality: Cardinality::Many, ..Self::to_one(name, target) }
    }

    /// Declares that it always leads to a resource.
    pub const fn never_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Marks its linkage as computed.
    pub const fn computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// Lets POST and PATCH set it.
    pub const fn writable(mut self) -> Self {
        self.writable = true;
        self
    }

    /// Requires POST to set it, and lets PATCH set it.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self.never_null().writable()
    }

    /// Lets POST set it, but not PATCH.
    pub const fn set_once(mut self) -> Self {
        self.set_once = true;
        self.writable()
    }

    /// Whether PATCH may change it.
    pub const fn is_changeable(&self) -> bool {
        self.writable && !self.set_once
    }

    /// Lets lists filter and sort by `field`, as `<name>_id`.
    pub const fn field(mut self, field: F) -> Self
    where
        F: Copy,
    {
        self.field = Some(field);
        self
    }
}
