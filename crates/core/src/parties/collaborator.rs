//! Collaborators: who earns metrics and obligations, and is paid.
//!
//! The rules of a draft only. Whether one may be deleted is a question of rows.

use validator::Validate;

use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;
use crate::rules::text::{MAX_TEXT_CHARS, is_email_address};

names! {
    /// Whether a collaborator takes part.
    CollaboratorStatus {
        /// Takes credits.
        Active = "active",
        /// Takes no credits; what was earned before is still paid.
        Inactive = "inactive",
    }
}

/// A collaborator as a client describes them; `None` is null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct CollaboratorDraft {
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub full_name: Option<String>,
    /// An e-mail address of at most 255 characters. That no other collaborator of the organization
    /// has it, the store sees.
    #[validate(length(max = MAX_TEXT_CHARS), custom(function = is_email_address))]
    pub email: Option<String>,
    /// A [`CollaboratorStatus`]; active where `None`.
    pub status: Option<String>,
}

/// A collaborator that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollaboratorTerms {
    /// 1 to 255 characters.
    pub full_name: String,
    /// An e-mail address.
    pub email: Option<String>,
    /// Whether they take part.
    pub status: CollaboratorStatus,
}

impl CollaboratorDraft {
    /// Checks every rule.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn check(&self) -> Result<CollaboratorTerms, Vec<Fault>> {
        let mut faults = Faults::declared_by(self);
        let status = self.status.as_deref().map_or(Ok(CollaboratorStatus::Active), str::parse);
        let status = faults.note("status", status);
        match (self.full_name.clone(), status) {
            (Some(full_name), Some(status)) if faults.is_empty() => {
                Ok(CollaboratorTerms { full_name, email: self.email.clone(), status })
            }
            _ => Err(faults.into_vec()),
        }
    }
}
