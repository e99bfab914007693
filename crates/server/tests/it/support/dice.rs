//! A source of chance that is the same in every run.

/// A generator of pseudorandom numbers (xorshift), which must not begin with 0.
pub struct Dice(pub u64);

impl Dice {
    /// Returns a number from 0 to `below`, that one not included.
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    /// Returns such a number as an amount.
    pub fn amount(&mut self, below: u64) -> i64 {
        i64::try_from(self.roll(below)).unwrap()
    }

    /// Returns `true` once in so many times.
    pub fn is(&mut self, one_in: u64) -> bool {
        self.roll(one_in) == 0
    }

    /// Returns such a number as a position.
    pub fn place(&mut self, below: usize) -> usize {
        usize::try_from(self.roll(below as u64)).unwrap()
    }

    /// Returns one of some values.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.place(of.len())].clone()
    }

    /// Returns some of the ids from 1 to `of`, each once in so many times.
    pub fn some(&mut self, of: usize, one_in: u64) -> Vec<String> {
        (1..=of).filter(|_| self.is(one_in)).map(|id| id.to_string()).collect()
    }
}
