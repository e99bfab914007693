//! The fast way to `P(k)`, the revenue recognised by the end of day `k`, for many days of one
//! amount.
//!
//! The figures are those of [`recognised`](crate::slicing::recognised), but the divisions are made
//! beforehand. With `total = whole * n + rest`, `P(k) = whole * k + round(rest * k / n)`, and `rest
//! * k` is small enough to be multiplied by an inverse of `2n`, without 128-bit arithmetic. This
//! pays off in reports over many distributions; for one alone, use
//! [`SpreadAmount`](crate::slicing::SpreadAmount).

use crate::calendar::day_span::DaySpan;

/// A number of days, prepared to divide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divisor {
    days: i64,
    /// `2^64 / 2n`, rounded up.
    inverse: u64,
}

/// An amount that is recognised evenly over a number of days, divided once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recognition {
    whole: i64,
    rest: u64,
    sign: i64,
}

impl Divisor {
    /// Prepares to divide by the number of days.
    #[must_use]
    #[inline]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a span has 1 to 2^17 days, so the divisor is at least 2, and the sum fits"
    )]
    pub fn new(days: DaySpan) -> Self {
        let days = days.days();
        Self { days, inverse: u64::MAX / (2 * days.unsigned_abs()) + 1 }
    }

    /// Divides an amount of minor units by the number of days.
    #[must_use]
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "a span has at least one day")]
    pub fn spread(&self, total: i64) -> Recognition {
        let (whole, rest) = (total / self.days, total % self.days);
        Recognition { whole, rest: rest.unsigned_abs(), sign: rest.signum() }
    }

    /// Returns `P(k)`: the minor units that are recognised by the end of day `k`, counted from 1.
    ///
    /// `k` is clamped to `0..=n`, as in [`recognised`](crate::slicing::recognised).
    #[must_use]
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "rest < n, k <= n and n < 2^17, so the numerator is below 2^36; |P(k)| <= |total|"
    )]
    pub fn by_day(&self, k: i64, recognition: &Recognition) -> i64 {
        let elapsed = k.clamp(0, self.days);
        let doubled = 2 * recognition.rest * elapsed.cast_unsigned() + self.days.cast_unsigned();
        recognition.whole * elapsed + recognition.sign * self.halved_quotient(doubled).cast_signed()
    }

    /// Returns `numerator / 2n`, rounded down.
    ///
    /// The inverse is too large by less than `2n / 2^64` of itself. So a quotient below `2^36 / 2n`
    /// becomes too large by less than `2^36 / 2^64`, which is less than the `1 / 2n` that separates
    /// it from the next whole number.
    #[inline(always)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the product of two 64-bit numbers fits 128 bits"
    )]
    fn halved_quotient(&self, numerator: u64) -> u64 {
        let product = u128::from(numerator) * u128::from(self.inverse);
        u64::try_from(product >> 64).unwrap_or(u64::MAX)
    }
}
