//! The scope of work: the tenant whose rows it reaches, and who acts.

use std::fmt;

use apportion_core::id::{OrganizationId, PersonId, TokenId};
use apportion_core::text::one_line;
use uuid::Uuid;

/// A tenant, and who acts in its name. Events record both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tenant.
    pub organization: OrganizationId,
    /// The person who acts, if a token names one. New rows get this person as their creator.
    pub person: Option<PersonId>,
    /// The token that was presented.
    pub token: Option<TokenId>,
    /// The name of whoever acts, if an identity provider gave one.
    pub actor: Option<Actor>,
    /// The request that asks for the work.
    pub request: Option<Uuid>,
}

impl Scope {
    /// Returns the scope of a tenant in which no person acts: that of the engine or of a command.
    pub fn of(organization: OrganizationId) -> Self {
        Self { organization, person: None, token: None, actor: None, request: None }
    }
}

/// The name of whoever acts, as an identity provider has it, such as the subject of a JWT. It lies
/// in place, so that each event can have a copy.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    length: usize,
    bytes: [u8; Actor::MAX_BYTES],
}

impl Actor {
    /// The longest name, in bytes of UTF-8.
    pub const MAX_BYTES: usize = 120;

    /// Takes a name of one line.
    ///
    /// # Errors
    ///
    /// The rule that is broken, as the rest of a sentence about the name: it is empty, longer than
    /// 120 bytes, or has control characters.
    pub fn new(name: &str) -> Result<Self, String> {
        one_line(name)?;
        let mut bytes = [0; Self::MAX_BYTES];
        let Some(place) = bytes.get_mut(..name.len()) else {
            return Err(format!("must have at most {} bytes", Self::MAX_BYTES));
        };
        place.copy_from_slice(name.as_bytes());
        Ok(Self { length: name.len(), bytes })
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
