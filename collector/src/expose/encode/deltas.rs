//! The counts of neighbouring buckets, each as its difference to the one before, as protobuf packs numbers of type
//! `sint64`.
//!
//! A scrape has some ten million of them. Nearly all series count so little that all their differences are of one byte:
//! those are found side by side, as bytes, and copied run by run.

use std::ops::Range;

use crate::leb128;

use super::message::zigzag;

/// The difference of two counts below this is of one byte.
pub(super) const SMALL: u8 = 64;
/// Bytes that are copied together.
const TOGETHER: usize = 16;

/// Differences of counts.
#[derive(Debug, Default)]
pub(super) struct Deltas {
    bytes: Vec<u8>,
    /// For each of some small counts its difference to the one before.
    each: Vec<u8>,
}

impl Deltas {
    /// All that was written.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes the differences of the counts in these runs, whatever they are.
    pub(super) fn write(&mut self, counts: &[u64], runs: &[Range<usize>]) {
        self.bytes.clear();
        let mut before = 0;
        for count in runs.iter().flat_map(|run| &counts[run.clone()]) {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            leb128::append(zigzag(count - before), &mut self.bytes);
            before = count;
        }
    }

    /// Writes the differences of the counts in these runs, all of which are [`SMALL`].
    pub(super) fn write_small(&mut self, counts: &[u8], runs: &[Range<usize>]) {
        self.each.resize(counts.len() + TOGETHER, 0);
        self.bytes.resize(counts.len() + TOGETHER, 0);
        if let (Some(first), Some(others)) = (self.each.first_mut(), counts.get(1..)) {
            *first = small(0, counts[0]);
            for ((delta, &before), &count) in self.each[1..].iter_mut().zip(counts).zip(others) {
                *delta = small(before, count);
            }
        }
        let (mut length, mut before) = (0, 0);
        for run in runs {
            for (to, from) in (length..).step_by(TOGETHER).zip(run.clone().step_by(TOGETHER)) {
                let copied = self.each[from..].first_chunk::<TOGETHER>();
                if let (Some(to), Some(from)) = (self.bytes[to..].first_chunk_mut(), copied) {
                    *to = *from;
                }
            }
            self.bytes[length] = small(before, counts[run.start]);
            before = counts[run.end - 1];
            length += run.len();
        }
        self.bytes.truncate(length);
    }
}

/// Which of at most 64 counts are not zero, a bit each.
pub(super) fn hit(counts: &[u64]) -> u64 {
    counts.iter().rev().fold(0, |bits, &count| bits << 1 | u64::from(count > 0))
}

/// Which of at most 64 [`SMALL`] counts are not zero, a bit each.
pub(super) fn hit_small(counts: &[u8]) -> u64 {
    // Added to these, a byte that is not zero, and small, has its highest bit. Multiplied, all those are side by side.
    const ADDED: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const GATHER: u64 = 0x0102_0408_1020_4080;
    counts.as_chunks::<8>().0.iter().rev().fold(0, |bits, &eight| {
        let hit = (u64::from_le_bytes(eight) + ADDED) >> 7 & 0x0101_0101_0101_0101;
        bits << 8 | hit.wrapping_mul(GATHER) >> 56
    })
}

/// The difference of two small counts, as it is written.
fn small(before: u8, count: u8) -> u8 {
    let delta = count.wrapping_sub(before).cast_signed();
    (delta << 1 ^ delta >> 7).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::iter;

    proptest! {
        #[test]
        fn small_counts_are_written_as_others(
            counts in proptest::collection::vec(0..SMALL, 0..300),
            cuts in proptest::collection::btree_set(0..300_usize, 0..10),
        ) {
            let ends = cuts.into_iter().filter(|cut| *cut < counts.len());
            let ends: Vec<_> = iter::once(0).chain(ends).chain([counts.len()]).collect();
            // Every other piece.
            let runs: Vec<_> = ends.windows(2).step_by(2).map(|ends| ends[0]..ends[1]).filter(|run| !run.is_empty()).collect();
            let (mut small, mut any) = (Deltas::default(), Deltas::default());
            small.write_small(&counts, &runs);
            any.write(&counts.iter().map(|&count| count.into()).collect::<Vec<_>>(), &runs);
            prop_assert_eq!(small.bytes(), any.bytes());
        }
    }
}
