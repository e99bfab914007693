//! Sums of slices: exact, in 64 bits as long as these hold them, and in 128 from there on.
//!
//! A sum is narrowed to 64 bits when it is shown; what does not fit then is an error that names the
//! figure ([`super::figure`]).

use std::collections::HashMap;

use super::figure::{Figure, Three};
use super::hash::BuildKeyHasher;

/// What some slices come to, in the distribution's currency and in the organization's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slices<T> {
    pub(super) count: i64,
    pub(super) own: Three<T>,
    pub(super) default: Three<T>,
}

/// Numbered sums.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    narrow: Vec<Slices<i64>>,
    /// What was taken out of sums that were about to overflow. Counts stay where they are.
    wide: HashMap<usize, Slices<i128>, BuildKeyHasher>,
}

impl Sums {
    pub(super) fn len(&self) -> usize {
        self.narrow.len()
    }

    /// So many sums more, of nothing.
    pub(super) fn grow(&mut self, more: usize) {
        self.narrow.resize(self.len().saturating_add(more), Slices::default());
    }

    /// Adds slices to a sum; says whether there were none in it.
    #[inline(always)]
    pub(super) fn add(&mut self, at: usize, slices: &Slices<i64>) -> bool {
        let Some(sum) = self.narrow.get_mut(at) else { return false };
        let was_empty = sum.count == 0;
        if !sum.add(slices) {
            self.widen(at, slices);
        }
        was_empty
    }

    /// Takes the amounts of a sum out, so that there is room for the slices.
    #[cold]
    fn widen(&mut self, at: usize, slices: &Slices<i64>) {
        if let Some(sum) = self.narrow.get_mut(at) {
            self.wide.entry(at).or_default().add(&sum.take());
            sum.add(slices);
        }
    }

    /// Adds a sum of other sums to one of these; says whether it is the first with slices.
    pub(super) fn merge(&mut self, at: usize, others: &Self, theirs: usize) -> bool {
        if let Some(wide) = others.wide.get(&theirs) {
            self.wide.entry(at).or_default().add(wide);
        }
        let Some(slices) = others.narrow.get(theirs) else { return false };
        self.add(at, slices) && slices.count > 0
    }

    /// A sum in full.
    pub(super) fn get(&self, at: usize) -> Slices<i128> {
        let mut sum = self.wide.get(&at).copied().unwrap_or_default();
        sum.add(&self.narrow.get(at).map(Slices::widen).unwrap_or_default());
        sum
    }

    /// Whether there are slices in a sum.
    pub(super) fn has(&self, at: usize) -> bool {
        self.narrow.get(at).is_some_and(|sum| sum.count > 0)
    }
}

impl Slices<i64> {
    /// False, and nothing is added, where a sum would not fit.
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

    /// Its amounts, of which none stay.
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

/// The amounts in 64 bits, or the first figure that does not fit.
pub(super) fn narrow(sums: Three<i128>, names: Three<Figure>) -> Result<Three<i64>, Figure> {
    let mut narrowed = [0; 3];
    for ((to, sum), figure) in narrowed.iter_mut().zip(sums).zip(names) {
        *to = i64::try_from(sum).map_err(|_| figure)?;
    }
    Ok(narrowed)
}
