//! What a text may be: how long a line or a page of it, and the rules that several drafts share.
//!
//! Only what drafts name in their `validate` attributes; rules of one draft are beside it.

use std::borrow::Cow;

use validator::{ValidateEmail, ValidationError};

/// Longest name or e-mail address, in characters (Unicode scalar values).
pub(crate) const MAX_TEXT_CHARS: u64 = 255;

/// Longest description or reason, in characters (Unicode scalar values).
pub(crate) const MAX_LONG_TEXT_CHARS: u64 = 10_000;

/// Lines and tabs are fine in a long text; U+0000 is not, which databases cannot keep.
pub(crate) fn without_nul(text: &str) -> Result<(), ValidationError> {
    let message = "must not contain U+0000";
    let broken = || ValidationError::new("nul").with_message(message.into());
    if text.contains('\0') { Err(broken()) } else { Ok(()) }
}

/// `validator` looks for an address literal at the end of the domain only, so that
/// `a@anything[127.0.0.1]` would pass; here the literal is the whole domain.
pub(crate) fn is_email_address(text: &str) -> Result<(), ValidationError> {
    let (_, domain) = text.rsplit_once('@').unwrap_or_default();
    let whole_literal = domain.rfind('[').is_none_or(|at| at == 0);
    if text.validate_email() && whole_literal {
        Ok(())
    } else {
        let message = Cow::Borrowed("must be an e-mail address");
        Err(ValidationError::new("email").with_message(message))
    }
}
