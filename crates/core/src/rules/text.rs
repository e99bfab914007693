//! The rules for texts that several drafts share: their lengths and their characters, the forms in
//! which they are compared, and the cells of spreadsheets in which they are written.
//!
//! A rule of a single draft is in the file of that draft.

use std::borrow::Cow;

use validator::{ValidateEmail, ValidationError};

/// The longest name or e-mail address, in characters (Unicode scalar values).
pub(crate) const MAX_TEXT_CHARS: u64 = 255;

/// The longest description or reason, in characters (Unicode scalar values).
pub(crate) const MAX_LONG_TEXT_CHARS: u64 = 10_000;

/// Checks a text of one line, such as the name of a row in another system: 1 to 255 characters
/// (Unicode scalar values), and no control characters.
///
/// # Errors
///
/// The rule that is broken, as the rest of a sentence about the text.
pub fn one_line(text: &str) -> Result<(), String> {
    if text.is_empty() {
        Err("must not be empty".to_owned())
    } else if u64::try_from(text.chars().count()).is_ok_and(|count| count > MAX_TEXT_CHARS) {
        Err(format!("must be at most {MAX_TEXT_CHARS} characters"))
    } else if text.chars().any(char::is_control) {
        Err("must not contain control characters".to_owned())
    } else {
        Ok(())
    }
}

/// The characters at the beginning of a cell that make it a formula, or are skipped before one.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

fn begins_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

/// Returns the cell by which a text is written to a table for spreadsheets. A spreadsheet takes a
/// cell that begins with `=`, `+`, `-` or `@` for a formula, and runs it. A text that begins like
/// this, with apostrophes before or without, is written after an apostrophe.
///
/// # Examples
///
/// ```
/// use apportion_core::text::{as_cell, from_cell};
///
/// for (text, cell) in [("=1+1", "'=1+1"), ("'=1", "''=1"), ("'a", "'a"), ("1=1", "1=1")] {
///     assert_eq!(as_cell(text), cell);
///     assert_eq!(from_cell(cell), text);
/// }
/// ```
#[must_use]
pub fn as_cell(text: &str) -> Cow<'_, str> {
    if begins_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Returns the text that a cell stands for: the opposite of [`as_cell`].
#[must_use]
pub fn from_cell(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| begins_formula(text)).unwrap_or(cell)
}

/// Refuses U+0000, which databases cannot store. Line breaks and tabs are allowed in a long text.
pub(crate) fn without_nul(text: &str) -> Result<(), ValidationError> {
    let message = "must not contain U+0000";
    let broken = || ValidationError::new("nul").with_message(message.into());
    if text.contains('\0') { Err(broken()) } else { Ok(()) }
}

/// Returns the form of an e-mail address by which two are compared: in lower case, with an
/// international domain in its ASCII form (IDNA, UTS 46). A text without `@`, or whose part after
/// it is not valid in IDNA, is only put in lower case.
#[must_use]
pub fn comparable_email(address: &str) -> String {
    let (local, domain) = match address.rsplit_once('@') {
        Some((local, domain)) => (local, idna::domain_to_ascii(domain)),
        None => return address.to_lowercase(),
    };
    match domain {
        Ok(domain) => format!("{}@{domain}", local.to_lowercase()),
        Err(_) => address.to_lowercase(),
    }
}

/// Accepts e-mail addresses only.
///
/// `validator` looks for an address literal at the end of the domain only, so it would accept
/// `a@anything[127.0.0.1]`; here a literal must be the whole domain.
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
