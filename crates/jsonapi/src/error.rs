//! Error objects: a fixed table of codes with their status and title, and the document that lists
//! them. What a client sent is echoed cut to [`MAX_ECHO`](crate::text::MAX_ECHO) characters.

use std::borrow::Cow;

use crate::text::{cut, push_field, push_integer, push_str};

/// How many errors one answer lists.
pub const MAX_ERRORS: usize = 50;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// What went wrong, as a client's program tells it apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The word in the member `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// The member `title`, which never varies for a code.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be understood at all.
    BadRequest = "bad_request", 400, "Bad Request";
    /// The body is no JSON:API document.
    BadDocument = "bad_document", 400, "Bad Document";
    /// A query parameter that the route does not declare.
    UnsupportedParameter = "unsupported_parameter", 400, "Unsupported Parameter";
    /// A filter that the type does not declare.
    UnsupportedFilter = "unsupported_filter", 400, "Unsupported Filter";
    /// An operator or a value that the filter does not take.
    UnsupportedFilterValue = "unsupported_filter_value", 400, "Unsupported Filter Value";
    /// A sort key that the type does not declare.
    UnsupportedSort = "unsupported_sort", 400, "Unsupported Sort";
    /// An include path that the type does not declare.
    UnsupportedInclude = "unsupported_include", 400, "Unsupported Include";
    /// A type or field in `fields[...]` that does not exist.
    UnsupportedField = "unsupported_field", 400, "Unsupported Field";
    /// Groups that a report cannot have.
    UnsupportedGroup = "unsupported_group", 400, "Unsupported Group";
    /// A page number or size out of range.
    InvalidPage = "invalid_page", 400, "Invalid Page";
    /// Parameters of two ways to page that exclude each other.
    KeysetConflict = "keyset_conflict", 400, "Keyset Conflict";
    /// A cursor that does not belong to this list in this order.
    KeysetInvalidCursor = "keyset_invalid_cursor", 400, "Keyset Invalid Cursor";
    /// No token, or one that does not count.
    Unauthenticated = "unauthenticated", 401, "Unauthenticated";
    /// A token without the right.
    AccessDenied = "access_denied", 403, "Access Denied";
    /// No such row for this token.
    RecordNotFound = "record_not_found", 404, "Record Not Found";
    /// A method that the route never takes.
    MethodNotAllowed = "method_not_allowed", 405, "Method Not Allowed";
    /// No media type that the client takes can be served.
    NotAcceptable = "not_acceptable", 406, "Not Acceptable";
    /// The state of the resource refuses the request.
    Conflict = "conflict", 409, "Conflict";
    /// The client did not send its request in time.
    RequestTimeout = "bad_request", 408, "Request Timeout";
    /// The resource is no longer what the client saw.
    PreconditionFailed = "precondition_failed", 412, "Precondition Failed";
    /// The body is over the limit.
    TooLarge = "too_large", 413, "Too Large";
    /// The target of the request is over the limit.
    TargetTooLong = "too_large", 414, "Too Large";
    /// The body is of a media type that is not served.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported Media Type";
    /// A value that the rules refuse.
    InvalidAttribute = "invalid_attribute", 422, "Invalid Attribute";
    /// The client sends more than its share.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// A fault of the server.
    ServerError = "server_error", 500, "Server Error";
    /// The server cannot answer now; later it can.
    Unavailable = "unavailable", 503, "Unavailable";
}

/// The part of the request that is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A JSON Pointer (RFC 6901) into the body.
    Pointer(String),
    /// A query parameter, decoded.
    Parameter(String),
    /// A request header.
    Header(&'static str),
}

/// One error object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What went wrong.
    pub code: Code,
    /// This occurrence, in words.
    pub detail: Cow<'static, str>,
    /// Where the fault lies, if in a part of the request.
    pub source: Option<Source>,
    /// What a profile wants to be said besides.
    pub profile: Option<ProfileError>,
}

/// Members of an error that a profile asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// The profile's own address.
    pub uri: &'static str,
    /// The last segment of `links.type`, below the profile's own address.
    pub kind: &'static str,
    /// `meta.page.maxSize`
    pub max_size: Option<i64>,
}

impl ProfileError {
    /// An error that the profile has a name for.
    pub(crate) fn new(uri: &'static str, kind: &'static str) -> Self {
        Self { uri, kind, max_size: None }
    }
}

impl Error {
    /// An error without a source.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), source: None, profile: None }
    }

    /// The same error with the place of the fault.
    pub fn at(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The same error with what a profile wants to be said besides.
    pub(crate) fn with_profile(self, profile: ProfileError) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// An error in a query parameter.
    pub fn parameter(code: Code, name: &str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, detail).at(Source::Parameter(cut(name).into_owned()))
    }

    /// An error in the body.
    pub fn pointer(
        code: Code,
        at: impl Into<String>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(code, detail).at(Source::Pointer(at.into()))
    }
}

/// The status of an answer that lists these errors: theirs where they agree, else 400.
pub fn common_status(errors: &[Error]) -> u16 {
    let mut statuses = errors.iter().map(|error| error.code.status());
    let first = statuses.next().unwrap_or(500);
    if statuses.all(|status| status == first) { first } else { 400 }
}

/// The error document; `id` gives each error its own.
pub fn document(errors: &[Error], mut id: impl FnMut(&Error) -> String) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"errors\":[");
    for (at, error) in errors.iter().take(MAX_ERRORS).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"id\":");
        push_str(&mut out, &id(error));
        push_field(&mut out, "status", &error.code.status().to_string());
        push_field(&mut out, "code", error.code.as_str());
        push_field(&mut out, "title", error.code.title());
        push_field(&mut out, "detail", &error.detail);
        let source = match &error.source {
            Some(Source::Pointer(pointer)) => Some(("pointer", pointer.as_str())),
            Some(Source::Parameter(name)) => Some(("parameter", name.as_str())),
            Some(Source::Header(name)) => Some(("header", *name)),
            None => None,
        };
        if let Some((kind, place)) = source {
            out.extend_from_slice(b",\"source\":{\"");
            out.extend_from_slice(kind.as_bytes());
            out.extend_from_slice(b"\":");
            push_str(&mut out, place);
            out.push(b'}');
        }
        if let Some(profile) = error.profile {
            out.extend_from_slice(b",\"links\":{\"type\":");
            push_str(&mut out, &format!("{}/{}", profile.uri, profile.kind));
            out.push(b'}');
            if let Some(max_size) = profile.max_size {
                out.extend_from_slice(b",\"meta\":{\"page\":{\"maxSize\":");
                push_integer(&mut out, max_size);
                out.extend_from_slice(b"}}");
            }
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"],\"jsonapi\":{\"version\":\"1.1\"}}");
    out
}
