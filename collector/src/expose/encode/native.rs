//! Native histograms: exponential buckets in the place of the classic ones
//! (<https://prometheus.io/docs/specs/native_histograms>).
//!
//! At schema 5 a bucket is 2.2 % wide (2^(1/32)), and the buckets lie finer than anybody asks. A slot counts in the
//! bucket of its middle, which is at most half a slot, 0.4 %, beside the truth.

use std::sync::LazyLock;

use crate::aggregate::histogram::{Distribution, slot};
use crate::measure::{Micros, Scale};

/// Buckets for each power of two are 2 to the power of this.
pub(super) const SCHEMA: i32 = 5;
/// Values up to this count as zero: 2⁻¹²⁸, as in Prometheus' own libraries. Ours are whole millionths, so 0 alone does.
pub(super) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;
/// Empty buckets between two spans that are written out rather than skipped: a new span costs more bytes.
const GAP_MAX: usize = 2;

/// Counts in native buckets, summed over parts.
#[derive(Debug)]
pub(super) struct Native {
    /// For each bucket from [`lowest`]'s on.
    counts: Box<[u64]>,
    /// The first and last bucket that may be more than zero; the first is past the last when all are empty.
    touched: (usize, usize),
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

/// For the values of a slot, which number of our array counts them; [`ZERO`] for the value 0.
type Numbers = Box<[u16]>;

const ZERO: u16 = u16::MAX;

static NUMBERS: LazyLock<[Numbers; Scale::ALL.len()]> = LazyLock::new(|| {
    Scale::ALL.map(|scale| (0..slot::count(scale)).map(|slot| number(scale, slot as u16)).collect())
});

fn number(scale: Scale, slot: u16) -> u16 {
    let values = slot::values(scale, slot);
    if *values.end() == 0 {
        return ZERO;
    }
    let middle = f64::midpoint(f64::from(*values.start()), f64::from(*values.end()));
    (index(middle) - lowest()) as u16 // from 0 to 1,024
}

/// The index of the bucket that counts so many millionths: it reaches up to 2^(index / 2^schema) units.
fn index(micros: f64) -> i32 {
    let unit = f64::from(Micros::UNIT);
    ((micros / unit).log2() * f64::from(1 << SCHEMA)).ceil() as i32
}

/// The index of the bucket of one millionth, the smallest value that is not zero.
fn lowest() -> i32 {
    index(1.0)
}

impl Native {
    pub(super) fn new() -> Self {
        let count = index(f64::from(u32::MAX)) - lowest() + 1;
        let counts = vec![0; count as usize].into();
        Self { counts, touched: (usize::MAX, 0), zeros: 0, sum_micros: 0 }
    }

    /// Adds the counts of a part.
    pub(super) fn add(&mut self, part: &Distribution<'_>) {
        let numbers = &NUMBERS[part.scale() as usize];
        let (mut first, mut last) = self.touched;
        part.for_each_slot(|slot, times| match numbers[usize::from(slot)] {
            ZERO => self.zeros += times,
            number => {
                let number = usize::from(number);
                self.counts[number] += times;
                first = first.min(number);
                last = last.max(number);
            }
        });
        self.touched = (first, last);
        self.sum_micros += part.sum_micros();
    }

    /// Gives the spans, the count of each of their buckets as the difference to the one before, and the count of all
    /// values; then begins anew.
    pub(super) fn take(&mut self, spans: &mut Vec<Span>, deltas: &mut Vec<i64>) -> u64 {
        spans.clear();
        deltas.clear();
        let (first, last) = std::mem::replace(&mut self.touched, (usize::MAX, 0));
        let mut total = std::mem::take(&mut self.zeros);
        self.sum_micros = 0;
        let (mut before, mut end) = (0_i64, 0_usize);
        for number in first..=last {
            let count = std::mem::take(&mut self.counts[number]);
            if count == 0 {
                continue;
            }
            total += count;
            match spans.last_mut() {
                Some(span) if number - end <= GAP_MAX => {
                    for _empty in end..number {
                        deltas.push(-before);
                        before = 0;
                    }
                    span.length += (number - end) as u32 + 1;
                }
                Some(_) => spans.push(Span { offset: signed(number - end), length: 1 }),
                None => spans.push(Span { offset: signed(number) + lowest(), length: 1 }),
            }
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            deltas.push(count - before);
            before = count;
            end = number + 1;
        }
        total
    }
}

/// A number of buckets, which are about a thousand.
fn signed(buckets: usize) -> i32 {
    i32::try_from(buckets).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::Histogram;
    use proptest::prelude::*;

    /// The upper end of a bucket, by the formula of the specification.
    fn upper(index: i32) -> f64 {
        (f64::from(index) / f64::from(1 << SCHEMA)).exp2()
    }

    /// Reads spans and deltas as the specification says: index and count of each bucket.
    fn read(spans: &[Span], deltas: &[i64]) -> Vec<(i32, i64)> {
        let (mut index, mut count) = (0, 0);
        let mut deltas = deltas.iter();
        let mut buckets = Vec::new();
        for span in spans {
            index += span.offset;
            for _ in 0..span.length {
                count += deltas.next().unwrap();
                buckets.push((index, count));
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        buckets
    }

    proptest! {
        #[test]
        fn every_value_is_in_its_bucket_give_or_take_half_a_slot(
            values in proptest::collection::vec(prop_oneof![0..5_u32, 0..10_000_000_u32, any::<u32>()], 1..200)
        ) {
            let mut native = Native::new();
            for &value in &values {
                let mut part = Histogram::new(Scale::Loading);
                part.record(Micros(value), 1);
                native.add(&part.distribution());
            }
            prop_assert_eq!(native.zeros, values.iter().filter(|&&value| value == 0).count() as u64);
            let (mut spans, mut deltas) = (Vec::new(), Vec::new());
            let total = native.take(&mut spans, &mut deltas);
            prop_assert_eq!(total, values.len() as u64);
            let buckets = read(&spans, &deltas);
            prop_assert!(spans.iter().skip(1).all(|span| span.offset as usize > GAP_MAX));
            let mut positive: Vec<u32> = values.into_iter().filter(|&value| value > 0).collect();
            positive.sort_unstable();
            let mut positive = positive.into_iter();
            for (index, count) in buckets {
                for value in positive.by_ref().take(count as usize) {
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
        let (mut spans, mut deltas) = (Vec::new(), Vec::new());
        assert_eq!(native.take(&mut spans, &mut deltas), 5);
        // 0.1 lies between 2^(-107/32) and 2^(-106/32).
        assert_eq!((&spans[..], &deltas[..]), (&[Span { offset: -106, length: 1 }][..], &[2][..]));
        assert_eq!(native.take(&mut spans, &mut deltas), 0);
        assert!(spans.is_empty() && deltas.is_empty());
    }
}
