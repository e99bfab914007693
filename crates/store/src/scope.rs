//! In whose name work is done: the first argument of every function on a tenant's rows.

use apportion_core::id::{OrganizationId, PersonId, TokenId};
use uuid::Uuid;

/// The tenant whose rows are reached, and who acts: what events say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tenant.
    pub organization: OrganizationId,
    /// The person who acts, if a token names one; becomes the creator of new rows.
    pub person: Option<PersonId>,
    /// The token by which they act.
    pub token: Option<TokenId>,
    /// The request that asks for it.
    pub request: Option<Uuid>,
}

impl Scope {
    /// The scope of a tenant in which nobody acts: the engine's, or that of a command.
    pub fn of(organization: OrganizationId) -> Self {
        Self { organization, person: None, token: None, request: None }
    }
}
