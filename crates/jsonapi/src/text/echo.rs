//! What a client sent, cut so that it may be repeated in an error.

use std::borrow::Cow;

/// How many characters of a name or value an error repeats.
pub const MAX_ECHO: usize = 100;

/// The text, or its first [`MAX_ECHO`] characters.
pub fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_ECHO) {
        Some((end, _)) => Cow::Borrowed(text.get(..end).unwrap_or(text)),
        None => Cow::Borrowed(text),
    }
}

/// A member name as a segment of a JSON Pointer (RFC 6901, section 3), cut.
pub fn pointer_segment(name: &str) -> String {
    cut(name).replace('~', "~0").replace('/', "~1")
}
