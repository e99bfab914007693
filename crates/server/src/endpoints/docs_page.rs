//! The documentation page at `/docs`. Its files are part of the program, so that it works without
//! the internet. docs/decisions/0009-docs-page.md says where they come from.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY};

use crate::http::reply::Reply;

/// The content security policy: it allows no source but this server, and no inline script or style.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of the page.
#[derive(Clone, Copy)]
pub(crate) struct Asset {
    body: &'static [u8],
    media_type: &'static str,
    is_gzipped: bool,
}

macro_rules! asset {
    ($file:literal, $media_type:expr) => {
        Asset {
            body: include_bytes!(concat!("../../assets/docs/", $file)),
            media_type: $media_type,
            is_gzipped: false,
        }
    };
    (gzip $file:literal, $media_type:expr) => {
        Asset { is_gzipped: true, ..asset!($file, $media_type) }
    };
}

impl Asset {
    /// Finds a file by what follows `/docs` in its address.
    pub(crate) fn find(name: &str) -> Option<Self> {
        match name {
            "" | "/index.html" => Some(asset!("index.html", HTML)),
            "/docs.js" => Some(asset!("docs.js", SCRIPT)),
            "/docs.css" => Some(asset!("docs.css", STYLE)),
            "/swagger-ui-bundle.js" => Some(asset!(gzip "swagger-ui-bundle.js.gz", SCRIPT)),
            "/swagger-ui.css" => Some(asset!(gzip "swagger-ui.css.gz", STYLE)),
            "/swagger-ui-bundle.js.LICENSE.txt" => {
                Some(asset!("swagger-ui-bundle.js.LICENSE.txt", TEXT))
            }
            _ => None,
        }
    }

    /// Makes an answer with the file, for a service behind this prefix. The page alone has
    /// addresses, each at the beginning of an attribute.
    pub(crate) fn reply(self, prefix: &str) -> Reply {
        let reply = match std::str::from_utf8(self.body) {
            Ok(page) if self.media_type == HTML && !prefix.is_empty() => {
                let start = format!("=\"{}/", prefix.replace('&', "&amp;"));
                Reply::plain(page.replace("=\"/", &start), HTML)
            }
            _ => Reply::plain(self.body, self.media_type),
        };
        let reply = reply.with_header(CONTENT_SECURITY_POLICY, POLICY);
        if self.is_gzipped { reply.with_header(CONTENT_ENCODING, "gzip") } else { reply }
    }
}
