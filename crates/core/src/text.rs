//! How long a line of text may be: names and e-mail addresses.
//!
//! Only the limit, which the drafts name in their `validate` attributes; the rules are theirs.

/// Longest name or e-mail address, in characters (Unicode scalar values).
pub(crate) const MAX_TEXT_CHARS: u64 = 255;
