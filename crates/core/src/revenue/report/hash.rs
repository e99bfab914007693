//! A hash function of a few numbers, to find rows by their keys.
//!
//! It is fast, but not safe against keys that are chosen to collide. That is not needed here,
//! because the service itself assigns the ids.

use std::hash::{BuildHasherDefault, Hasher};

/// The type that builds a [`KeyHasher`].
pub(super) type BuildKeyHasher = BuildHasherDefault<KeyHasher>;

/// The fractional part of the golden ratio times 2^64, rounded down. It is odd, so that no two
/// words have the same product.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// A hasher that multiplies every word into its state and folds the result.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    #[inline]
    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(MULTIPLIER);
        self.0 = mixed ^ (mixed >> 32);
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    #[inline]
    fn write_i64(&mut self, word: i64) {
        self.write_u64(word.cast_unsigned());
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    #[inline]
    fn write_isize(&mut self, word: isize) {
        self.write_i64(i64::try_from(word).unwrap_or(0));
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(u64::try_from(word).unwrap_or(0));
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0.wrapping_mul(MULTIPLIER)
    }
}
