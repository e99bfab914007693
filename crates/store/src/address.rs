//! Database URLs. The scheme alone decides which database a URL means, never a try, so that a
//! mistyped URL cannot become a new SQLite file of that name. No message shows a password, however
//! the URL is broken. Not here: connections.

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

/// A URL that names no database this program can use. It repeats nothing of the URL but its scheme:
/// wherever a URL is broken, its password may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The scheme is another one.
    #[error("'{0}' is not the scheme of a database that is known: write {KNOWN}")]
    Scheme(String),
    /// There is no scheme.
    #[error("the URL of the database has no scheme: write {KNOWN}")]
    NoScheme,
    /// The URL is one of SQLite that names no file.
    #[error(
        "the URL of the database names no file: write sqlite://apportion.db or \
         sqlite:///var/lib/apportion.db"
    )]
    Path,
    /// The URL is one of PostgreSQL that cannot be read.
    #[error("the URL of the database cannot be read: {0}")]
    Unreadable(&'static str),
}

/// The URLs that are known.
const KNOWN: &str = "sqlite://FILE or postgres://USER@HOST/NAME";

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Parts::of(url)?;
            return Ok(Address::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if is_file(path) => Ok(Address::Sqlite(PathBuf::from(path))),
            Some(_) => Err(AddressError::Path),
            None => Err(scheme(url).map_or(AddressError::NoScheme, AddressError::Scheme)),
        }
    }
}

/// Whether SQLite takes this name for a file, and nobody meant a server by it.
fn is_file(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let is_server = path.contains("://") || (first.contains(':') && path.contains('@'));
    let is_special = path.starts_with(':') || path.starts_with("file:");
    !path.is_empty() && !is_special && !is_server && !path.contains(['?', '\0'])
}

/// Returns the scheme of a URL, if it has one.
fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once("://")?;
    let is_one = !scheme.is_empty() && scheme.chars().all(|letter| letter.is_ascii_alphabetic());
    is_one.then(|| scheme.to_owned())
}

/// The parts of a URL of PostgreSQL, divided where libpq divides it. What libpq would take but may
/// be part of a password that was not escaped is refused, so that the place can be shown.
struct Parts<'u> {
    /// The hosts and the name of the database, which may be shown.
    place: &'u str,
    /// The parameters, `None` without a question mark.
    query: Option<&'u str>,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Result<Self, AddressError> {
        let unreadable = |why| Err(AddressError::Unreadable(why));
        let (_, rest) = url.split_once("://").ok_or(AddressError::NoScheme)?;
        if rest.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
            return unreadable("it has a space or a control character; write a space as %20");
        }
        if !is_escaped(rest) {
            return unreadable("two hexadecimal digits follow each '%'; write '%' itself as %25");
        }
        let behind = match rest.split_once('@') {
            Some((user, behind)) if !user.contains('/') => behind,
            _ => rest,
        };
        let (place, query) = match behind.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (behind, None),
        };
        let (hosts, name) = place.split_once('/').unwrap_or((place, ""));
        // A user with parameters is a host with a parameter that holds an '@'.
        let user = rest.strip_suffix(behind).unwrap_or_default();
        let is_user = user.split_once('?').is_none_or(|(_, query)| !query.contains('='));
        if !is_user || !hosts.split(',').all(is_host) || name.contains(['@', '/']) {
            return unreadable(
                "no HOST:PORT/NAME follows the user; in a user, a password and a name write '@' \
                 as %40, '/' as %2F, ':' as %3A, '?' as %3F and '#' as %23",
            );
        }
        if !query.unwrap_or_default().split('&').all(is_parameter) {
            return unreadable(
                "its parameters are not NAME=VALUE, joined by '&'; write '@' as %40, '=' as %3D \
                 and '&' as %26",
            );
        }
        Ok(Self { place, query })
    }
}

/// Whether each `%` stands before two hexadecimal digits.
fn is_escaped(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let code: Vec<u8> = rest.bytes().take(2).collect();
        code.len() == 2 && code.iter().all(u8::is_ascii_hexdigit)
    })
}

/// Whether this is a host, perhaps with a port: a name, an address of IPv4, or one of IPv6 in
/// brackets. A directory with a socket has its `/` escaped. No host means the local one.
fn is_host(text: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || "-._%".contains(letter);
    let (is_good, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) => {
                let is_host = !host.is_empty() && host.chars().all(|it| plain(it) || it == ':');
                (is_host && (port.is_empty() || port.starts_with(':')), port)
            }
            None => (false, ""),
        },
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (host.chars().all(plain), port)
        }
    };
    is_good && port.chars().skip(1).all(|digit| digit.is_ascii_digit())
}

/// Whether this is a parameter, or nothing.
fn is_parameter(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else { return text.is_empty() };
    let is_name = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name && !name.is_empty() && !value.contains(['=', '@'])
}

/// Returns a URL of PostgreSQL with a parameter, unless it has that parameter already.
pub(crate) fn with_default(url: &str, name: &str, value: &str) -> Result<String, AddressError> {
    let query = Parts::of(url)?.query;
    let mut names = query.unwrap_or_default().split('&').filter_map(|it| it.split_once('='));
    Ok(match query {
        _ if names.any(|(given, _)| given == name) => url.to_owned(),
        None => format!("{url}?{name}={value}"),
        Some(query) if query.is_empty() || query.ends_with('&') => format!("{url}{name}={value}"),
        Some(_) => format!("{url}&{name}={value}"),
    })
}

/// Returns a message of libpq without what it quotes of a URL. What it says of a connection quotes
/// only the place, which may be shown.
pub(crate) fn discreet(message: &str) -> String {
    const OF_CONNECTIONS: [&str; 2] = ["connection to server", "could not translate host name"];
    if OF_CONNECTIONS.iter().any(|beginning| message.starts_with(beginning)) {
        return message.to_owned();
    }
    match (message.split_once('"'), message.rsplit_once('"')) {
        (Some((before, _)), Some((_, after))) => format!("{before}\"...\"{after}"),
        _ => message.to_owned(),
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
                write!(f, "postgres://{}", Parts::of(url).map_or("", |parts| parts.place))
            }
        }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}
