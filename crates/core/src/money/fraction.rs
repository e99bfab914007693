//! Exact fractions in lowest terms, as explanations show them: `30000/17`.
//!
//! They are for display only; there is no arithmetic on them here.

use std::fmt;

/// A fraction in lowest terms with a denominator above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: u128,
}

impl Fraction {
    /// Reduces `numerator / denominator` to lowest terms.
    ///
    /// # Panics
    ///
    /// If `denominator` is 0. Shares divide by a total weight, which is above 0.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the greatest common divisor is above 0, because the denominator is"
    )]
    pub fn new(numerator: i128, denominator: u128) -> Self {
        assert!(denominator > 0, "the denominator of a fraction must be positive");
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator);
        let magnitude = (numerator.unsigned_abs() / divisor).cast_signed();
        let numerator = if numerator < 0 { magnitude.wrapping_neg() } else { magnitude };
        Self { numerator, denominator: denominator / divisor }
    }

    /// Returns the number above the line, with the sign.
    #[must_use]
    pub const fn numerator(&self) -> i128 {
        self.numerator
    }

    /// Returns the number below the line.
    #[must_use]
    pub const fn denominator(&self) -> u128 {
        self.denominator
    }
}

impl fmt::Display for Fraction {
    /// Writes the denominator always: `46/1`, `-12/17`, `0/1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "the loop ends when b is 0")]
fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
