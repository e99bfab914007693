//! The scope of work: the tenant whose rows it reaches, and who acts.

use apportion_core::id::{OrganizationId, PersonId, TokenId};
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
    /// The request that asks for the work.
    pub request: Option<Uuid>,
}

impl Scope {
    /// Returns the scope of a tenant in which no person acts: that of the engine or of a command.
    pub fn of(organization: OrganizationId) -> Self {
        Self { organization, person: None, token: None, request: None }
    }
}
