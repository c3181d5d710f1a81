//! When each check runs: on its interval, spread, with jitter, never twice at once.
//!
//! Pure: time comes in as the duration since the schedule began, chance as a number. Checks begin evenly
//! spread over their interval. Each run is late by up to a tenth of the interval, so that probes of many
//! regions don't fall into step; the lateness is counted from a fixed grid and so never adds up.

use std::time::Duration;

/// Largest lateness of a run, as a share of its interval.
const JITTER_SHARE: f64 = 0.1;

/// The checks by number, and when each is due next.
#[derive(Debug)]
pub struct Schedule {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    interval: Duration,
    /// The next point of this check's grid.
    grid: Duration,
    /// That point and its lateness.
    due: Duration,
    running: bool,
}

/// What to do with a check that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Run the check of this number.
    Run(usize),
    /// Leave this turn out: its last run is still going.
    Skip(usize),
}

impl Schedule {
    /// A schedule of checks with these intervals.
    #[must_use]
    pub fn new(intervals: &[Duration]) -> Self {
        let count = intervals.len().max(1) as f64;
        let slot = |(number, &interval): (usize, &Duration)| {
            let first = interval.mul_f64(number as f64 / count);
            Slot { interval, grid: first, due: first, running: false }
        };
        Self { slots: intervals.iter().enumerate().map(slot).collect() }
    }

    /// When something is due next; never without checks.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        self.slots.iter().map(|slot| slot.due).min()
    }

    /// The checks that are due at `now`; `chance` gives numbers from 0 up to 1. Turns that were missed
    /// altogether (a suspended machine) are not made up for.
    pub fn take_due(&mut self, now: Duration, mut chance: impl FnMut() -> f64) -> Vec<Due> {
        let mut taken = Vec::new();
        for (number, slot) in self.slots.iter_mut().enumerate().filter(|(_, slot)| slot.due <= now) {
            taken.push(if slot.running { Due::Skip(number) } else { Due::Run(number) });
            slot.running = true;
            slot.advance(now, chance());
        }
        taken
    }

    /// The check of this number has ended its run.
    pub fn ended(&mut self, number: usize) {
        if let Some(slot) = self.slots.get_mut(number) {
            slot.running = false;
        }
    }
}

impl Slot {
    fn advance(&mut self, now: Duration, chance: f64) {
        let missed = now.saturating_sub(self.grid).as_nanos() / self.interval.as_nanos().max(1);
        let turns = u32::try_from(missed + 1).unwrap_or(u32::MAX);
        self.grid += self.interval.saturating_mul(turns);
        self.due = self.grid + self.interval.mul_f64(JITTER_SHARE * chance.clamp(0.0, 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn first_runs_are_spread() {
        let mut schedule = Schedule::new(&[s(60), s(60), s(60)]);
        assert_eq!(schedule.take_due(s(0), || 0.0), [Due::Run(0)]);
        assert_eq!(schedule.next(), Some(s(20)));
        assert_eq!(schedule.take_due(s(20), || 0.0), [Due::Run(1)]);
        assert_eq!(schedule.take_due(s(40), || 0.0), [Due::Run(2)]);
        assert_eq!(schedule.next(), Some(s(60)));
    }

    #[test]
    fn no_check_runs_twice_at_once() {
        let mut schedule = Schedule::new(&[s(10)]);
        assert_eq!(schedule.take_due(s(0), || 0.0), [Due::Run(0)]);
        assert_eq!(schedule.take_due(s(5), || 0.0), []);
        assert_eq!(schedule.take_due(s(10), || 0.0), [Due::Skip(0)]);
        schedule.ended(0);
        assert_eq!(schedule.take_due(s(20), || 0.0), [Due::Run(0)]);
    }

    #[test]
    fn a_long_sleep_is_not_made_up_for() {
        let mut schedule = Schedule::new(&[s(10)]);
        schedule.take_due(s(0), || 0.0);
        schedule.ended(0);
        assert_eq!(schedule.take_due(s(1005), || 0.0), [Due::Run(0)]);
        assert_eq!(schedule.next(), Some(s(1010)));
    }

    #[test]
    fn nothing_is_due_without_checks() {
        assert_eq!(Schedule::new(&[]).next(), None);
    }

    proptest! {
        #[test]
        fn lateness_stays_within_a_tenth_and_never_adds_up(interval in 1_u64..1000, chances in prop::collection::vec(0.0..1.0, 1..50)) {
            let mut schedule = Schedule::new(&[s(interval)]);
            for (turn, chance) in chances.into_iter().enumerate() {
                let now = schedule.next().unwrap();
                let grid = s(interval * turn as u64);
                prop_assert!(now >= grid && now <= grid + s(interval).mul_f64(0.1));
                prop_assert_eq!(schedule.take_due(now, || chance), [Due::Run(0)]);
                schedule.ended(0);
            }
        }
    }
}
