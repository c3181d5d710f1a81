//! One run of the benchmarks: its options, its table, and the full collector that some of them share.

use crate::filled::Filled;
use crate::table::Table;

/// Beacons that fill the shared collector.
const FILL: u64 = 10_000_000;

/// What the benchmarks of one run have in common.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// A tenth of the work: to see that everything runs, not to judge.
    pub(crate) quick: bool,
    /// What was measured so far.
    pub(crate) table: Table,
    filled: Option<Filled>,
}

impl Session {
    /// A session without any figure yet.
    #[must_use]
    pub(crate) fn new(quick: bool) -> Self {
        Self { quick, ..Self::default() }
    }

    /// A number of beacons, or a tenth of it.
    #[must_use]
    pub(crate) fn scaled(&self, beacons: u64) -> u64 {
        if self.quick { beacons / 10 } else { beacons }
    }

    /// Lets `use_it` work with the full collector, which is filled when it is first asked for.
    pub(crate) fn with_filled<T>(&mut self, use_it: impl FnOnce(&mut Filled) -> T) -> T {
        let beacons = self.scaled(FILL);
        use_it(self.filled.get_or_insert_with(|| Filled::with(beacons)))
    }

    /// Ends the full collector: it takes memory and time that the next benchmark may want for itself.
    pub(crate) fn drop_filled(&mut self) {
        self.filled = None;
    }
}
