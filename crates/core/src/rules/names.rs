//! Closed sets of names: statuses and resolvers, as they are written on the wire and in rows.
//!
//! Only the names. Which status may follow which is [`crate::state`] and the nouns themselves.

use std::fmt;

use thiserror::Error;

/// The text is none of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be {}", Alternatives(.known))]
pub struct UnknownName {
    /// Every name there is, in order.
    pub known: &'static [&'static str],
}

/// Writes `a`, `a or b`, `a, b or c`.
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

/// Defines an enumeration whose values have names: lower case, words joined by `_`.
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

            /// Every name.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The name on the wire and in rows.
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
