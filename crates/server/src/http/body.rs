//! What a request carries: its body, of a media type that is served and within its limits, and its
//! header fields as they are meant.

use std::time::Duration;

use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING,
};
use actix_web::{HttpRequest, web};
use apportion_jsonapi::{Code, media};

use crate::failure::{Failure, Result};

/// How large a body may be, in bytes.
pub(crate) const MAX_BODY: usize = 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What a body is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent<'e> {
    /// A document of JSON:API, by that extension.
    Document(Option<&'e str>),
    /// JSON.
    Plain,
}

/// Reads the body, of a media type that is served, within its limits.
pub(crate) async fn read_body(
    request: &HttpRequest,
    payload: web::Payload,
    sent: Sent<'_>,
) -> Result<web::Bytes> {
    let large = || Failure::of(Code::TooLarge, format!("A body has at most {MAX_BODY} bytes"));
    let length = header(request, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|n| n > MAX_BODY)) {
        return Err(large());
    }
    let codings = joined(request, &CONTENT_ENCODING);
    if let Some(coding) = codings.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let detail =
            format!("A body coded as '{}' is not read", apportion_jsonapi::text::cut(&coding));
        return Err(Failure::of(Code::UnsupportedMediaType, detail));
    }
    // Without a body there is nothing that a media type could be of.
    if length.unwrap_or(0) == 0 && header(request, &TRANSFER_ENCODING).is_none() {
        return Ok(web::Bytes::new());
    }
    let media_type = joined(request, &CONTENT_TYPE);
    match sent {
        Sent::Document(by) => media::check_content_type(media_type.as_deref(), by)?,
        Sent::Plain => media::check_plain_content_type(media_type.as_deref())?,
    }
    match tokio::time::timeout(BODY_TIMEOUT, payload.to_bytes_limited(MAX_BODY)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(Failure::of(Code::BadDocument, "The body broke off")),
        Ok(Err(_)) => Err(large()),
        Err(_) => Err(Failure::of(Code::RequestTimeout, "The body took too long to arrive")),
    }
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
}

/// All fields of that name as one list (RFC 9110, section 5.3).
pub(crate) fn joined(request: &HttpRequest, name: &HeaderName) -> Option<String> {
    let values = request.headers().get_all(name).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    values.map(str::to_owned).reduce(|list, value| list + ", " + &value)
}
