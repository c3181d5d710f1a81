//! Giving way: a scrape computes for a tenth of a second at a stretch, and a beacon that arrives on the same core should
//! not wait for the end of the system's time slice, which is milliseconds.
//!
//! So whoever works for a scrape offers the core to others every so often, when it holds no lock. A lower priority would
//! not do: it would let a scrape be interrupted while it holds a lock that a beacon then waits for.

use std::thread;
use std::time::{Duration, Instant};

/// How long a scrape works before it offers the core to others: what a beacon may have to wait.
const STRETCH: Duration = Duration::from_micros(50);
/// Where the cores have no time to spare, a scrape works for at least this part of the time, so that it ends.
const SHARE: u32 = 4;

/// When to give way next.
#[derive(Debug)]
pub struct Courtesy {
    due: Instant,
}

impl Courtesy {
    /// Work begins now.
    #[must_use]
    #[allow(clippy::new_without_default)] // it starts a clock
    pub fn new() -> Self {
        Self { due: Instant::now() + STRETCH }
    }

    /// Lets others have the core, if it is time.
    pub fn give_way(&mut self) {
        let now = Instant::now();
        if now < self.due {
            return;
        }
        thread::yield_now();
        let back = Instant::now();
        self.due = back + stretch(back - now);
    }
}

/// How long to work after others have had the core for so long.
fn stretch(waited: Duration) -> Duration {
    STRETCH.max(waited / (SHARE - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_for_its_share_however_long_others_take() {
        for waited in [0, 50, 1_000, 20_000].map(Duration::from_micros) {
            let worked = stretch(waited);
            let share = worked.as_secs_f64() / (worked + waited).as_secs_f64();
            assert!(worked >= STRETCH && share > 0.249, "{waited:?}: {worked:?}");
        }
    }
}
