//! People: those who create deals and distributions in an organization.
//!
//! Only the rules of a draft. Whether a person may be deleted depends on rows, which the store
//! sees.

use validator::Validate;

use crate::rules::fault::{Fault, Faults};
use crate::rules::text::{MAX_TEXT_CHARS, is_email_address};

/// A person as a client describes them; `None` means null or absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Validate)]
pub struct PersonDraft {
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub first_name: Option<String>,
    /// Required, 1 to 255 characters, no control characters.
    #[validate(required, length(min = 1, max = MAX_TEXT_CHARS), non_control_character)]
    pub last_name: Option<String>,
    /// An e-mail address of at most 255 characters, as HTML defines one.
    #[validate(length(max = MAX_TEXT_CHARS), custom(function = is_email_address))]
    pub email: Option<String>,
}

impl PersonDraft {
    /// Checks every rule of the draft.
    ///
    /// # Errors
    ///
    /// All faults, sorted by field.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        Faults::declared_by(self).verdict()
    }
}
