//! Entity tags (RFC 9110, sections 8.8.3 and 13): which version of a resource an answer shows, and
//! in which shape. A write compares the version only, whatever shape the client saw.

use apportion_jsonapi::{Code, Query};
use apportion_store::Field;

use crate::failure::{Failure, Result};

/// The strong tag of a version, as this query shows it.
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

/// Whether `If-None-Match` names this tag; tags are compared weakly there.
pub(crate) fn names(header: &str, tag: &str) -> bool {
    list(header).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The versions that a write may meet, from `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Any: the row need only exist.
    Any,
    /// One of these.
    Versions(Vec<i64>),
}

impl Expected {
    /// What the header asks for. Weak tags, and those that are not ours, match nothing.
    pub(crate) fn parse(header: &str) -> Self {
        if list(header).any(|tag| tag == "*") {
            return Self::Any;
        }
        let version = |tag: &str| tag.strip_prefix('"')?.split_once('-')?.0.parse().ok();
        Self::Versions(list(header).filter_map(version).collect())
    }

    /// Refuses a write of a row that has changed since.
    pub(crate) fn check(&self, version: i64) -> Result<()> {
        match self {
            Self::Versions(known) if !known.contains(&version) => {
                let detail = "The record has changed since it was read";
                Err(Failure::of(Code::PreconditionFailed, detail))
            }
            _ => Ok(()),
        }
    }
}

fn list(header: &str) -> impl Iterator<Item = &str> {
    header.split(',').map(str::trim)
}
