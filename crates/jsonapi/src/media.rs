//! Content negotiation (JSON:API 1.1, "Content Negotiation"; RFC 9110, section 12.5.1).

use crate::error::{Code, Error, Source};
use crate::text::cut;

/// The media type of JSON:API documents.
pub const MEDIA_TYPE: &str = "application/vnd.api+json";
/// The media type of other JSON.
pub const PLAIN: &str = "application/json";

/// Checks the `Content-Type` of a request that has a JSON:API document as its body. An endpoint
/// that serves an extension requires it.
pub fn check_content_type(header: Option<&str>, extension: Option<&str>) -> Result<(), Error> {
    let refuse = |what: String| {
        Err(Error::new(Code::UnsupportedMediaType, what).at(Source::Header("Content-Type")))
    };
    let Some(header) = header else {
        return refuse(format!("A request with a body must have the Content-Type {MEDIA_TYPE}"));
    };
    let types = parse(header);
    let [media] = types.as_slice() else {
        return refuse(format!("The Content-Type must be {MEDIA_TYPE}, not '{}'", cut(header)));
    };
    if media.name != MEDIA_TYPE {
        return refuse(format!(
            "The Content-Type must be {MEDIA_TYPE}, not '{}'",
            cut(&media.name)
        ));
    }
    let foreign = media.parameters.iter().find(|parameter| !is_served(parameter, extension));
    if let Some((name, value)) = foreign {
        let (name, value) = (cut(name), cut(value));
        return refuse(format!("The Content-Type must not have the parameter {name}=\"{value}\""));
    }
    match extension.filter(|extension| !media.extensions().any(|uri| uri == *extension)) {
        Some(extension) => {
            refuse(format!("The Content-Type must be {MEDIA_TYPE}; ext=\"{extension}\""))
        }
        None => Ok(()),
    }
}

/// Checks the `Content-Type` of a request that has other JSON as its body.
pub fn check_plain_content_type(header: Option<&str>) -> Result<(), Error> {
    let types = parse(header.unwrap_or_default());
    let is_utf8 = |(name, value): &(String, String)| {
        name == "charset" && ["utf-8", "utf8"].iter().any(|it| value.eq_ignore_ascii_case(it))
    };
    match types.as_slice() {
        [media] if media.name == PLAIN && media.parameters.iter().all(is_utf8) => Ok(()),
        _ => {
            let detail = match header {
                Some(header) => format!("The Content-Type must be {PLAIN}, not '{}'", cut(header)),
                None => format!("A request with a body must have the Content-Type {PLAIN}"),
            };
            let source = Source::Header("Content-Type");
            Err(Error::new(Code::UnsupportedMediaType, detail).at(source))
        }
    }
}

/// Checks that `Accept` allows JSON:API as this endpoint serves it. `others` are the media types
/// that it serves besides.
pub fn check_accept(
    header: Option<&str>,
    extension: Option<&str>,
    others: &[&str],
) -> Result<(), Error> {
    let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return Ok(()) };
    let types = parse(header);
    // A media range that names JSON:API takes precedence over wildcards, as RFC 9110 has it.
    let (own, rest): (Vec<_>, Vec<_>) = types.iter().partition(|media| media.name == MEDIA_TYPE);
    let wild = |media: &&MediaType| matches!(media.name.as_str(), "*/*" | "application/*");
    let wild = rest.iter().any(|media| wild(media) && !media.refused);
    let served = own
        .iter()
        .any(|media| !media.refused && media.parameters.iter().all(|it| is_served(it, extension)));
    if served || (own.is_empty() && wild) {
        return Ok(());
    }
    let own = match extension {
        None => format!("{MEDIA_TYPE} without extensions"),
        Some(uri) => format!("{MEDIA_TYPE}; ext=\"{uri}\""),
    };
    let served: Vec<&str> = [own.as_str()].into_iter().chain(others.iter().copied()).collect();
    let detail = format!("Accept must allow {}, not '{}'", served.join(" or "), cut(header));
    Err(Error::new(Code::NotAcceptable, detail).at(Source::Header("Accept")))
}

/// Finds the position of the media type among `others` that `Accept` lists before JSON:API. Returns
/// `None` if JSON:API comes first.
pub fn find_preferred(header: Option<&str>, others: &[&str]) -> Option<usize> {
    let types = parse(header?);
    let wild = |media: &MediaType| matches!(media.name.as_str(), "*/*" | "application/*");
    let mut known = types.iter().filter(|media| !media.refused).filter_map(|media| {
        let own = media.name == MEDIA_TYPE || wild(media);
        let other = others.iter().position(|name| media.name == *name);
        (own || other.is_some()).then_some(other)
    });
    known.next().flatten()
}

/// Whether `Accept` names that profile.
pub fn accepts_profile(header: Option<&str>, profile: &str) -> bool {
    let named = |media: &MediaType| {
        let own = media.name == MEDIA_TYPE && !media.refused;
        own && media.parameters.iter().any(|(name, value)| {
            name == "profile" && value.split_ascii_whitespace().any(|uri| uri == profile)
        })
    };
    header.is_some_and(|header| parse(header).iter().any(named))
}

/// Whether a parameter of the media type is supported. Every `profile` is; of `ext`, the endpoint's
/// own extension is, and so is the old `bulk`, which changes nothing.
fn is_served((name, value): &(String, String), extension: Option<&str>) -> bool {
    match name.as_str() {
        "profile" => true,
        "ext" => value.split_ascii_whitespace().all(|uri| uri == "bulk" || Some(uri) == extension),
        _ => false,
    }
}

/// An element of a list of media types.
struct MediaType {
    name: String,
    parameters: Vec<(String, String)>,
    /// Whether the client refuses it with `q=0`.
    refused: bool,
}

impl MediaType {
    fn extensions(&self) -> impl Iterator<Item = &str> {
        let ext = self.parameters.iter().filter(|(name, _)| name == "ext");
        ext.flat_map(|(_, value)| value.split_ascii_whitespace())
    }
}

fn parse(header: &str) -> Vec<MediaType> {
    let media = |element: &str| {
        let mut pieces = split(element, ';').into_iter();
        let name = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut media = MediaType { name, parameters: Vec::new(), refused: false };
        for piece in pieces {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), unquote(value.trim()));
            match name.as_str() {
                "" => {}
                // Parameters after `q` do not belong to the media type.
                "q" => {
                    media.refused = !value.is_empty() && value.bytes().all(|b| b"0.".contains(&b));
                    break;
                }
                _ => media.parameters.push((name, value)),
            }
        }
        media
    };
    split(header, ',').into_iter().filter(|part| !part.trim().is_empty()).map(media).collect()
}

/// Splits at a separator outside quoted strings.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            other => return other == separator && !quoted,
        }
        false
    })
    .collect()
}

/// Returns the value of a token or a quoted string.
fn unquote(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"') else { return value.to_owned() };
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    let mut plain = String::with_capacity(inside.len());
    let mut escaped = false;
    for character in inside.chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(character);
            escaped = false;
        }
    }
    plain
}
