//! Error objects: a fixed table of codes with their status and title, and the document that lists
//! errors. Names and values that a client sent are repeated up to
//! [`MAX_ECHO`](crate::text::MAX_ECHO) characters.

use std::borrow::Cow;

use crate::text::{cut, push_field, push_integer, push_str};

/// The largest number of errors that one answer lists.
pub const MAX_ERRORS: usize = 50;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal;)*) => {
        /// The kind of an error, by which a client's program tells errors apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// Returns the value of the member `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// Returns the HTTP status that belongs to the code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)* }
            }

            /// Returns the member `title`, which is the same for every error of a code.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    BadRequest = "bad_request", 400, "Bad Request";
    /// The body is not a JSON:API document.
    BadDocument = "bad_document", 400, "Bad Document";
    /// A query parameter that the endpoint does not take.
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
    /// A page number or size that is out of range.
    InvalidPage = "invalid_page", 400, "Invalid Page";
    /// Page parameters that cannot be combined.
    KeysetConflict = "keyset_conflict", 400, "Keyset Conflict";
    /// A cursor that does not belong to this list with its filters and sort.
    KeysetInvalidCursor = "keyset_invalid_cursor", 400, "Keyset Invalid Cursor";
    /// A request that would take more than it may; its message says what to narrow.
    TooCostly = "too_costly", 400, "Too Costly";
    /// A missing, unknown, expired or revoked token.
    Unauthenticated = "unauthenticated", 401, "Unauthenticated";
    /// A token that does not grant the right.
    AccessDenied = "access_denied", 403, "Access Denied";
    /// A row that does not exist, or that the token does not see.
    RecordNotFound = "record_not_found", 404, "Record Not Found";
    /// A method that the endpoint never takes.
    MethodNotAllowed = "method_not_allowed", 405, "Method Not Allowed";
    /// An `Accept` header that allows none of the media types that are served.
    NotAcceptable = "not_acceptable", 406, "Not Acceptable";
    /// The state of the resource forbids the request.
    Conflict = "conflict", 409, "Conflict";
    /// The client did not send its request in time.
    RequestTimeout = "bad_request", 408, "Request Timeout";
    /// The resource has changed since the client read it.
    PreconditionFailed = "precondition_failed", 412, "Precondition Failed";
    /// The body is larger than the limit.
    TooLarge = "too_large", 413, "Too Large";
    /// The target of the request is longer than the limit.
    TargetTooLong = "too_large", 414, "Too Large";
    /// The media type of the body is not served.
    UnsupportedMediaType = "unsupported_media_type", 415, "Unsupported Media Type";
    /// A value that a rule refuses.
    InvalidAttribute = "invalid_attribute", 422, "Invalid Attribute";
    /// The client has used up its share of requests.
    TooManyRequests = "too_many_requests", 429, "Too many requests";
    /// A fault of the server.
    ServerError = "server_error", 500, "Server Error";
    /// The server cannot answer now, but may later.
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

/// An error object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind of the error.
    pub code: Code,
    /// The explanation of this occurrence.
    pub detail: Cow<'static, str>,
    /// The place of the fault, where it lies in a part of the request.
    pub source: Option<Source>,
    /// The address of what the error is about, such as a resource that is in the way.
    pub about: Option<Box<str>>,
    /// The members that a profile adds.
    pub profile: Option<Box<ProfileError>>,
}

/// The members that a profile adds to an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// The address of the profile.
    pub uri: &'static str,
    /// The profile's name for the error: the last segment of `links.type`, below the address.
    pub kind: &'static str,
    /// The value of `meta.page.maxSize`.
    pub max_size: Option<i64>,
}

impl ProfileError {
    /// Creates an error that a profile has a name for.
    pub(crate) fn new(uri: &'static str, kind: &'static str) -> Self {
        Self { uri, kind, max_size: None }
    }
}

impl Error {
    /// Creates an error without a source.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), source: None, about: None, profile: None }
    }

    /// Returns the same error with the place of the fault.
    pub fn at(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }

    /// Returns the same error with the address of what it is about.
    pub fn about(self, address: impl Into<Box<str>>) -> Self {
        Self { about: Some(address.into()), ..self }
    }

    /// Returns the same error with the members that a profile adds.
    pub(crate) fn with_profile(self, profile: ProfileError) -> Self {
        Self { profile: Some(Box::new(profile)), ..self }
    }

    /// Creates an error in a query parameter.
    pub fn parameter(code: Code, name: &str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, detail).at(Source::Parameter(cut(name).into_owned()))
    }

    /// Creates an error in the body.
    pub fn pointer(
        code: Code,
        at: impl Into<String>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(code, detail).at(Source::Pointer(at.into()))
    }
}

/// Returns the status of an answer that lists these errors: their own where they agree, and
/// otherwise 400.
pub fn common_status(errors: &[Error]) -> u16 {
    let mut statuses = errors.iter().map(|error| error.code.status());
    let first = statuses.next().unwrap_or(500);
    if statuses.all(|status| status == first) { first } else { 400 }
}

/// Writes the error document; `id` gives each error an id.
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
        let kind =
            error.profile.as_ref().map(|profile| format!("{}/{}", profile.uri, profile.kind));
        let mut before = ",\"links\":{";
        for (name, link) in [("about", error.about.as_deref()), ("type", kind.as_deref())] {
            if let Some(link) = link {
                out.extend_from_slice(format!("{before}\"{name}\":").as_bytes());
                push_str(&mut out, link);
                before = ",";
            }
        }
        if before == "," {
            out.push(b'}');
        }
        if let Some(max_size) = error.profile.as_ref().and_then(|profile| profile.max_size) {
            out.extend_from_slice(b",\"meta\":{\"page\":{\"maxSize\":");
            push_integer(&mut out, max_size);
            out.extend_from_slice(b"}}");
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"],\"jsonapi\":{\"version\":\"1.1\"}}");
    out
}
