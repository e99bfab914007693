//! The end of a page of a collection: its links and its meta. Links are absolute, repeat every
//! other query parameter, and percent-encode brackets (JSON:API 1.1, "Pagination" and "Query
//! Parameters").

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::media::MEDIA_TYPE;
use crate::query::{CURSOR_PROFILE, Cursor, NumberedPage, Page, Walk};
use crate::text::{push_field, push_integer, push_str};

/// The characters that stay readable in a query: the unreserved ones of RFC 3986, and commas.
const KEPT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// The address of a collection and of its pages.
#[derive(Clone, Debug)]
pub struct Links {
    /// The scheme, authority and path.
    pub address: String,
    /// The decoded query of the request, without its page.
    pub parameters: Vec<(String, String)>,
}

/// The page that a walk by cursors found.
#[derive(Clone, Debug, Default)]
pub struct WalkPage {
    /// The sort keys of each item of the page.
    pub keys: Vec<String>,
    /// Whether there are more items in the direction of the walk.
    pub more: bool,
}

/// The links and the meta of a page.
#[derive(Clone, Debug)]
pub struct PageEnd {
    links: Vec<(&'static str, Option<String>)>,
    meta: Vec<(&'static str, i64)>,
    profile: Option<&'static str>,
    cursors: Vec<String>,
    more: Option<(&'static str, String)>,
}

impl Links {
    /// Returns the address with the query, but without a page.
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

    /// Returns the address of the page that these parameters select.
    fn page(&self, parameters: &str) -> String {
        let mut url = self.query();
        url.push(if url.len() == self.address.len() { '?' } else { '&' });
        url.push_str(parameters);
        url
    }
}

impl PageEnd {
    /// Creates the end of a numbered page of a list of `total` items.
    pub fn numbered(links: &Links, page: NumberedPage, total: i64) -> Self {
        let NumberedPage { number, size } = page;
        let last = page.last(total);
        let at =
            |number: i64| links.page(&format!("page%5Bnumber%5D={number}&page%5Bsize%5D={size}"));
        let previous = (number > 1).then(|| at(number.saturating_sub(1).min(last)));
        let next = (number < last).then(|| at(number.saturating_add(1)));
        Self {
            links: vec![
                ("self", Some(at(number))),
                ("first", Some(at(1))),
                ("last", Some(at(last))),
                ("prev", previous),
                ("next", next),
            ],
            meta: vec![
                ("current_page", number),
                ("total_pages", last),
                ("total_count", total),
                ("page_size", size),
                ("max_page_size", Page::MAX_SIZE),
            ],
            profile: None,
            cursors: Vec::new(),
            more: None,
        }
    }

    /// Creates the end of a page of a walk. It links back to where the walk came from without
    /// looking whether there still are items, since that would take another query.
    pub fn walked(links: &Links, walk: &Walk, walked: &WalkPage, binding: &str) -> Self {
        let size = walk.size;
        let at = |side: &str, cursor: &str| {
            links.page(&format!("page%5B{side}%5D={cursor}&page%5Bsize%5D={size}"))
        };
        let from = walk.from.as_ref().map(|from| Cursor::write(&from.keys, binding));
        let here =
            at(if walk.backwards { "before" } else { "after" }, from.as_deref().unwrap_or(""));
        let cursors: Vec<String> =
            walked.keys.iter().map(|keys| Cursor::write(keys, binding)).collect();
        let (first, last) = (cursors.first(), cursors.last());
        let (more, began) = (walked.more, walk.from.is_none());
        let prev = first.filter(|_| if walk.backwards { more } else { !began });
        let next = last.filter(|_| if walk.backwards { !began } else { more });
        Self {
            links: vec![
                ("self", Some(here)),
                ("first", Some(at("after", ""))),
                ("prev", prev.map(|cursor| at("before", cursor))),
                ("next", next.map(|cursor| at("after", cursor))),
            ],
            meta: vec![("page_size", size), ("max_page_size", Page::MAX_SIZE)],
            profile: Some(CURSOR_PROFILE),
            cursors,
            more: None,
        }
    }

    /// Adds a link.
    pub fn with_link(mut self, name: &'static str, address: String) -> Self {
        self.links.push((name, Some(address)));
        self
    }

    /// Adds a member to meta, given as JSON text.
    pub fn with_meta(self, name: &'static str, json: String) -> Self {
        Self { more: Some((name, json)), ..self }
    }

    /// Returns the profile that the page follows.
    pub fn profile(&self) -> Option<&'static str> {
        self.profile
    }

    /// Returns the cursor of an item, if the page is one of a walk.
    pub(super) fn cursor(&self, item: usize) -> Option<&str> {
        self.cursors.get(item).map(String::as_str)
    }

    /// Writes links and meta. A page that follows a profile says so in the media type of its own
    /// link (JSON:API 1.1, "Document Links").
    pub(super) fn write(&self, out: &mut Vec<u8>, root: &str) {
        let member = |out: &mut Vec<u8>, at: usize, name: &str| {
            out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
        };
        out.extend_from_slice(b",\"links\":{");
        for (at, (name, link)) in self.links.iter().enumerate() {
            member(out, at, name);
            match link {
                Some(link) => match self.profile.filter(|_| *name == "self") {
                    Some(profile) => {
                        out.extend_from_slice(b"{\"href\":");
                        push_str(out, link);
                        push_field(out, "type", &format!("{MEDIA_TYPE}; profile=\"{profile}\""));
                        out.push(b'}');
                    }
                    None => push_str(out, link),
                },
                None => out.extend_from_slice(b"null"),
            }
        }
        push_description(out, root);
        out.extend_from_slice(b"},\"meta\":{");
        for (at, (name, value)) in self.meta.iter().enumerate() {
            member(out, at, name);
            push_integer(out, *value);
        }
        if let Some((name, json)) = &self.more {
            member(out, self.meta.len(), name);
            out.extend_from_slice(json.as_bytes());
        }
        out.push(b'}');
    }
}

/// Writes the link to the OpenAPI description, which is served under the root.
pub(super) fn push_description(out: &mut Vec<u8>, root: &str) {
    push_field(out, "describedby", &format!("{root}/openapi.json"));
}
