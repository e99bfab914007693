//! Entity tags (RFC 9110, sections 8.8.3 and 13). A tag holds the version of the resource, and a
//! hash of the parameters that shape the answer. A write compares the version only, because a
//! client may have read the resource in any shape.

use apportion_jsonapi::{Code, Query};
use apportion_store::Field;

use crate::failure::{Failure, Result};

/// Returns the strong tag of a version, as this query shows it.
pub(crate) fn tag(version: i64, query: &Query<Field>) -> String {
    let mut shape = crc32fast::Hasher::new();
    let shaping = |name: &str| name == "include" || name.starts_with("fields[");
    for (name, value) in query.parameters.iter().filter(|(name, _)| shaping(name)) {
        for part in [name.as_str(), "=", value.as_str(), "&"] {
            shape.update(part.as_bytes());
        }
    }
    format!("\"{version}-{:08x}\"", shape.finalize())
}

/// Whether a header `If-None-Match` lists this tag. Tags are compared weakly there (RFC 9110,
/// section 13.1.2).
pub(crate) fn lists(header: &str, tag: &str) -> bool {
    list(header).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The versions of a row that a write applies to, from the header `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Any version: the row must only exist.
    Any,
    /// One of these.
    Versions(Vec<i64>),
}

impl Expected {
    /// Parses the header. Weak tags, and tags of another form than ours, match no version.
    pub(crate) fn parse(header: &str) -> Self {
        if list(header).any(|tag| tag == "*") {
            return Self::Any;
        }
        let version = |tag: &str| tag.strip_prefix('"')?.split_once('-')?.0.parse().ok();
        Self::Versions(list(header).filter_map(version).collect())
    }

    /// Refuses a write of a row in another version.
    pub(crate) fn check(&self, version: i64) -> Result<()> {
        match self {
            Self::Versions(known) if !known.contains(&version) => {
                let detail = "The record has another version than If-Match names; read it again";
                Err(Failure::refusal(Code::PreconditionFailed, detail))
            }
            _ => Ok(()),
        }
    }
}

fn list(header: &str) -> impl Iterator<Item = &str> {
    header.split(',').map(str::trim)
}
