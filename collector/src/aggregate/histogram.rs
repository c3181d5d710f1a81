//! One distribution: an HDR histogram of whole millionths, with an exact sum and exact counts at the Core
//! Web Vitals thresholds.
//!
//! Two significant digits keep every quantile within 1 % (a bucket is at most 1/128 of its values wide).
//! That is too coarse for "how many were good": at 2.5 s a bucket is 16 ms wide. So the counts at the two
//! thresholds are kept beside it.

use hdrhistogram::Histogram as Hdr;

use crate::measure::Micros;

/// Significant decimal digits of the HDR histogram.
const SIGNIFICANT_DIGITS: u8 = 2;

/// A distribution of one metric.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Absent as long as it is empty: most cells never see most metrics.
    counts: Option<Box<Hdr<u64>>>,
    thresholds: Option<[Micros; 2]>,
    at_most_threshold: [u64; 2],
    sum_micros: u128,
}

impl Histogram {
    /// An empty distribution that counts exactly at `thresholds`, if there are any.
    #[must_use]
    pub fn new(thresholds: Option<[Micros; 2]>) -> Self {
        Self { thresholds, ..Self::default() }
    }

    /// Counts `value` so many times.
    pub fn record(&mut self, value: Micros, times: u64) {
        self.add(value.0.into(), times);
        self.sum_micros = self.sum_micros.saturating_add(u128::from(value.0) * u128::from(times));
        for (at_most, threshold) in
            self.at_most_threshold.iter_mut().zip(self.thresholds.into_iter().flatten())
        {
            if value <= threshold {
                *at_most = at_most.saturating_add(times);
            }
        }
    }

    /// Adds all that `other` has counted.
    pub fn merge(&mut self, other: &Self) {
        let Some(counts) = &other.counts else { return };
        self.thresholds = self.thresholds.or(other.thresholds);
        for bucket in counts.iter_recorded() {
            self.add(bucket.value_iterated_to(), bucket.count_at_value());
        }
        self.sum_micros = self.sum_micros.saturating_add(other.sum_micros);
        for (mine, others) in self.at_most_threshold.iter_mut().zip(other.at_most_threshold) {
            *mine = mine.saturating_add(others);
        }
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.len())
    }

    /// The exact sum of all values, in millionths.
    #[must_use]
    pub fn sum_micros(&self) -> u128 {
        self.sum_micros
    }

    /// The value at a quantile between 0 and 1, within 1 % of exact; nothing when empty.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Micros> {
        let counts = self.counts.as_ref().filter(|counts| !counts.is_empty())?;
        let value = counts.median_equivalent(counts.value_at_quantile(quantile));
        Some(Micros(u32::try_from(value).unwrap_or(u32::MAX)))
    }

    /// How many values are at most each of `edges`, which ascend: exact at the thresholds, elsewhere with
    /// the edge moved up to the end of its HDR bucket, by less than 1 %.
    #[must_use]
    pub fn at_most(&self, edges: &[Micros]) -> Vec<u64> {
        let mut buckets = self.counts.iter().flat_map(|counts| counts.iter_recorded()).peekable();
        let mut total = 0;
        let mut cumulative = |edge: Micros| {
            let end = self.counts.as_ref().map_or(0, |counts| counts.highest_equivalent(edge.0.into()));
            while let Some(bucket) = buckets.next_if(|bucket| bucket.value_iterated_to() <= end) {
                total += bucket.count_at_value();
            }
            total
        };
        let exact = |edge| self.thresholds?.iter().position(|&threshold| threshold == edge);
        edges
            .iter()
            .map(|&edge| {
                let rounded = cumulative(edge);
                exact(edge).map_or(rounded, |threshold| self.at_most_threshold[threshold])
            })
            .collect()
    }

    fn add(&mut self, value: u64, times: u64) {
        let counts = self.counts.get_or_insert_with(|| Box::new(empty_hdr()));
        // It grows to any value there is; were it ever unable to, the value counts as its largest.
        if counts.record_n(value, times).is_err() {
            counts.saturating_record_n(value, times);
        }
    }
}

/// A histogram that grows with its largest value.
#[allow(clippy::expect_used)] // 0 to 5 digits are valid, and this is a constant.
fn empty_hdr() -> Hdr<u64> {
    Hdr::new(SIGNIFICANT_DIGITS).expect("two significant digits are valid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Metric;
    use proptest::prelude::*;

    /// The smallest value that at least the share `quantile` of all does not exceed (nearest rank).
    fn exact_quantile(sorted: &[u32], quantile: f64) -> u32 {
        let rank = (quantile * sorted.len() as f64).ceil().max(1.0) as usize;
        sorted[rank - 1]
    }

    fn values() -> impl Strategy<Value = Vec<u32>> {
        proptest::collection::vec(prop_oneof![0..300_u32, 0..5_000_000_u32, 0..600_000_001_u32], 1..300)
    }

    fn histogram(values: &[u32]) -> Histogram {
        let mut histogram = Histogram::new(Metric::Lcp.thresholds());
        for &value in values {
            histogram.record(Micros(value), 1);
        }
        histogram
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent(values in values()) {
            let histogram = histogram(&values);
            let mut sorted = values;
            sorted.sort_unstable();
            for quantile in [0.01, 0.25, 0.5, 0.75, 0.95, 0.999, 1.0] {
                let exact = f64::from(exact_quantile(&sorted, quantile));
                let estimate = histogram.quantile(quantile).map_or(-1.0, |value| f64::from(value.0));
                prop_assert!((estimate - exact).abs() <= exact * 0.01, "{}: {} is not {}", quantile, estimate, exact);
            }
        }

        #[test]
        fn thresholds_and_sums_are_exact(values in values()) {
            let histogram = histogram(&values);
            let [good, poor] = Metric::Lcp.thresholds().unwrap_or_default();
            let at_most = |edge: Micros| values.iter().filter(|&&value| value <= edge.0).count() as u64;
            prop_assert_eq!(histogram.at_most(&[good, poor]), vec![at_most(good), at_most(poor)]);
            prop_assert_eq!(histogram.sum_micros(), values.iter().map(|&value| u128::from(value)).sum::<u128>());
            prop_assert_eq!(histogram.count(), values.len() as u64);
        }

        #[test]
        fn counts_at_edges_ascend_and_miss_by_less_than_a_bucket(values in values()) {
            let edges = [10_000, 500_000, 2_000_000, 2_500_000, 3_000_000, 4_000_000, 60_000_000].map(Micros);
            let counts = histogram(&values).at_most(&edges);
            prop_assert!(counts.is_sorted());
            for (edge, count) in edges.into_iter().zip(counts) {
                let at_most = |edge: f64| values.iter().filter(|&&value| f64::from(value) <= edge).count() as u64;
                prop_assert!(at_most(f64::from(edge.0)) <= count && count <= at_most(f64::from(edge.0) * 1.01));
            }
        }

        #[test]
        fn merging_is_recording_both(left in values(), right in values(), at in 0_usize..300) {
            let mut merged = histogram(&left);
            merged.merge(&histogram(&right));
            let both: Vec<u32> = left.into_iter().chain(right).collect();
            prop_assert_eq!(&merged, &histogram(&both));
            let (head, tail) = both.split_at(at.min(both.len()));
            let mut turned = histogram(tail);
            turned.merge(&histogram(head));
            prop_assert_eq!(merged, turned);
        }
    }

    #[test]
    fn weights_count_as_many_times() {
        let mut weighted = Histogram::new(Metric::Lcp.thresholds());
        weighted.record(Micros(1_000_000), 3);
        assert_eq!(weighted, histogram(&[1_000_000; 3]));
    }

    #[test]
    fn empty_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(Histogram::default().at_most(&[Micros(1)]), vec![0]);
    }
}
