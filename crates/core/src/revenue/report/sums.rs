//! Sums of slices, which are exact: in 64 bits as long as these are enough, and in 128 bits then.
//!
//! A sum is narrowed to 64 bits when it is shown. If it does not fit then, the error names the
//! figure ([`super::figure`]).

use std::collections::HashMap;

use super::figure::{Figure, Three};
use super::hash::BuildKeyHasher;

/// The sums of some slices, in the deal's currency and in the organization's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slices<T> {
    pub(super) count: i64,
    pub(super) own: Three<T>,
    pub(super) default: Three<T>,
}

/// A list of sums, each found by its position.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    narrow: Vec<Slices<i64>>,
    /// Amounts that were moved out of sums that were about to overflow. Counts are not moved.
    wide: HashMap<usize, Slices<i128>, BuildKeyHasher>,
}

impl Sums {
    pub(super) fn len(&self) -> usize {
        self.narrow.len()
    }

    /// Appends `more` empty sums.
    pub(super) fn grow(&mut self, more: usize) {
        self.narrow.resize(self.len().saturating_add(more), Slices::default());
    }

    /// Adds slices to a sum; returns whether the sum was empty before.
    #[inline(always)]
    pub(super) fn add(&mut self, at: usize, slices: &Slices<i64>) -> bool {
        let Some(sum) = self.narrow.get_mut(at) else { return false };
        let was_empty = sum.count == 0;
        if !sum.add(slices) {
            self.widen(at, slices);
        }
        was_empty
    }

    /// Moves the amounts of a sum out of it, so that there is room for the slices.
    #[cold]
    fn widen(&mut self, at: usize, slices: &Slices<i64>) {
        if let Some(sum) = self.narrow.get_mut(at) {
            self.wide.entry(at).or_default().add(&sum.take());
            sum.add(slices);
        }
    }

    /// Adds a sum of another list to one of this list; returns whether that was empty before.
    pub(super) fn merge(&mut self, at: usize, others: &Self, theirs: usize) -> bool {
        if let Some(wide) = others.wide.get(&theirs) {
            self.wide.entry(at).or_default().add(wide);
        }
        let Some(slices) = others.narrow.get(theirs) else { return false };
        self.add(at, slices) && slices.count > 0
    }

    /// Returns a sum in full.
    pub(super) fn get(&self, at: usize) -> Slices<i128> {
        let mut sum = self.wide.get(&at).copied().unwrap_or_default();
        sum.add(&self.narrow.get(at).map(Slices::widen).unwrap_or_default());
        sum
    }

    /// Returns whether a sum includes any slices.
    pub(super) fn has(&self, at: usize) -> bool {
        self.narrow.get(at).is_some_and(|sum| sum.count > 0)
    }
}

impl Slices<i64> {
    /// Adds the slices and returns `true`, or returns `false` and adds nothing if a sum would not
    /// fit.
    #[inline(always)]
    fn add(&mut self, other: &Self) -> bool {
        let sum = self.checked_sum(other);
        if let Some(sum) = sum {
            *self = sum;
        }
        sum.is_some()
    }

    #[inline(always)]
    fn checked_sum(&self, other: &Self) -> Option<Self> {
        Some(Self {
            count: self.count.checked_add(other.count)?,
            own: checked_sum(self.own, other.own)?,
            default: checked_sum(self.default, other.default)?,
        })
    }

    /// Removes the amounts and returns them.
    fn take(&mut self) -> Slices<i128> {
        let taken = Slices { count: 0, ..self.widen() };
        *self = Self { count: self.count, ..Self::default() };
        taken
    }

    fn widen(&self) -> Slices<i128> {
        let Self { count, own, default } = *self;
        Slices { count, own: own.map(i128::from), default: default.map(i128::from) }
    }
}

#[inline(always)]
fn checked_sum(a: Three<i64>, b: Three<i64>) -> Option<Three<i64>> {
    let ([a, b, c], [x, y, z]) = (a, b);
    Some([a.checked_add(x)?, b.checked_add(y)?, c.checked_add(z)?])
}

impl Slices<i128> {
    #[expect(clippy::arithmetic_side_effects, reason = "overflow would take 2^46 distributions")]
    pub(super) fn add(&mut self, other: &Self) {
        self.count += other.count;
        let pairs = self.own.iter_mut().zip(other.own);
        for (sum, part) in pairs.chain(self.default.iter_mut().zip(other.default)) {
            *sum += part;
        }
    }
}

/// Narrows amounts to 64 bits, or returns the first figure that does not fit.
pub(super) fn narrow(sums: Three<i128>, names: Three<Figure>) -> Result<Three<i64>, Figure> {
    let mut narrowed = [0; 3];
    for ((to, sum), figure) in narrowed.iter_mut().zip(sums).zip(names) {
        *to = i64::try_from(sum).map_err(|_| figure)?;
    }
    Ok(narrowed)
}
