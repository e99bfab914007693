//! Parts of documents, appended to a byte buffer: separators, identifiers, cursors, the last
//! members.

use crate::text::{push_integer, push_str};

pub(super) fn separate(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

pub(super) fn push_id(out: &mut Vec<u8>, id: i64, text: Option<&str>) {
    match text {
        // Written ids consist of letters, digits, dots and dashes, which need no escapes.
        Some(text) => out.extend_from_slice(text.as_bytes()),
        None => push_integer(out, id),
    }
}

/// Appends the cursor of an item as its meta (cursor-pagination profile, "Item Cursors").
pub(super) fn push_cursor(out: &mut Vec<u8>, cursor: &str) {
    out.extend_from_slice(b",\"meta\":{\"page\":{\"cursor\":");
    push_str(out, cursor);
    out.extend_from_slice(b"}}");
}

pub(super) fn push_identifier(out: &mut Vec<u8>, resource: &str, id: i64, text: Option<&str>) {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(resource.as_bytes());
    out.extend_from_slice(b"\",\"id\":\"");
    push_id(out, id, text);
    out.extend_from_slice(b"\"}");
}

pub(super) fn push_end(out: &mut Vec<u8>, profile: Option<&str>) {
    out.extend_from_slice(b",\"jsonapi\":{\"version\":\"1.1\"");
    if let Some(profile) = profile {
        out.extend_from_slice(b",\"profile\":[");
        push_str(out, profile);
        out.push(b']');
    }
    out.extend_from_slice(b"}}");
}
