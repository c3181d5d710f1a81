//! A table of fixed size of what was met lately: the base of the limiter and of the memory of duplicates.
//!
//! Keys are keyed hashes, so nobody can choose where his go. A key has its place in one line of seven entries,
//! which, with its lock, is one cache line: a look costs one access to memory, nothing is ever allocated or moved,
//! and two cores meet only when they look at the same line at the same moment. A line that is full gives up
//! the entry with the lowest note.

use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ahash::RandomState;

use crate::prefetch::prefetch;

/// Entries of a line: with an eight-byte lock they fill 64 bytes.
const ENTRIES: usize = 7;

/// What is remembered of a key: a note of so many bits, and above it those bits of the key's hash that don't
/// choose its line, which are never 0. 0 is nobody's.
type Entry = u64;

/// A table of fixed size.
#[derive(Debug)]
pub(super) struct Recent<const NOTE_BITS: u32> {
    hasher: RandomState,
    lines: Box<[Line]>,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Line(Mutex<[Entry; ENTRIES]>);

/// What was found of a key, with its line locked.
pub(super) struct Found<'a, const NOTE_BITS: u32> {
    line: MutexGuard<'a, [Entry; ENTRIES]>,
    tag: u64,
    known: Option<usize>,
}

impl<const NOTE_BITS: u32> Recent<NOTE_BITS> {
    /// A table that remembers about `entries_max` keys, in `entries_max` × 9 bytes.
    pub(super) fn new(entries_max: usize, hasher: RandomState) -> Self {
        let lines = (entries_max / ENTRIES).max(1);
        Self { hasher, lines: (0..lines).map(|_| Line::default()).collect() }
    }

    pub(super) fn find(&self, key: impl Hash) -> Found<'_, NOTE_BITS> {
        self.find_hash(self.hash(key))
    }

    /// The hash by which a key is known.
    pub(super) fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Has the memory come in which a key with this hash is looked for soon.
    pub(super) fn expect(&self, hash: u64) {
        prefetch(self.line(hash));
    }

    pub(super) fn find_hash(&self, hash: u64) -> Found<'_, NOTE_BITS> {
        let tag = (hash & (u64::MAX >> NOTE_BITS)).max(1);
        // Entries are numbers, so a line is whole after any panic.
        let line = self.line(hash).0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = line.iter().position(|entry| entry >> NOTE_BITS == tag);
        Found { line, tag, known }
    }

    /// The upper half of a hash, scaled to the number of lines, chooses one of them; the lower bits tell keys apart.
    fn line(&self, hash: u64) -> &Line {
        &self.lines[((hash >> 32) as usize * self.lines.len()) >> 32]
    }
}

impl<const NOTE_BITS: u32> Found<'_, NOTE_BITS> {
    /// The highest note there is.
    const HIGHEST: u64 = (1 << NOTE_BITS) - 1;

    /// What was noted of the key, if it is remembered.
    pub(super) fn note(&self) -> Option<u64> {
        self.known.map(|index| self.line[index] & Self::HIGHEST)
    }

    /// Remembers it no longer.
    pub(super) fn forget(mut self) {
        if let Some(index) = self.known {
            self.line[index] = 0;
        }
    }

    /// Notes a number of the key; in a full line in the place of the lowest note.
    pub(super) fn set(mut self, note: u64) {
        // A free entry is 0, and so below every note.
        let rank = |entry: Entry| if entry == 0 { None } else { Some(entry & Self::HIGHEST) };
        let lowest = || (0..ENTRIES).min_by_key(|&index| rank(self.line[index])).unwrap_or(0);
        let index = self.known.unwrap_or_else(lowest);
        self.line[index] = self.tag << NOTE_BITS | note.min(Self::HIGHEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_cache_line() {
        assert_eq!(size_of::<Line>(), 64);
    }

    #[test]
    fn remembers_what_is_noted() {
        let table = Recent::<32>::new(10_000, RandomState::new());
        for key in 0..2_000_u64 {
            assert_eq!(table.find(key).note(), None);
            table.find(key).set(key);
        }
        let remembered = (0..2_000_u64).filter(|&key| table.find(key).note() == Some(key)).count();
        assert!(remembered >= 1_990, "{remembered}");
    }

    #[test]
    fn a_full_line_gives_up_the_lowest_note() {
        let table = Recent::<40>::new(ENTRIES, RandomState::new());
        for key in 1..=ENTRIES as u64 {
            table.find(key).set(key * 10);
        }
        table.find(99).set(u64::MAX);
        assert_eq!(table.find(1_u64).note(), None);
        assert!((2..=ENTRIES as u64).all(|key| table.find(key).note() == Some(key * 10)));
        assert_eq!(table.find(99).note(), Some((1 << 40) - 1));
    }
}
