//! What one core has counted since start: its aggregate, the outcomes, the values left out.
//!
//! Every core writes to its own tally, so its lock is free but for the moment that a scrape reads one series of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use graadmeter_wire::{Key, LeftOut};

use crate::aggregate::budget::Budgets;
use crate::aggregate::cells::{Moment, Seconds};
use crate::aggregate::histogram::Histogram;
use crate::aggregate::{Admits, Aggregate, forget_idle};
use crate::measure::{Micros, Scale};
use crate::observation::Observation;
use crate::outcome::{Outcome, Outcomes};

/// The counts of one core.
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
            handling: Histogram::new(Scale::Handling),
        }
    }

    /// Counts how one request ended, unless it is accepted, which is counted when it is certain; and how long it took.
    pub fn end(&mut self, outcome: Outcome, took: Micros) {
        if outcome != Outcome::Accepted {
            self.outcomes[outcome] += 1;
        }
        self.handling.record(took, 1);
    }

    /// Counts one accepted report.
    pub fn count(
        &mut self,
        observation: &Observation<'_>,
        admits: &impl Admits,
        left_out: LeftOut,
        moment: Moment,
    ) {
        self.aggregate.record(observation, admits, moment);
        if moment.batch < self.aggregate.batch {
            return;
        }
        self.aggregate.batch = moment.batch;
        self.outcomes[Outcome::Accepted] += 1;
        for key in left_out.keys() {
            self.left_out[key as usize] += 1;
        }
    }
}

/// The tallies of all cores.
#[derive(Debug)]
pub struct Tallies {
    of_cores: Vec<Apart<Mutex<Tally>>>,
    /// Shared by those who read many cells one after the other; whoever forgets some needs it alone.
    reading: RwLock<()>,
    forgotten: AtomicUsize,
}

/// Keeps neighbours in memory on different cache lines, and on different pairs of lines, which are fetched together.
#[derive(Debug)]
#[repr(align(128))]
struct Apart<T>(T);

impl Tallies {
    /// Empty tallies for so many cores and sites.
    #[must_use]
    pub fn new(cores: usize, sites: usize) -> Self {
        let of_cores = (0..cores.max(1)).map(|_| Apart(Mutex::new(Tally::new(sites)))).collect();
        Self { of_cores, reading: RwLock::default(), forgotten: AtomicUsize::new(0) }
    }

    /// How many cores count.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.of_cores.len()
    }

    /// The tally of one core; numbers wrap around.
    pub fn of_core(&self, core: usize) -> MutexGuard<'_, Tally> {
        // Counting does not panic half-way, so a poisoned tally is as whole as any.
        self.of_cores[core % self.of_cores.len()].0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something of every core, summed.
    #[must_use]
    pub fn sum<T: Default>(&self, add: impl Fn(&mut T, &Tally)) -> T {
        let mut sum = T::default();
        for core in 0..self.cores() {
            add(&mut sum, &self.of_core(core));
        }
        sum
    }

    /// How the requests of all cores ended.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        self.sum(|sum: &mut Outcomes, tally| *sum += &tally.outcomes)
    }

    /// How often cells were forgotten.
    #[must_use]
    pub fn forgotten(&self) -> usize {
        self.forgotten.load(Ordering::Relaxed)
    }

    /// Lets the budgets know of all cells that there are.
    pub fn readmit(&self, budgets: &Budgets) {
        for core in 0..self.cores() {
            self.of_core(core).aggregate.readmit(budgets);
        }
    }

    /// Until this is dropped, no cell is forgotten.
    pub fn keep_all(&self) -> RwLockReadGuard<'_, ()> {
        self.reading.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets cells that counted nothing since `before`, where room is lacking, unless somebody is reading.
    pub fn forget_idle(&self, budgets: &Budgets, before: Seconds) -> usize {
        let Ok(_alone) = self.reading.try_write() else { return 0 };
        let mut tallies: Vec<_> = (0..self.cores()).map(|core| self.of_core(core)).collect();
        let mut aggregates: Vec<_> = tallies.iter_mut().map(|tally| &mut tally.aggregate).collect();
        let forgotten = forget_idle(&mut aggregates, budgets, before);
        self.forgotten.fetch_add(forgotten, Ordering::Relaxed);
        forgotten
    }
}
