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

/// The controls that turn the direction of all that follows them, and those that end such a turn
/// (UAX 9, sections 2.1 to 2.5). Where a name is shown among other text they turn that as well, so
/// that an amount beside it reads otherwise than it is. The marks that only say the direction of
/// their own place, U+200E and U+200F, are not among them.
#[must_use]
pub const fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is shown as nothing, or as a space: white space of any script, and the
/// fillers and joiners that have no shape of their own.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
                | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}' | '\u{FFA0}'
        )
}

/// Checks that people can tell a text of one line when they see it: something of it is visible,
/// unless it is empty, and it does not turn the direction of the text around it. Whether it may be
/// empty, and its length, are rules of their own.
///
/// # Errors
///
/// The rule that is broken, as the rest of a sentence about the text.
///
/// # Examples
///
/// ```
/// use apportion_core::text::legible;
///
/// assert!(legible("Ada Lovelace").is_ok());
/// assert_eq!(legible("\u{2003}"), Err("must not consist of blanks only".to_owned()));
/// let turned = "must not contain U+202E, which turns the direction of text";
/// assert_eq!(legible("a\u{202E}b"), Err(turned.to_owned()));
/// ```
pub fn legible(text: &str) -> Result<(), String> {
    let turns = text.chars().find(|character| turns_direction(*character));
    if let Some(control) = turns {
        let code = u32::from(control);
        Err(format!("must not contain U+{code:04X}, which turns the direction of text"))
    } else if !text.is_empty() && text.chars().all(is_blank) {
        Err("must not consist of blanks only".to_owned())
    } else {
        Ok(())
    }
}

/// Does the same as [`legible`], for drafts.
pub(crate) fn is_legible(text: &str) -> Result<(), ValidationError> {
    legible(text).map_err(|rule| ValidationError::new("legible").with_message(rule.into()))
}

/// Returns a text as it may be printed to a terminal: control characters, which may clear a screen
/// or type for somebody, and controls of direction are replaced by what names them, such as
/// `\u{1b}`.
///
/// # Examples
///
/// ```
/// use apportion_core::text::printable;
///
/// assert_eq!(printable("a\u{1b}[2J"), "a\\u{1b}[2J");
/// assert_eq!(printable("Zoë\u{202e}"), "Zoë\\u{202e}");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let is_hidden = |character: char| character.is_control() || turns_direction(character);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
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
