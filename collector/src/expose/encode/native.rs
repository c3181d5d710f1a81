//! Native histograms: exponential buckets in the place of the classic ones
//! (<https://prometheus.io/docs/specs/native_histograms>).
//!
//! Which bucket counts what, [`bands`] says.

use crate::aggregate::histogram::{Distribution, Sums, bands};

use super::deltas::{Deltas, SMALL, hit, hit_small};
use super::spans::{ALIKE, Spans};

/// Values up to this count as zero: 2⁻¹²⁸, as in Prometheus' own libraries. Ours are whole millionths, so 0 alone does.
pub(super) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// Counts in native buckets, summed over parts.
#[derive(Debug)]
pub(super) struct Native {
    sums: Sums,
    spans: Spans,
    sum_micros: u64,
}

/// What a distribution tells beside its buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Totals {
    /// Of all values.
    pub count: u64,
    /// Of the values that are zero.
    pub zeros: u64,
    pub sum_micros: u64,
}

/// A run of neighbouring buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Buckets between it and the span before it; for the first one the index of its first bucket.
    pub offset: i32,
    /// Its buckets.
    pub length: u32,
}

impl Native {
    pub(super) fn new() -> Self {
        Self { sums: Sums::new(), spans: Spans::default(), sum_micros: 0 }
    }

    /// Adds the counts of a part.
    pub(super) fn add(&mut self, part: &Distribution<'_>) {
        self.sums.add(part);
        self.sum_micros += part.sum_micros();
    }

    /// Gives the spans, the count of each of their buckets as the difference to the one before, packed as protobuf
    /// packs numbers, and the totals; then begins anew.
    pub(super) fn take(&mut self, spans: &mut Vec<Span>, deltas: &mut Deltas) -> Totals {
        let zeros = self.sums.take_zeros();
        let (first, count, runs);
        if let Some(small) = self.sums.small_counts(SMALL) {
            (first, count, runs) =
                (small.first, small.count, self.spans.find(small.counts.chunks(ALIKE).map(hit_small)));
            deltas.write_small(small.counts, runs);
        } else {
            let any = self.sums.counts();
            (first, count, runs) = (any.first, any.count, self.spans.find(any.counts.chunks(ALIKE).map(hit)));
            deltas.write(any.counts, runs);
        }
        spans.clear();
        // How far a bucket's index is from its band, until there is a span, from whose end the next one counts.
        let mut end = i32::from(bands::ZERO) + 1 - bands::lowest();
        for run in runs {
            spans.push(Span { offset: signed(first + run.start) - end, length: run.len() as u32 });
            end = signed(first + run.end);
        }
        self.sums.clear();
        Totals { count: count.wrapping_add(zeros), zeros, sum_micros: std::mem::take(&mut self.sum_micros) }
    }
}

/// A number of bands, which are about five hundred.
fn signed(bands: usize) -> i32 {
    i32::try_from(bands).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::Histogram;
    use crate::measure::{Micros, Scale};
    use proptest::prelude::*;
    use protobuf::CodedInputStream;

    /// The upper end of a bucket, by the formula of the specification.
    fn upper(index: i32) -> f64 {
        (f64::from(index) / f64::from(1 << bands::SCHEMA)).exp2()
    }

    /// Reads spans and deltas as the specification says: index and count of each bucket.
    fn read(spans: &[Span], deltas: &[u8]) -> Vec<(i32, i64)> {
        let (mut index, mut count) = (0, 0);
        let mut deltas = CodedInputStream::from_bytes(deltas);
        let mut buckets = Vec::new();
        for span in spans {
            index += span.offset;
            for _ in 0..span.length {
                count += deltas.read_sint64().unwrap();
                buckets.push((index, count));
                index += 1;
            }
        }
        assert!(deltas.eof().unwrap());
        buckets
    }

    proptest! {
        #[test]
        fn every_value_is_in_its_bucket_give_or_take_half_a_slot(
            values in proptest::collection::vec(prop_oneof![0..5_u32, 0..10_000_000_u32, any::<u32>()], 1..200),
            times in prop_oneof![Just(1_u64), Just(200)],
        ) {
            let mut native = Native::new();
            for &value in &values {
                let mut part = Histogram::new(Scale::Loading);
                part.record(Micros(value), times);
                native.add(&part.distribution());
            }
            let (mut spans, mut deltas) = (Vec::new(), Deltas::default());
            let totals = native.take(&mut spans, &mut deltas);
            prop_assert_eq!(totals.count, times * values.len() as u64);
            prop_assert_eq!(totals.zeros, times * values.iter().filter(|&&value| value == 0).count() as u64);
            prop_assert_eq!(totals.sum_micros, times * values.iter().map(|&value| u64::from(value)).sum::<u64>());
            let buckets = read(&spans, deltas.bytes());
            prop_assert!(spans.iter().skip(1).all(|span| span.offset > 2));
            let mut positive: Vec<u32> = values.into_iter().filter(|&value| value > 0).collect();
            positive.sort_unstable();
            let mut positive = positive.into_iter();
            for (index, count) in buckets {
                for value in positive.by_ref().take(count as usize / times as usize) {
                    let value = f64::from(value) / 1e6;
                    prop_assert!(value > upper(index - 1) * (1.0 - 0.004) && value <= upper(index) * 1.004);
                }
            }
            prop_assert_eq!(positive.next(), None);
        }
    }

    #[test]
    fn begins_anew() {
        let mut native = Native::new();
        let mut part = Histogram::new(Scale::Score);
        part.record(Micros(0), 3);
        part.record(Micros(100_000), 2);
        native.add(&part.distribution());
        let (mut spans, mut deltas) = (Vec::new(), Deltas::default());
        let totals = Totals { count: 5, zeros: 3, sum_micros: 200_000 };
        assert_eq!(native.take(&mut spans, &mut deltas), totals);
        // 0.1 lies between 2^(-54/16) and 2^(-53/16).
        assert_eq!(read(&spans, deltas.bytes()), [(-53, 2)]);
        assert_eq!(native.take(&mut spans, &mut deltas), Totals { count: 0, zeros: 0, sum_micros: 0 });
        assert!(spans.is_empty() && deltas.bytes().is_empty());
    }
}
