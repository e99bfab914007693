//! Closed sets of names, such as statuses and resolvers, as written on the wire and in rows.
//!
//! Only the names. Which status may follow which is decided by the nouns themselves; the errors
//! that refuse a change are [`crate::refusal`].

use std::fmt;

use thiserror::Error;

/// An error: the text is not one of the known names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be {}", Alternatives(.known))]
pub struct UnknownName {
    /// All accepted names, in the order of their definition.
    pub known: &'static [&'static str],
}

/// A list of names, displayed as `a`, `a or b`, or `a, b or c`.
struct Alternatives<'a>(&'a [&'a str]);

impl fmt::Display for Alternatives<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [first @ .., last] if !first.is_empty() => {
                write!(f, "{} or {last}", first.join(", "))
            }
            names => f.write_str(&names.concat()),
        }
    }
}

/// Defines an enumeration whose values have names: lower case, with words joined by `_`.
macro_rules! names {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of [`Self::NAMES`].
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name of every value.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// Returns the name that stands on the wire and in rows.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::rules::names::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::rules::names::UnknownName { known: Self::NAMES }),
                }
            }
        }
    };
}

pub(crate) use names;
