//! Database URLs. The scheme alone decides which database a URL means, never a try, so that a
//! mistyped URL cannot become a new SQLite file of that name.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The address of a database.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file, which the first migration creates.
    Sqlite(PathBuf),
    /// A libpq connection URL.
    Postgres(String),
}

/// A URL that names no database this program can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The scheme is another one, or it is missing.
    #[error("'{0}' is not a database URL: write sqlite://FILE or postgres://USER@HOST/NAME")]
    Scheme(String),
    /// The URL is one of SQLite that names no file.
    #[error("'{0}' names no file: write sqlite://apportion.db or sqlite:///var/lib/apportion.db")]
    Path(String),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Address::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some("") => Err(AddressError::Path(url.to_owned())),
            // SQLite takes these names for something other than a file.
            Some(path)
                if path.starts_with(':')
                    || path.starts_with("file:")
                    || path.contains(['?', '\0']) =>
            {
                Err(AddressError::Path(url.to_owned()))
            }
            Some(path) => Ok(Address::Sqlite(PathBuf::from(path))),
            None => Err(AddressError::Scheme(without_user(url))),
        }
    }
}

/// Returns a URL without the user and the password, even if it is not well-formed.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        (None, Some((_, place))) => place.to_owned(),
        (_, None) => url.to_owned(),
    }
}

impl Address {
    /// Returns the file of a SQLite database, `None` for PostgreSQL.
    pub fn path(&self) -> Option<&Path> {
        if let Address::Sqlite(path) = self { Some(path) } else { None }
    }
}

/// Writes the address without the user and the password.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Address::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Address::Postgres(url) => {
                let place = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
                write!(f, "postgres://{}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
