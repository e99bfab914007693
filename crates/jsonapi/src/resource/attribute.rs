//! Attributes: what they hold, and what clients may do with them.

use crate::value::Kind;

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
