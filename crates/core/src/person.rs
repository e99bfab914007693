//! People: who creates deals and distributions, and who is paid.
//!
//! The rules of a draft only. Whether a person may be deleted is a question of rows, which is not
//! asked here.

use std::borrow::Cow;

use validator::{Validate, ValidateEmail, ValidationError};

use crate::fault::{Fault, Faults};
use crate::text::MAX_TEXT_CHARS;

/// A person as a client describes them; `None` is null or absent.
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
    /// Checks every rule.
    ///
    /// # Errors
    ///
    /// All faults, by name of field.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        Faults::declared_by(self).verdict()
    }
}

/// `validator` looks for an address literal at the end of the domain only, so that
/// `a@anything[127.0.0.1]` would pass; here the literal is the whole domain.
fn is_email_address(text: &str) -> Result<(), ValidationError> {
    let (_, domain) = text.rsplit_once('@').unwrap_or_default();
    let whole_literal = domain.rfind('[').is_none_or(|at| at == 0);
    if text.validate_email() && whole_literal {
        Ok(())
    } else {
        let message = Cow::Borrowed("must be an e-mail address");
        Err(ValidationError::new("email").with_message(message))
    }
}
