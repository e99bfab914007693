//! A map of bounded size that forgets what was not used for the longest time. It has two
//! generations: what is used is in the young one; when that is full it becomes the old one, and
//! what was in the old one is forgotten. So there is always room for a newcomer, no entry is looked
//! for to be thrown out, and what is used again and again stays, however many strangers come once.

use std::collections::HashMap;
use std::hash::Hash;

/// A map that holds the entries that were used last.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// The largest number of entries of a generation.
    most: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Makes a map that never forgets the `most` entries that were used last, and never holds more
    /// than twice as many.
    pub(crate) fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), most }
    }

    /// Returns an entry without using it.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Uses an entry, and makes one if it is missing.
    pub(crate) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.young.contains_key(&key) {
            let kept = self.old.remove(&key);
            if self.young.len() >= self.most {
                self.old = std::mem::take(&mut self.young);
            }
            return self.young.entry(key).or_insert_with(|| kept.unwrap_or_else(make));
        }
        self.young.entry(key).or_insert_with(make)
    }

    /// Forgets an entry.
    pub(crate) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}
