//! Page numbers and sizes.

use super::Pair;
use crate::error::{Code, Error};
use crate::value::integer;

/// A page by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: i64,
    /// How many items a page holds.
    pub size: i64,
}

impl Page {
    /// The size where the query does not say.
    pub const DEFAULT_SIZE: i64 = 30;
    /// The largest size; more is refused, not cut.
    pub const MAX_SIZE: i64 = 200;

    /// How many items come before this page.
    pub fn offset(self) -> i64 {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }

    /// The number of the last page of so many items; an empty list has one page.
    pub fn last(self, total: i64) -> i64 {
        let full = total.saturating_sub(1).checked_div(self.size).unwrap_or(0);
        full.saturating_add(1).max(1)
    }
}

pub(super) fn parse(pairs: &[&Pair], errors: &mut Vec<Error>) -> Page {
    let (mut number, mut size) = (None, None);
    for pair in pairs {
        let (slot, max) = match pair.keys.as_deref().and_then(<[String]>::first).map(String::as_str)
        {
            Some("number") => (&mut number, i64::MAX),
            Some("size") => (&mut size, Page::MAX_SIZE),
            _ => {
                errors.push(super::unsupported(pair));
                continue;
            }
        };
        match integer(&pair.value).filter(|value| (1..=max).contains(value)) {
            Some(value) if slot.is_none() => *slot = Some(value),
            Some(_) => errors.push(fault(pair, "is given more than once".to_owned())),
            None if max == i64::MAX => errors.push(fault(pair, "must be 1 or more".to_owned())),
            None => errors.push(fault(pair, format!("must be from 1 to {max}"))),
        }
    }
    let page = Page { number: number.unwrap_or(1), size: size.unwrap_or(Page::DEFAULT_SIZE) };
    if page.number.checked_mul(page.size).is_none()
        && let Some(pair) = pairs.first()
    {
        errors.push(fault(pair, "lies beyond 2^63 items".to_owned()));
    }
    page
}

fn fault(pair: &Pair, what: String) -> Error {
    let value = crate::error::cut(&pair.value);
    let detail = format!("'{}' {what}, not '{value}'", pair.name);
    Error::parameter(Code::InvalidPage, &pair.name, detail)
}
