//! `sort=-start_on,id`: declared keys, followed by the id as the tie-break, in the direction of the
//! last key.

use super::parameter::Parameter;
use crate::error::{Code, Error};
use crate::resource::ResourceType;
use crate::text::{alternatives, cut};

/// The largest number of keys that a sort may have.
pub const MAX_SORTS: usize = 5;

/// A key of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort<F> {
    /// The field that is sorted by.
    pub field: F,
    /// Whether high values come first.
    pub descending: bool,
}

pub(super) fn parse<F: Copy + PartialEq>(
    pair: Option<&Parameter>,
    resource: &ResourceType<F>,
    errors: &mut Vec<Error>,
) -> Vec<Sort<F>> {
    let mut sorts: Vec<Sort<F>> = Vec::new();
    let value = pair.map_or("", |pair| pair.value.as_str());
    let keys = value.split(',').filter(|_| !value.is_empty());
    let count = keys.clone().count();
    if count > MAX_SORTS {
        let detail = format!("'sort' may name at most {MAX_SORTS} keys, not {count}");
        errors.push(Error::parameter(Code::UnsupportedSort, "sort", detail));
        return sorts;
    }
    for key in keys {
        let (name, descending) = key.strip_prefix('-').map_or((key, false), |name| (name, true));
        match resource.sorts.iter().find(|sort| sort.name == name) {
            // A later key for the same field has no effect.
            Some(sort) if sorts.iter().any(|earlier| earlier.field == sort.field) => {}
            Some(sort) => sorts.push(Sort { field: sort.field, descending }),
            None => {
                let known = resource.sorts.iter().map(|sort| sort.name.as_str());
                let detail = format!(
                    "Sort '{}' is not supported on this endpoint; {}",
                    cut(name),
                    alternatives(name, known)
                );
                errors.push(Error::parameter(Code::UnsupportedSort, "sort", detail));
            }
        }
    }
    if !sorts.iter().any(|sort| sort.field == resource.id) {
        let descending = sorts.last().is_some_and(|sort| sort.descending);
        sorts.push(Sort { field: resource.id, descending });
    }
    sorts
}
