//! In whose name work is done: the first argument of every function on a tenant's rows.

use crate::id::{OrganizationId, PersonId};

/// The tenant whose rows are reached, and the person who acts, if a token names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The tenant.
    pub organization: OrganizationId,
    /// Who acts; becomes the creator of new rows.
    pub person: Option<PersonId>,
}

impl Scope {
    /// The scope of a tenant, without a person.
    pub fn of(organization: OrganizationId) -> Self {
        Self { organization, person: None }
    }

    pub(crate) fn id(&self) -> i64 {
        self.organization.0
    }

    pub(crate) fn creator(&self) -> Option<i64> {
        self.person.map(|person| person.0)
    }
}
