//! Unicode's composed form (NFC, UAX #15). Keyboards and file systems spell one text in several
//! ways: `é` is one character or two. In the composed form each text has one spelling, so that
//! equal texts are equal bytes. Not here: case, and letters that only look alike (NFKC).

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Returns a text in the composed form. Most texts are in it already, and ASCII always is.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}
