//! `P(k)` for many days of one amount, without wide arithmetic and without divisions.
//!
//! The same figures as [`recognised`](crate::slicing::recognised), from divisions made beforehand:
//! `total = whole * n + rest`, so `P(k) = whole * k + round(rest * k / n)`, and `rest * k` is small
//! enough to be multiplied by an inverse of `2n`. For reports over many distributions; one alone
//! needs only a [`SpreadAmount`](crate::slicing::SpreadAmount).

use crate::calendar::day_span::DaySpan;

/// The days that amounts are spread over, ready to divide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divisor {
    days: i64,
    /// `2^64 / 2n`, rounded up.
    inverse: u64,
}

/// An amount spread over days, divided once.
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
        reason = "a span has from 1 to 2^17 days, so the divisor is from 2 and the sum no overflow"
    )]
    pub fn new(days: DaySpan) -> Self {
        let days = days.days();
        Self { days, inverse: u64::MAX / (2 * days.unsigned_abs()) + 1 }
    }

    /// Spreads an amount of minor units over the days.
    #[must_use]
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "there is at least one day")]
    pub fn spread(&self, total: i64) -> Recognition {
        let (whole, rest) = (total / self.days, total % self.days);
        Recognition { whole, rest: rest.unsigned_abs(), sign: rest.signum() }
    }

    /// `P(k)` in minor units: what is recognised by the end of day `k`, from 1; 0 for day 0.
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

    /// `numerator / 2n`, rounded down.
    ///
    /// The inverse is too large by less than `2n / 2^64` of itself. A quotient below `2^36 / 2n`
    /// becomes too large by less than `2^36 / 2^64`, which is less than the `1 / 2n` that it takes
    /// to reach the next whole number.
    #[inline(always)]
    #[expect(clippy::arithmetic_side_effects, reason = "2^64 * 2^64 is no more than 2^128")]
    fn halved_quotient(&self, numerator: u64) -> u64 {
        let product = u128::from(numerator) * u128::from(self.inverse);
        u64::try_from(product >> 64).unwrap_or(u64::MAX)
    }
}
