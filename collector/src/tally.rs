//! What one core has counted since start: its aggregate, the outcomes, the values left out.
//!
//! Every core writes to its own tally, so its lock is free but for the moment of a scrape.

use std::sync::{Mutex, MutexGuard, PoisonError};

use graadmeter_wire::{Key, LeftOut};

use crate::aggregate::Aggregate;
use crate::aggregate::histogram::Histogram;
use crate::measure::{HANDLING_SECONDS, Micros};
use crate::outcome::{Outcome, Outcomes};

/// The counts of one core, or of all of them merged.
#[derive(Debug)]
pub struct Tally {
    /// Distributions and counts of what was accepted.
    pub aggregate: Aggregate,
    /// How requests ended.
    pub outcomes: Outcomes,
    /// How often a measured value could not be, by its key's number.
    pub left_out: [u64; Key::ALL.len()],
    /// How long a beacon took from its last byte to its outcome.
    pub handling: Histogram,
}

impl Tally {
    fn new(sites: usize) -> Self {
        Self {
            aggregate: Aggregate::new(sites),
            outcomes: Outcomes::default(),
            left_out: [0; Key::ALL.len()],
            handling: Histogram::new(HANDLING_SECONDS),
        }
    }

    /// Counts how one request ended and how long that took.
    pub fn end(&mut self, outcome: Outcome, took: Micros) {
        self.outcomes[outcome] += 1;
        self.handling.record(took, 1);
    }

    /// Counts the values that were left out of one accepted beacon.
    pub fn leave_out(&mut self, left_out: LeftOut) {
        for key in left_out.keys() {
            self.left_out[key as usize] += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.aggregate.merge(&other.aggregate);
        self.outcomes += &other.outcomes;
        self.handling.merge(&other.handling);
        for (mine, others) in self.left_out.iter_mut().zip(other.left_out) {
            *mine += others;
        }
    }
}

/// The tallies of all cores.
#[derive(Debug)]
pub struct Tallies {
    sites: usize,
    of_cores: Vec<Mutex<Tally>>,
}

impl Tallies {
    /// Empty tallies for so many cores and sites.
    #[must_use]
    pub fn new(cores: usize, sites: usize) -> Self {
        Self { sites, of_cores: (0..cores.max(1)).map(|_| Mutex::new(Tally::new(sites))).collect() }
    }

    /// How many cores count.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.of_cores.len()
    }

    /// The tally of one core; numbers wrap around.
    pub fn of_core(&self, core: usize) -> MutexGuard<'_, Tally> {
        // Counting does not panic half-way, so a poisoned tally is as whole as any.
        self.of_cores[core % self.of_cores.len()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sum of all cores.
    #[must_use]
    pub fn merged(&self) -> Tally {
        let mut sum = Tally::new(self.sites);
        for core in 0..self.cores() {
            sum.merge(&self.of_core(core));
        }
        sum
    }
}
