//! The place of this service in the application that it is mounted in: what stands before its own
//! paths in the address of a request.

use std::borrow::Cow;

use actix_web::HttpRequest;

/// Splits the path of a request into what stands before this service, such as `/money`, and the
/// rest. The first part is empty for a server of its own. It can stand in a document as it is: what
/// RFC 3986 does not allow in a path is percent-encoded.
pub(crate) fn split(request: &HttpRequest) -> (Cow<'_, str>, &str) {
    let path = request.uri().path();
    let matched = request.match_info();
    // The framework may have decoded it, but never a slash.
    let before = matched.as_str().strip_suffix(matched.unprocessed()).unwrap_or_default();
    let depth = before.bytes().filter(|byte| *byte == b'/').count();
    if depth == 0 {
        return (Cow::Borrowed(""), path);
    }
    let end = path.match_indices('/').nth(depth).map_or(path.len(), |(at, _)| at);
    let (prefix, rest) = path.split_at_checked(end).unwrap_or((path, ""));
    (encoded(prefix), rest)
}

/// Returns a path in which each byte is a letter, a digit, a slash, a percent sign, or one of the
/// signs that may stand in a path (RFC 3986, section 3.3).
pub(crate) fn encoded(path: &str) -> Cow<'_, str> {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(&byte);
    if path.bytes().all(is_plain) {
        return Cow::Borrowed(path);
    }
    let encode = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    Cow::Owned(path.bytes().map(encode).collect())
}
