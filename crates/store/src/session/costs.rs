//! The costs of a piece of work. They are counted before they are spent, so that work that is too
//! dear is refused at once.

use crate::error::{Cost, Error, Result};

/// The most that a piece of work may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The most rows that it rewrites because of changes of others.
    pub rewritten: usize,
    /// The most comparisons of texts by the filter of a list: those of a row, times the rows.
    pub comparisons: usize,
    /// The most bytes of long texts that an answer includes besides those of a few rows.
    pub text: usize,
}

impl Costs {
    /// The usual ones. The comparisons take about three seconds, the other two less.
    pub const USUAL: Self =
        Self { rewritten: 10_000, comparisons: 5_000_000, text: 16 * 1024 * 1024 };
}

/// The costs of a piece of work so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) rewritten: usize,
    /// The bytes of long texts; `None` as long as nobody counts them.
    pub(super) text: Option<usize>,
}

impl Spent {
    /// Counts rows that are about to be rewritten.
    ///
    /// # Errors
    ///
    /// [`Error::TooMany`] if there are too many.
    pub(super) fn rewrite(&mut self, rows: usize, most: &Costs) -> Result<()> {
        self.rewritten = self.rewritten.saturating_add(rows);
        check(Cost::Rewritten, self.rewritten, most.rewritten)
    }

    /// Counts bytes of long texts that are about to be loaded.
    ///
    /// # Errors
    ///
    /// [`Error::TooMany`] if there are too many.
    pub(super) fn load(&mut self, bytes: usize, most: &Costs) -> Result<()> {
        let text = self.text.unwrap_or(0).saturating_add(bytes);
        self.text = Some(text);
        check(Cost::Text, text, most.text)
    }
}

/// Succeeds unless a cost is above its limit.
///
/// # Errors
///
/// [`Error::TooMany`] if it is.
pub(crate) fn check(cost: Cost, count: usize, most: usize) -> Result<()> {
    if count > most { Err(Error::TooMany { cost, count, most }) } else { Ok(()) }
}
