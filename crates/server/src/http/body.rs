//! The body of a request, checked for its media type, coding, size and time; and header fields that
//! may be given in several lines.

use std::time::Duration;

use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, TRANSFER_ENCODING,
};
use actix_web::{HttpRequest, web};
use apportion_jsonapi::text::cut;
use apportion_jsonapi::{Code, media};

use crate::failure::{Failure, Result};

/// The format that an endpoint takes bodies in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyFormat<'e> {
    /// A JSON:API document, of the extension with this URI if there is one.
    Document(Option<&'e str>),
    /// JSON that is no JSON:API document.
    Plain,
}

/// Reads the body of a request. Refuses one of more than `most` bytes, one that takes longer than
/// `time`, and one of another format or with a content coding.
pub(crate) async fn read_body(
    request: &HttpRequest,
    payload: web::Payload,
    format: BodyFormat<'_>,
    (most, time): (usize, Duration),
) -> Result<web::Bytes> {
    let large = || {
        let detail = format!("The body is too large: at most {most} bytes are accepted");
        Failure::refusal(Code::TooLarge, detail)
    };
    let length = header(request, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| usize::try_from(length).is_ok_and(|n| n > most)) {
        return Err(large());
    }
    let codings = joined(request, &CONTENT_ENCODING);
    if let Some(coding) = codings.filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        let detail = format!(
            "The content coding '{}' is not supported; send the body without Content-Encoding",
            cut(&coding)
        );
        return Err(Failure::refusal(Code::UnsupportedMediaType, detail));
    }
    // A request without a body needs no Content-Type.
    if length.unwrap_or(0) == 0 && header(request, &TRANSFER_ENCODING).is_none() {
        return Ok(web::Bytes::new());
    }
    let media_type = joined(request, &CONTENT_TYPE);
    match format {
        BodyFormat::Document(extension) => {
            media::check_content_type(media_type.as_deref(), extension)?
        }
        BodyFormat::Plain => media::check_plain_content_type(media_type.as_deref())?,
    }
    match tokio::time::timeout(time, payload.to_bytes_limited(most)).await {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => {
            let detail = "The body could not be read to its end; send it again";
            Err(Failure::refusal(Code::BadDocument, detail))
        }
        Ok(Err(_)) => Err(large()),
        Err(_) => {
            let seconds = time.as_secs_f64();
            let detail = format!("The body took too long: it must arrive within {seconds} s");
            Err(Failure::refusal(Code::RequestTimeout, detail))
        }
    }
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
}

/// Joins all fields of that name into one list (RFC 9110, section 5.3). Returns `None` if the
/// request has no such field.
pub(crate) fn joined(request: &HttpRequest, name: &HeaderName) -> Option<String> {
    let values = request.headers().get_all(name).map(|value| value.to_str().unwrap_or("\u{fffd}"));
    values.map(str::to_owned).reduce(|list, value| list + ", " + &value)
}
