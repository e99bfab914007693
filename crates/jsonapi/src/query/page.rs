//! The part of a list: a page by its number, or a walk by cursors (the cursor-pagination profile,
//! <https://jsonapi.org/profiles/ethanresnick/cursor-pagination>).

use super::cursor::Cursor;
use super::parameter::Parameter;
use crate::error::{Code, Error, ProfileError};
use crate::text::cut;

/// The address of the profile of cursor pages.
pub const CURSOR_PROFILE: &str = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination";

/// The parameters that select a page.
const PARAMETERS: [&str; 4] = ["page[number]", "page[size]", "page[after]", "page[before]"];

/// The part of a list that is requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// A page by its number.
    Numbered(NumberedPage),
    /// A page by the item before or after it.
    Walk(Walk),
}

/// A page by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedPage {
    /// The number, from 1.
    pub number: i64,
    /// The largest number of items on the page.
    pub size: i64,
}

/// A page by the item before or after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The largest number of items on the page.
    pub size: i64,
    /// Whether the page ends before the cursor, rather than beginning after it.
    pub backwards: bool,
    /// The item next to the page; `None` if the walk begins at an end of the list.
    pub from: Option<Cursor>,
}

impl Page {
    /// The size of a page if the query does not give one.
    pub const DEFAULT_SIZE: i64 = 30;
    /// The largest size of a page. A larger one is an error, and not reduced.
    pub const MAX_SIZE: i64 = 200;

    /// Returns the largest number of items on the page.
    pub fn size(&self) -> i64 {
        match self {
            Page::Numbered(page) => page.size,
            Page::Walk(walk) => walk.size,
        }
    }
}

impl NumberedPage {
    /// Counts the items before this page.
    pub fn offset(self) -> i64 {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }

    /// Returns the number of the last page of a list of `total` items. An empty list has one page.
    pub fn last(self, total: i64) -> i64 {
        let full = total.saturating_sub(1).checked_div(self.size).unwrap_or(0);
        full.saturating_add(1).max(1)
    }
}

/// Reads the page. If `walks`, a list without a page is walked by cursors; `binding` identifies the
/// list that cursors must belong to.
pub(super) fn parse(
    pairs: &[&Parameter],
    walks: bool,
    binding: &str,
    errors: &mut Vec<Error>,
) -> Page {
    let (mut number, mut size, mut after, mut before) = (None, None, None, None);
    for pair in pairs {
        let slot = match pair.keys.as_deref().and_then(<[String]>::first).map(String::as_str) {
            Some("number") => &mut number,
            Some("size") => &mut size,
            Some("after") => &mut after,
            Some("before") => &mut before,
            _ => {
                errors.push(pair.unsupported(PARAMETERS));
                continue;
            }
        };
        *slot = Some(*pair);
    }
    let cursored = after.or(before).is_some() || (walks && number.is_none());
    let size = size.and_then(|pair| read_size(pair, cursored, errors));
    let size = size.unwrap_or(Page::DEFAULT_SIZE);
    if !cursored {
        return Page::Numbered(read_number(number, size, errors));
    }
    for pair in number.into_iter().chain(after.and(before)) {
        let cursor = if after.is_some() { "page[after]" } else { "page[before]" };
        let detail = format!("'{}' cannot be combined with '{cursor}'; give one", pair.name);
        let error = Error::parameter(Code::KeysetConflict, &pair.name, detail);
        let both = after.is_some() && before.is_some() && number.is_none();
        errors.push(if both {
            error.with_profile(ProfileError::new(CURSOR_PROFILE, "range-pagination-not-supported"))
        } else {
            error
        });
    }
    let from = after.or(before).filter(|pair| !pair.value.is_empty()).and_then(|pair| {
        let cursor = Cursor::read(&pair.value, binding);
        if cursor.is_none() {
            let detail = format!(
                "'{}' must be a cursor of this list with the same filters and sort, not '{}'",
                pair.name,
                cut(&pair.value)
            );
            errors.push(Error::parameter(Code::KeysetInvalidCursor, &pair.name, detail));
        }
        cursor
    });
    Page::Walk(Walk { size, backwards: before.is_some(), from })
}

fn read_size(pair: &Parameter, cursored: bool, errors: &mut Vec<Error>) -> Option<i64> {
    let size = digits(&pair.value);
    // A number of digits alone may exceed the largest size by exceeding 64 bits.
    let beyond = size.is_some() || is_plain(&pair.value) && pair.value.parse::<i64>().is_err();
    if size.is_none_or(|size| size > Page::MAX_SIZE) {
        let error = fault(pair, &format!("must be from 1 to {}", Page::MAX_SIZE));
        errors.push(if cursored && beyond {
            error.with_profile(ProfileError {
                max_size: Some(Page::MAX_SIZE),
                ..ProfileError::new(CURSOR_PROFILE, "max-size-exceeded")
            })
        } else {
            error
        });
        return None;
    }
    size
}

fn read_number(pair: Option<&Parameter>, size: i64, errors: &mut Vec<Error>) -> NumberedPage {
    let Some(pair) = pair else { return NumberedPage { number: 1, size } };
    match digits(&pair.value) {
        Some(number) if number.checked_mul(size).is_some() => NumberedPage { number, size },
        Some(_) => {
            let most = i64::MAX.checked_div(size).unwrap_or(i64::MAX);
            let what = format!("must be at most {most} with {size} items a page");
            errors.push(fault(pair, &what));
            NumberedPage { number: 1, size }
        }
        None => {
            errors.push(fault(pair, "must be from 1 to 9223372036854775807"));
            NumberedPage { number: 1, size }
        }
    }
}

/// Parses a positive number that consists of digits alone.
fn digits(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| is_plain(text) && *number > 0)
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn fault(pair: &Parameter, what: &str) -> Error {
    let value = cut(&pair.value);
    let detail = format!("'{}' {what}, not '{value}'", pair.name);
    Error::parameter(Code::InvalidPage, &pair.name, detail)
}
