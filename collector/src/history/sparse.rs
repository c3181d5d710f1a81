//! An HDR histogram of few values: only the buckets that were hit. A roll-up of a minute holds one to three views, of
//! which the dense form of the crate `hdrhistogram` would take 27 KB a metric, and its scans most of the time.

use crate::aggregate::histogram::slot;
use crate::measure::Micros;

/// The highest count that the V2 format can tell.
pub(super) const COUNT_MAX: u64 = i64::MAX as u64;

/// Buckets as those of `hdrhistogram` with two significant digits, ascending, each with its count, which is not 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sparse(Vec<(u16, u64)>);

impl Sparse {
    /// Counts `value` so many times.
    pub(super) fn record(&mut self, value: Micros, times: u64) {
        let bucket = slot::bucket(value.0) as u16; // there are 3,328
        match self.0.binary_search_by_key(&bucket, |&(bucket, _)| bucket) {
            Ok(at) => self.0[at].1 = sum(self.0[at].1, times),
            Err(at) if times > 0 => self.0.insert(at, (bucket, sum(times, 0))),
            Err(_) => {}
        }
    }

    /// Adds the count of a bucket above all that are there.
    pub(super) fn push(&mut self, bucket: u16, count: u64) {
        debug_assert!(self.0.last().is_none_or(|&(last, _)| last < bucket) && count > 0);
        self.0.push((bucket, count));
    }

    /// Adds all that `other` has counted.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            return self.0.clone_from(&other.0);
        }
        // In a busy histogram most buckets are there already, and nothing need be moved.
        let (mut new, mut at) = (Vec::new(), 0);
        for &(bucket, count) in &other.0 {
            at += self.0[at..].iter().take_while(|&&(own, _)| own < bucket).count();
            match self.0.get_mut(at) {
                Some((own, own_count)) if *own == bucket => *own_count = sum(*own_count, count),
                _ => new.push((bucket, count)),
            }
        }
        if !new.is_empty() {
            self.0.extend(new);
            self.0.sort_by_key(|&(bucket, _)| bucket); // two ascending runs, which a stable sort merges in one go
        }
    }

    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each bucket that was hit, ascending, and its count.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().copied()
    }

    /// How many values were counted.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().fold(0, |all, &(_, count)| sum(all, count))
    }

    /// The value at a quantile between 0 and 1, by nearest rank, within 1 % of exact; nothing when empty.
    pub(super) fn quantile(&self, quantile: f64) -> Option<Micros> {
        // A step down, so that 0.07 of a hundred values is the seventh, though the product is a little more than 7.
        let rank = ((quantile * self.count() as f64).next_down().ceil() as u64).max(1);
        let mut below = 0;
        let reached = self.0.iter().find(|&&(_, count)| {
            below = sum(below, count);
            below >= rank
        });
        reached.or(self.0.last()).map(|&(bucket, _)| {
            let (lowest, highest) = slot::bucket_values(bucket.into());
            Micros(lowest + (highest - lowest).div_ceil(2))
        })
    }
}

fn sum(left: u64, right: u64) -> u64 {
    left.saturating_add(right).min(COUNT_MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in super::super) fn values() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::vec(prop_oneof![0..300_u32, 0..5_000_000_u32, any::<u32>()], 1..300)
    }

    pub(in super::super) fn sparse(values: &[u32]) -> Sparse {
        let mut sparse = Sparse::default();
        for &value in values {
            sparse.record(Micros(value), 1);
        }
        sparse
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent(values in values(), percent in 0..=100_usize) {
            let sparse = sparse(&values);
            let mut sorted = values;
            sorted.sort_unstable();
            let rank = (percent * sorted.len()).div_ceil(100).max(1);
            let exact = f64::from(sorted[rank - 1]);
            let estimate = f64::from(sparse.quantile(percent as f64 / 100.0).unwrap().0);
            prop_assert!((estimate - exact).abs() <= exact * 0.01, "p{}: {} is not {}", percent, estimate, exact);
        }

        #[test]
        fn merging_is_recording_both(left in values(), right in values()) {
            let mut merged = sparse(&left);
            merged.merge(&sparse(&right));
            prop_assert_eq!(merged.count(), (left.len() + right.len()) as u64);
            prop_assert_eq!(merged, sparse(&[left, right].concat()));
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        let mut sparse = Sparse::default();
        sparse.record(Micros(7), 0);
        assert_eq!((sparse.is_empty(), sparse.quantile(0.5)), (true, None));
    }

    #[test]
    fn counts_end_where_the_format_does() {
        let mut sparse = Sparse::default();
        sparse.record(Micros(7), u64::MAX);
        sparse.record(Micros(7), 1);
        sparse.record(Micros(9), 5);
        assert_eq!((sparse.count(), sparse.quantile(1.0)), (COUNT_MAX, Some(Micros(7))));
    }
}
