//! One distribution: an HDR histogram of whole millionths, with an exact sum and exact counts at the edges of
//! the classic buckets.
//!
//! Two significant digits keep every quantile within 1 % (a bucket is at most 1/128 of its values wide).
//! That is too coarse for "how many were good": at 2.5 s a bucket is 16 ms wide. So the counts between the
//! classic edges, among which are the Core Web Vitals thresholds, are kept beside it.

use hdrhistogram::Histogram as Hdr;

use crate::measure::Micros;

/// Significant decimal digits of the HDR histogram.
const SIGNIFICANT_DIGITS: u8 = 2;

/// A distribution of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    edges: &'static [Micros],
    sum_micros: u128,
    /// Absent as long as it is empty: most cells never see most metrics.
    counts: Option<Box<Counts>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Counts {
    hdr: Hdr<u64>,
    /// Values up to each edge and above the one before; at the end those above the last.
    between_edges: Box<[u64]>,
}

impl Histogram {
    /// An empty distribution that counts exactly at `edges`, which ascend.
    #[must_use]
    pub fn new(edges: &'static [Micros]) -> Self {
        Self { edges, sum_micros: 0, counts: None }
    }

    /// Counts `value` so many times.
    pub fn record(&mut self, value: Micros, times: u64) {
        self.sum_micros = self.sum_micros.saturating_add(u128::from(value.0) * u128::from(times));
        let bucket = self.edges.partition_point(|&edge| edge < value);
        let counts = self.counts();
        counts.add(value.0.into(), times);
        counts.between_edges[bucket] = counts.between_edges[bucket].saturating_add(times);
    }

    /// Adds all that `other`, a distribution with the same edges, has counted.
    pub fn merge(&mut self, other: &Self) {
        let Some(others) = &other.counts else { return };
        self.sum_micros = self.sum_micros.saturating_add(other.sum_micros);
        let counts = self.counts();
        for bucket in others.hdr.iter_recorded() {
            counts.add(bucket.value_iterated_to(), bucket.count_at_value());
        }
        for (mine, others) in counts.between_edges.iter_mut().zip(&others.between_edges) {
            *mine = mine.saturating_add(*others);
        }
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.hdr.len())
    }

    /// The exact sum of all values, in millionths.
    #[must_use]
    pub fn sum_micros(&self) -> u128 {
        self.sum_micros
    }

    /// The value at a quantile between 0 and 1, within 1 % of exact; nothing when empty.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Micros> {
        let hdr = &self.counts.as_ref()?.hdr;
        let value = hdr.median_equivalent(hdr.value_at_quantile(quantile));
        Some(Micros(u32::try_from(value).unwrap_or(u32::MAX)))
    }

    /// The edges, each with the exact number of values that are at most it.
    pub fn at_most(&self) -> impl Iterator<Item = (Micros, u64)> {
        let between = self.counts.as_ref().map_or(&[][..], |counts| &counts.between_edges);
        let between = between.iter().copied().chain(std::iter::repeat(0));
        self.edges.iter().copied().zip(between).scan(0_u64, |at_most, (edge, count)| {
            *at_most = at_most.saturating_add(count);
            Some((edge, *at_most))
        })
    }

    fn counts(&mut self) -> &mut Counts {
        let buckets = self.edges.len() + 1;
        self.counts.get_or_insert_with(|| {
            Box::new(Counts { hdr: empty_hdr(), between_edges: vec![0; buckets].into() })
        })
    }
}

impl Counts {
    fn add(&mut self, value: u64, times: u64) {
        // It grows to any value there is; were it ever unable to, the value counts as its largest.
        if self.hdr.record_n(value, times).is_err() {
            self.hdr.saturating_record_n(value, times);
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

    /// Values on, next to and between the edges.
    fn values_about_edges() -> impl Strategy<Value = Vec<u32>> {
        let about =
            proptest::sample::select(Metric::Lcp.edges()).prop_flat_map(|edge| edge.0 - 1..edge.0 + 2);
        proptest::collection::vec(prop_oneof![about, 0..600_000_001_u32], 1..300)
    }

    fn histogram(values: &[u32]) -> Histogram {
        let mut histogram = Histogram::new(Metric::Lcp.edges());
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
        fn edges_and_sums_are_exact(values in values_about_edges()) {
            let histogram = histogram(&values);
            for (edge, count) in histogram.at_most() {
                let exact = values.iter().filter(|&&value| value <= edge.0).count() as u64;
                prop_assert_eq!(count, exact, "{:?}", edge);
            }
            prop_assert_eq!(histogram.sum_micros(), values.iter().map(|&value| u128::from(value)).sum::<u128>());
            prop_assert_eq!(histogram.count(), values.len() as u64);
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
        let mut weighted = Histogram::new(Metric::Lcp.edges());
        weighted.record(Micros(1_000_000), 3);
        assert_eq!(weighted, histogram(&[1_000_000; 3]));
    }

    #[test]
    fn empty_has_no_quantile() {
        let empty = Histogram::new(Metric::Lcp.edges());
        assert_eq!(empty.quantile(0.5), None);
        assert!(empty.at_most().map(|(_, count)| count).eq([0; 22]));
    }
}
