//! Names and values of clients, shortened so that errors can repeat them.

use std::borrow::Cow;

/// The largest number of characters of a name or value that an error repeats.
pub const MAX_ECHO: usize = 100;

/// Returns the text, or its first [`MAX_ECHO`] characters.
pub fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_ECHO) {
        Some((end, _)) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        None => Cow::Borrowed(text),
    }
}

/// Shortens a member name and escapes it as a segment of a JSON Pointer (RFC 6901, section 3).
pub fn pointer_segment(name: &str) -> String {
    cut(name).replace('~', "~0").replace('/', "~1")
}
