//! The documentation page at `/docs`: files that are part of the program, so that it works without
//! the internet. docs/decisions/0009-docs-page.md says where they come from.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY};

use crate::http::reply::Reply;

/// Nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! asset {
    ($file:literal) => {
        include_bytes!(concat!("../../assets/docs/", $file))
    };
}

/// A file by what follows `/docs` in its address.
pub(crate) fn asset(name: &str) -> Option<Reply> {
    let plain = |body: &'static [u8], media_type| Some(Reply::plain(body, media_type));
    let packed = |body: &'static [u8], media_type| {
        Some(Reply::plain(body, media_type).with(CONTENT_ENCODING, "gzip"))
    };
    let reply = match name {
        "" | "/index.html" => plain(asset!("index.html"), HTML),
        "/docs.js" => plain(asset!("docs.js"), SCRIPT),
        "/docs.css" => plain(asset!("docs.css"), STYLE),
        "/swagger-ui-bundle.js" => packed(asset!("swagger-ui-bundle.js.gz"), SCRIPT),
        "/swagger-ui.css" => packed(asset!("swagger-ui.css.gz"), STYLE),
        "/swagger-ui-bundle.js.LICENSE.txt" => {
            plain(asset!("swagger-ui-bundle.js.LICENSE.txt"), TEXT)
        }
        _ => None,
    };
    reply.map(|reply| reply.with(CONTENT_SECURITY_POLICY, POLICY))
}
