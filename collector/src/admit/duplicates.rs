//! The same report counts once, the first to arrive, within ten minutes.
//!
//! A beacon may come twice by design: armed for a crash and sent when the page was hidden. What was seen is kept in a
//! table of fixed size, so memory has a ceiling; when more arrives in ten minutes than it remembers, the
//! oldest are forgotten first.

use std::hash::Hash;
use std::time::Duration;

use ahash::RandomState;

use super::recent::Recent;

/// For how long a report is remembered, at least.
pub const REMEMBERED: Duration = Duration::from_mins(10);

/// Milliseconds in which the time of a report is told.
const TICK_MS: u64 = 250;

/// What has been seen lately, each with its time in quarters of a second, for which 28 bits last two years; shared by
/// all cores. The other 36 bits, and 18 by the line's choice, tell reports apart: one in ten thousand million is
/// mistaken.
#[derive(Debug)]
pub struct Duplicates(Recent<28>);

impl Duplicates {
    /// Remembers about `reports_max` reports, which it knows again by hashes with these keys.
    #[must_use]
    pub fn new(reports_max: usize, hash_keys: [u64; 4]) -> Self {
        let [first, second, third, fourth] = hash_keys;
        Self(Recent::new(reports_max, RandomState::with_seeds(first, second, third, fourth)))
    }

    /// The hash by which a report is known again.
    pub fn hash(&self, report: impl Hash) -> u64 {
        self.0.hash(report)
    }

    /// Has the memory come that knows a report which is looked for soon.
    pub fn expect(&self, report: u64) {
        self.0.expect(report);
    }

    /// Notes a report and says whether it is new. `now` is the time since the start.
    #[must_use]
    pub fn is_new(&self, report: u64, now: Duration) -> bool {
        let now = tick(now + REMEMBERED);
        let found = self.0.find_hash(report);
        if found.note().is_some_and(|seen| now.saturating_sub(seen) <= tick(REMEMBERED)) {
            return false;
        }
        found.set(now);
        true
    }

    /// Whether a report is known, however long ago it came.
    #[must_use]
    pub fn knows(&self, report: u64) -> bool {
        self.0.find_hash(report).note().is_some()
    }

    /// Notes a report that was accepted so long before the start.
    pub fn remember(&self, report: u64, ago: Duration) {
        if let Some(seen) = REMEMBERED.checked_sub(ago) {
            self.0.find_hash(report).set(tick(seen));
        }
    }

    /// Forgets a report that was not counted in the end.
    pub fn forget(&self, report: u64) {
        self.0.find_hash(report).forget();
    }
}

/// A time in quarters of a second.
fn tick(time: Duration) -> u64 {
    time.as_millis() as u64 / TICK_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Duplicates whose reports are told by any key.
    struct ByKey(Duplicates);

    impl ByKey {
        fn new(reports_max: usize) -> Self {
            Self(Duplicates::new(reports_max, [1, 2, 3, 4]))
        }

        fn is_new(&self, report: impl Hash, now: Duration) -> bool {
            self.0.is_new(self.0.hash(report), now)
        }
    }

    #[test]
    fn what_came_before_the_start_is_known_for_the_rest_of_its_time() {
        let duplicates = Duplicates::new(1_000, [1, 2, 3, 4]);
        let minutes = Duration::from_mins;
        let [old, young, forgotten] = [1, 2, 3].map(|report| duplicates.hash(report));
        duplicates.remember(old, minutes(11));
        duplicates.remember(young, minutes(4));
        duplicates.remember(forgotten, minutes(4));
        duplicates.forget(forgotten);
        assert!(duplicates.is_new(old, minutes(0)) && duplicates.is_new(forgotten, minutes(0)));
        assert!(!duplicates.is_new(young, minutes(6)) && duplicates.is_new(young, minutes(7)));
    }

    #[test]
    fn a_report_counts_once_within_ten_minutes() {
        let duplicates = ByKey::new(100_000);
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
        let duplicates = ByKey::new(10_000);
        let at = |number: u64| Duration::from_millis(number / 10);
        assert!((0..1_000_000_u64).filter(|&number| duplicates.is_new(number, at(number))).count() > 999_000);
        let known =
            (999_000..1_000_000_u64).filter(|&number| !duplicates.is_new(number, at(1_000_000))).count();
        assert!(known > 900, "{known}");
    }

    #[test]
    fn cores_agree_on_the_first() {
        let duplicates = ByKey::new(1_000);
        let new: usize = std::thread::scope(|scope| {
            let count =
                || (0..10_000_u32).filter(|number| duplicates.is_new(number / 100, Duration::ZERO)).count();
            let cores: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            cores.into_iter().map(|core| core.join().unwrap()).sum()
        });
        assert_eq!(new, 100);
    }
}
