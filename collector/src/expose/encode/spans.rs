//! Which buckets of a native histogram are written: runs of neighbours, without the gaps between them.
//!
//! Where the gaps are differs from series to series, so a search that branches at each of them would mostly go astray. So all
//! buckets are looked at side by side, which takes no branch, and what is found is where runs begin and end.

use std::ops::Range;

/// Buckets that are looked at side by side, a bit each.
pub(super) const ALIKE: usize = u64::BITS as usize;

/// Runs of buckets.
#[derive(Debug, Default)]
pub(super) struct Spans {
    hit: Vec<u64>,
    found: Vec<Range<usize>>,
}

impl Spans {
    /// The runs of buckets that have counted something: those whose bits are set, the lowest first.
    pub(super) fn find(&mut self, hit: impl Iterator<Item = u64>) -> &[Range<usize>] {
        self.hit.clear();
        self.hit.push(0);
        self.hit.extend(hit);
        self.hit.extend([0; 2]);
        self.found.clear();
        let (mut begin, mut carried) = (None, 0);
        for (first, hit) in (0..).step_by(ALIKE).zip(self.hit.array_windows()) {
            let in_runs = in_runs(hit);
            // Where a run begins, or has ended before.
            let mut ends = in_runs ^ (in_runs << 1 | carried);
            carried = in_runs >> (ALIKE - 1);
            while ends != 0 {
                let end = first + ends.trailing_zeros() as usize;
                ends &= ends - 1;
                begin = match begin {
                    None => Some(end),
                    Some(begin) => {
                        self.found.push(begin..end);
                        None
                    }
                };
            }
        }
        &self.found
    }
}

/// Which buckets are in a run: those that were hit, and one or two empty ones between two that were, which are written
/// out rather than skipped, since a new run costs more bytes. The others are the buckets below and above them.
fn in_runs([below, hit, above]: &[u64; 3]) -> u64 {
    let lower = |distance: u32| hit << distance | below >> (u64::BITS - distance);
    let upper = |distance: u32| hit >> distance | above << (u64::BITS - distance);
    hit | lower(1) & (upper(1) | upper(2)) | lower(2) & upper(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GAP_MAX: usize = 2;

    /// One bucket after the other.
    fn truth(counts: &[u8]) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for bucket in (0..counts.len()).filter(|&bucket| counts[bucket] > 0) {
            match runs.last_mut() {
                Some(run) if bucket - run.end <= GAP_MAX => run.end = bucket + 1,
                _ => runs.push(bucket..bucket + 1),
            }
        }
        runs
    }

    proptest! {
        #[test]
        fn finds_what_a_search_finds(counts in proptest::collection::vec(prop_oneof![2 => Just(0), 1 => any::<u8>()], 0..300)) {
            let bits = |counts: &[u8]| counts.iter().rev().fold(0, |bits, &count| bits << 1 | u64::from(count > 0));
            let mut spans = Spans::default();
            prop_assert_eq!(spans.find(counts.chunks(ALIKE).map(bits)), truth(&counts));
        }
    }
}
