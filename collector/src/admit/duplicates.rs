//! The same report counts once, the first to arrive, within ten minutes.
//!
//! A beacon may come twice by design: armed for a crash and sent when the page was hidden. What was seen
//! is kept as 64-bit keyed hashes in generations of two minutes, so forgetting is dropping a whole
//! generation, and memory has a ceiling: a generation that fills up retires the oldest one early.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ahash::RandomState;

/// For how long a report is remembered, at least.
const REMEMBERED: Duration = Duration::from_mins(10);
/// How long a generation takes in.
const GENERATION: Duration = Duration::from_mins(2);
/// Generations that are kept: the one that takes in, and those that cover [`REMEMBERED`].
const GENERATIONS: usize = (REMEMBERED.as_secs() / GENERATION.as_secs()) as usize + 1;
/// Shards, so that cores seldom meet; a power of two.
const SHARDS: usize = 64;

/// What has been seen lately; shared by all cores, each shard with its own short lock.
#[derive(Debug)]
pub struct Duplicates {
    hasher: RandomState,
    generation_max: usize,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Debug, Default)]
struct Shard {
    /// Newest first, each with the number of its two minutes.
    generations: VecDeque<(u64, HashSet<u64, RandomState>)>,
}

impl Duplicates {
    /// Remembers about `reports_max` reports at the most.
    #[must_use]
    pub fn new(reports_max: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            generation_max: (reports_max / SHARDS / GENERATIONS).max(1),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Notes `report` and says whether it is new. `now` is the time since any fixed moment.
    pub fn is_new(&self, report: impl std::hash::Hash, now: Duration) -> bool {
        let hash = self.hasher.hash_one(report);
        let shard = &self.shards[hash as usize % SHARDS];
        // A panic elsewhere can't leave a shard half-written, so a poisoned lock is as good as any.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.is_new(hash, now, self.generation_max)
    }
}

impl Shard {
    fn is_new(&mut self, hash: u64, now: Duration, generation_max: usize) -> bool {
        let number = now.as_secs() / GENERATION.as_secs();
        self.generations.retain(|&(born, _)| born + GENERATIONS as u64 > number);
        if self.generations.iter().any(|(_, seen)| seen.contains(&hash)) {
            return false;
        }
        match self.generations.front_mut() {
            Some((born, seen)) if *born >= number && seen.len() < generation_max => {
                seen.insert(hash);
            }
            _ => {
                self.generations.truncate(GENERATIONS - 1);
                self.generations.push_front((number, HashSet::from_iter([hash])));
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_once_within_ten_minutes() {
        let duplicates = Duplicates::new(100_000);
        let minutes = Duration::from_mins;
        assert!(duplicates.is_new("a", minutes(1)));
        assert!(duplicates.is_new("b", minutes(1)));
        assert!(!duplicates.is_new("a", minutes(1)));
        assert!(!duplicates.is_new("a", minutes(11)), "ten minutes later it is still known");
        assert!(duplicates.is_new("a", minutes(14)), "later it is forgotten");
        assert!(!duplicates.is_new("a", minutes(14)));
    }

    #[test]
    fn memory_has_a_ceiling_and_the_newest_stay() {
        let duplicates = Duplicates::new(6 * SHARDS * 10);
        assert!((0..1_000_000).all(|number| duplicates.is_new(number, Duration::ZERO)));
        let remembered: usize = duplicates
            .shards
            .iter()
            .flat_map(|shard| {
                shard.lock().unwrap().generations.iter().map(|(_, seen)| seen.len()).collect::<Vec<_>>()
            })
            .sum();
        assert!(remembered <= 6 * SHARDS * 10, "{remembered}");
        assert!(!duplicates.is_new(999_999, Duration::ZERO));
    }
}
