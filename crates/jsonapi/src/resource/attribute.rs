//! Attributes: what they hold, and what clients may do with them.

use crate::value::Kind;

/// An attribute and what clients may do with it.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<F> {
    /// The name of the member.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether POST and PATCH may set it.
    pub writable: bool,
    /// Whether POST must set it.
    pub required: bool,
    /// Whether it is shown only where `fields[type]` names it.
    pub on_request: bool,
    /// Whether no two resources of the type that a client sees may have the same value.
    pub unique: bool,
    /// Whether it is an amount in units smaller than people count in, such as cents.
    pub amount: bool,
    /// The field that lists filter and sort by, if they can.
    pub field: Option<F>,
    /// The values of its kind that POST and PATCH accept.
    pub bounds: Bounds,
}

/// The values of its kind that a writable attribute accepts. Bounds describe an attribute to
/// clients; the rules of the domain enforce them.
#[derive(Clone, Copy, Debug)]
pub enum Bounds {
    /// All values of the kind.
    Unbounded,
    /// One line of text: from one character up to this number, without control characters.
    Line(u32),
    /// Text without U+0000, and without control characters if it is one line.
    Text {
        /// The largest number of characters.
        max: u32,
        /// Whether it may have several lines.
        lines: bool,
    },
    /// An e-mail address of at most this number of characters.
    Email(u32),
    /// Text that matches this regular expression (ECMA-262).
    Pattern(&'static str),
    /// Integers from the first to the second.
    Between(i64, i64),
    /// Integers other than 0.
    Nonzero,
    /// Decimals above zero.
    Positive {
        /// The largest number of digits before the point.
        digits: u32,
        /// The largest number of digits after the point.
        decimals: u32,
    },
    /// Decimals above zero, up to a hundred, with at most this number of digits after the point.
    Percentage(u32),
    /// Dates whose text matches this regular expression (ECMA-262).
    Dates(&'static str),
}

impl<F> Attribute<F> {
    /// Creates a read-only attribute that is always shown and never null.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            writable: false,
            required: false,
            on_request: false,
            unique: false,
            amount: false,
            field: None,
            bounds: Bounds::Unbounded,
        }
    }

    /// Restricts the values that POST and PATCH accept.
    pub const fn bounded(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Lets it be null.
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Lets POST and PATCH set it.
    pub const fn writable(mut self) -> Self {
        self.writable = true;
        self
    }

    /// Requires POST to set it.
    pub const fn required(mut self) -> Self {
        self.required = true;
        self.writable()
    }

    /// Shows it only where `fields[type]` names it.
    pub const fn on_request(mut self) -> Self {
        self.on_request = true;
        self
    }

    /// Lets no two resources of the type have the same value.
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Lets lists filter and sort by `field`.
    pub const fn field(mut self, field: F) -> Self
    where
        F: Copy,
    {
        self.field = Some(field);
        self
    }
}
