//! Pagination links of a collection: absolute, every other query parameter kept, brackets
//! percent-encoded (JSON:API 1.1, "Pagination" and "Query Parameters").

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::text::push_str;

/// What stays readable in a query: the unreserved characters of RFC 3986, and commas.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// The address of a collection and of its pages.
#[derive(Clone, Debug)]
pub struct Links {
    /// Scheme, authority and path.
    pub address: String,
    /// The decoded query of the request, without its page.
    pub parameters: Vec<(String, String)>,
}

impl Links {
    /// The address of a page.
    pub fn page(&self, number: i64, size: i64) -> String {
        let mut url = self.query();
        url.push(if url.len() == self.address.len() { '?' } else { '&' });
        url.push_str(&format!("page%5Bnumber%5D={number}&page%5Bsize%5D={size}"));
        url
    }

    /// The address with the query but without a page.
    pub fn query(&self) -> String {
        let mut url = self.address.clone();
        for (at, (name, value)) in self.parameters.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url.extend(utf8_percent_encode(name, KEPT));
            url.push('=');
            url.extend(utf8_percent_encode(value, KEPT));
        }
        url
    }

    /// `self`, `first`, `last`, `prev` and `next` of a page, as members of an object.
    pub(super) fn write(&self, out: &mut Vec<u8>, number: i64, size: i64, last: i64) {
        let previous = (number > 1).then(|| number.saturating_sub(1).min(last));
        let next = (number < last).then(|| number.saturating_add(1));
        let pages = [
            ("\"self\":", Some(number)),
            (",\"first\":", Some(1)),
            (",\"last\":", Some(last)),
            (",\"prev\":", previous),
            (",\"next\":", next),
        ];
        for (member, page) in pages {
            out.extend_from_slice(member.as_bytes());
            match page {
                Some(page) => push_str(out, &self.page(page, size)),
                None => out.extend_from_slice(b"null"),
            }
        }
    }
}
