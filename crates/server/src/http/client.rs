//! The address of the client that sent a request: that of the peer, or what a trusted proxy says
//! that it was. Not here: what the address is good for (`access::rates`, the access log).

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies whose word about their clients is taken.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(Vec<IpAddr>);

impl Proxies {
    /// Makes the list from addresses of proxies; without any, no header is read.
    pub(crate) fn new(trusted: &[IpAddr]) -> Self {
        Self(trusted.iter().map(IpAddr::to_canonical).collect())
    }

    /// Returns the address of the client. If the peer is a trusted proxy, this is the last address
    /// in `Forwarded` (RFC 7239), or else in `X-Forwarded-For`, that belongs to no trusted proxy:
    /// each proxy adds the address of its own peer at the end, so that what comes before is only
    /// what that peer says. An entry that is no address ends the search at the proxy that wrote it.
    pub(crate) fn client(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        if !self.0.contains(&peer) {
            return Some(peer);
        }
        let named = match list(request, &FORWARDED) {
            Some(elements) => elements.iter().map(|it| forwarded_for(it)).collect(),
            None => list(request, &X_FORWARDED_FOR).unwrap_or_default(),
        };
        let mut client = peer;
        for address in named.iter().rev() {
            let Some(address) = parse(address) else { break };
            client = address;
            if !self.0.contains(&client) {
                break;
            }
        }
        Some(client)
    }
}

/// Returns the elements of a header that is a list, of all its lines in order. `None` if the
/// request does not have it.
fn list(request: &HttpRequest, name: &HeaderName) -> Option<Vec<String>> {
    let mut lines = request.headers().get_all(name).peekable();
    lines.peek()?;
    let elements = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
    Some(elements.map(|element| element.trim().to_owned()).collect())
}

/// Returns the parameter `for` of an element of `Forwarded`, without quotes.
fn forwarded_for(element: &str) -> String {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let value = named.map(|(_, value)| value.trim()).next().unwrap_or_default();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    unquoted.unwrap_or(value).to_owned()
}

/// Parses an address, with a port or without, in brackets or without.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok();
    let address = address.or_else(|| text.parse().ok().map(|at: SocketAddr| at.ip()));
    address.map(|address| address.to_canonical())
}
