//! Rounding half away from zero, exact, on integers.
//!
//! Spreadsheets and PostgreSQL's `numeric` round in the same way with `ROUND`, so that users can
//! check any figure by hand. There is no rounding mode to choose. The shares of a pool are not
//! rounded here, but found by largest remainder ([`crate::shares`]).

/// Divides and rounds half away from zero.
///
/// The result is exact for every `i128`: nothing is scaled up on the way, so nothing can overflow.
///
/// # Panics
///
/// If `denominator` is not positive. Callers divide by a power of ten or by a number of days.
///
/// # Examples
///
/// ```
/// use apportion_core::rounding::divide_half_away;
///
/// assert_eq!(divide_half_away(5, 2), 3);
/// assert_eq!(divide_half_away(-5, 2), -3);
/// assert_eq!(divide_half_away(4, 3), 1);
/// ```
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "denominator > 0 rules out division by zero and MIN / -1; |remainder| < denominator, \
              so the subtraction is positive; a remainder needs denominator >= 2, so the quotient \
              is at most 2^126 in magnitude and one more fits"
)]
pub fn divide_half_away(numerator: i128, denominator: i128) -> i128 {
    assert!(denominator > 0, "the denominator of a rounded division must be positive");
    let quotient = numerator / denominator;
    let remainder = (numerator % denominator).abs();
    let half_or_more = remainder >= denominator - remainder;
    if half_or_more { quotient + numerator.signum() } else { quotient }
}
