//! Collaborators: the people who earn scores and obligations, and who are paid.
//!
//! Only the rules of a draft. Whether a collaborator may be deleted depends on rows, which the
//! store sees.

use validator::Validate;

use crate::rules::fault::{Fault, Faults};
use crate::rules::names::names;
pub use crate::rules::text::comparable_email;
use crate::rules::text::{MAX_TEXT_CHARS, is_email_address};

names! {
    /// The status of a collaborator.
    CollaboratorStatus {
        /// The collaborator can be credited.
        Active = "active",
        /// The collaborator cannot be credited; what they earned before is still paid.
        Inactive = "inactive",
    }
}

/// A collaborator as a client describes them; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct CollaboratorDraft {
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub full_name: Option<String>,
    /// An e-mail address of at most 255 characters. The store ensures that no other collaborator of
    /// the organization has it.
    #[validate(length(max = MAX_TEXT_CHARS), custom(function = is_email_address))]
    pub email: Option<String>,
    /// The name of a [`CollaboratorStatus`]; `None` means active.
    pub status: Option<String>,
}

/// A collaborator that keeps every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollaboratorTerms {
    /// The name, of 1 to 255 characters.
    pub full_name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The form of the e-mail address by which it is compared with others.
    pub comparable_email: Option<String>,
    /// The status.
    pub status: CollaboratorStatus,
}

impl CollaboratorDraft {
    /// Checks every rule of the draft.
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
                let email = self.email.clone();
                let comparable_email = email.as_deref().map(comparable_email);
                Ok(CollaboratorTerms { full_name, email, comparable_email, status })
            }
            _ => Err(faults.into_vec()),
        }
    }
}
