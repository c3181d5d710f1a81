//! The same report counts once, the first to arrive, within ten minutes.
//!
//! A beacon may come twice by design: armed for a crash and sent when the page was hidden. What was seen is kept in a
//! table of fixed size, so memory has a ceiling; when more arrives in ten minutes than it remembers, the
//! oldest are forgotten first.

use std::hash::Hash;
use std::time::Duration;

use super::recent::Recent;

/// For how long a report is remembered, at least.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Milliseconds in which the time of a report is told.
const TICK_MS: u64 = 250;

/// What has been seen lately, each with its time in quarters of a second, for which 28 bits last two years; shared by
/// all cores. The other 36 bits, and 18 by the line's choice, tell reports apart: one in ten thousand million is
/// mistaken.
#[derive(Debug)]
pub struct Duplicates(Recent<28>);

impl Duplicates {
    /// Remembers about `reports_max` reports.
    #[must_use]
    pub fn new(reports_max: usize) -> Self {
        Self(Recent::new(reports_max))
    }

    /// Notes `report` and says whether it is new. `now` is the time since any fixed moment.
    pub fn is_new(&self, report: impl Hash, now: Duration) -> bool {
        let now = now.as_millis() as u64 / TICK_MS;
        let found = self.0.find(report);
        let is_known = |seen| now.saturating_sub(seen) <= REMEMBERED.as_millis() as u64 / TICK_MS;
        if found.note().is_some_and(is_known) {
            return false;
        }
        found.set(now);
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
        assert!(
            duplicates.is_new("a", Duration::from_millis(11 * 60_000 + TICK_MS)),
            "later it is forgotten"
        );
        assert!(!duplicates.is_new("a", minutes(14)));
    }

    #[test]
    fn past_its_size_it_forgets_the_oldest() {
        let duplicates = Duplicates::new(10_000);
        let at = |number: u64| Duration::from_millis(number / 10);
        assert!((0..1_000_000_u64).filter(|&number| duplicates.is_new(number, at(number))).count() > 999_000);
        let known =
            (999_000..1_000_000_u64).filter(|&number| !duplicates.is_new(number, at(1_000_000))).count();
        assert!(known > 900, "{known}");
    }

    #[test]
    fn cores_agree_on_the_first() {
        let duplicates = Duplicates::new(1_000);
        let new: usize = std::thread::scope(|scope| {
            let count =
                || (0..10_000_u32).filter(|number| duplicates.is_new(number / 100, Duration::ZERO)).count();
            let cores: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            cores.into_iter().map(|core| core.join().unwrap()).sum()
        });
        assert_eq!(new, 100);
    }
}
