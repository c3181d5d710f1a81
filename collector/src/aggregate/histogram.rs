//! One distribution: an HDR histogram of whole millionths, with an exact sum and exact counts at the edges of
//! the classic buckets.
//!
//! Two significant digits keep every quantile within 1 % (a bucket is at most 1/128 of its values wide).
//! [`slot`] says how values are numbered, `counts` how they are kept: ten thousand cells of ten
//! distributions have to fit into a small machine. [`Histogram::to_hdr`] gives the same counts as a histogram
//! of the crate `hdrhistogram`, for quantiles and for everybody who reads its V2 format.

pub mod bands;
mod column;
mod copied;
mod counts;
mod distributions;
mod packed;
pub mod slot;
mod sums;

use std::collections::BTreeMap;

use hdrhistogram::Histogram as Hdr;

use crate::leb128;
use crate::measure::{Micros, Scale};
use crate::prefetch::prefetch_all;

use self::column::Column;
use self::counts::Counts;
use self::packed::NO_SLOT;

pub use self::copied::Copied;
pub use self::distributions::{Distributions, Row};
pub use self::sums::{Reached, Sums};

/// A distribution of one metric.
#[derive(Debug, Clone)]
pub struct Histogram {
    sum_micros: u64,
    counts: Counts,
    scale: Scale,
}

impl Histogram {
    /// An empty distribution that counts exactly at the edges of `scale`.
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self { sum_micros: 0, counts: Counts::NONE, scale }
    }

    /// What its values are.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Counts `value` so many times.
    pub fn record(&mut self, value: Micros, times: u64) {
        self.sum_micros = self.sum_micros.saturating_add(u64::from(value.0).saturating_mul(times));
        self.counts.add(slot::of(self.scale, value), times);
    }

    /// Adds all that `other`, a distribution of the same scale, has counted.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.scale, other.scale, "slots of different scales can't be added");
        self.sum_micros = self.sum_micros.saturating_add(other.sum_micros);
        other.counts.for_each(|slot, times| self.counts.add(slot, times));
    }

    /// What it counted, to be read.
    #[must_use]
    pub fn distribution(&self) -> Distribution<'_> {
        Distribution {
            scale: self.scale,
            sum_micros: self.sum_micros,
            counted: Counted::Counts(&self.counts),
            latest: &[],
            columns: 1,
            each: 0,
        }
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Takes what [`Distribution::write`] wrote of one of this scale.
    #[must_use]
    pub fn read(scale: Scale, from: &mut &[u8]) -> Option<Self> {
        let mut read = Self::new(scale);
        let slots;
        (read.sum_micros, slots) = take_slots(scale, from)?;
        for (slot, times) in slots {
            read.counts.add(slot, times);
        }
        Some(read)
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        let mut count = 0_u64;
        self.counts.for_each(|_, times| count = count.saturating_add(times));
        count
    }

    /// The exact sum of all values, in millionths.
    #[must_use]
    pub fn sum_micros(&self) -> u64 {
        self.sum_micros
    }

    /// Gives each [`slot`] that was hit with its count, in no order; a slot may come more than once.
    pub fn for_each_slot(&self, count: impl FnMut(u16, u64)) {
        self.counts.for_each(count);
    }

    /// The same counts as an HDR histogram of two significant digits.
    #[must_use]
    pub fn to_hdr(&self) -> Hdr<u64> {
        let mut hdr = empty_hdr();
        self.counts.for_each(|slot, times| {
            let value = u64::from(*slot::values(self.scale, slot).start());
            // It reaches to the largest value there is, so this never fails; were it to, the value counts as its largest.
            if hdr.record_n(value, times).is_err() {
                hdr.saturating_record_n(value, times);
            }
        });
        hdr
    }

    /// The value at a quantile between 0 and 1, within 1 % of exact; nothing when empty.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Micros> {
        if self.is_empty() {
            return None;
        }
        let hdr = self.to_hdr();
        let value = hdr.median_equivalent(hdr.value_at_quantile(quantile));
        Some(Micros(u32::try_from(value).unwrap_or(u32::MAX)))
    }
}

/// Two histograms are the same when they have counted the same, in whatever form they keep it.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.distribution() == other.distribution()
    }
}

/// A distribution as it is read, however it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Distribution<'a> {
    scale: Scale,
    sum_micros: u64,
    counted: Counted<'a>,
    /// The latest slots, which are not counted yet: the first of every so many `columns`.
    latest: &'a [u16],
    columns: usize,
    /// For how many values each of the latest slots stands, and each that is packed.
    each: u64,
}

/// What a reader of distributions needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// How many values are in each of the [`bands`].
    Bands,
    /// How many are in each [`slot`].
    Slots,
}

/// What was counted, in one of its forms.
#[derive(Debug, Clone, Copy)]
enum Counted<'a> {
    Packed(Column<'a>),
    Counts(&'a Counts),
}

impl Distribution<'_> {
    /// What its values are.
    #[must_use]
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_none_counted = match self.counted {
            Counted::Packed(column) => column.bands.is_empty(),
            Counted::Counts(counts) => counts.is_empty(),
        };
        is_none_counted && self.latest().next().is_none()
    }

    /// The exact sum of all values, in millionths.
    #[must_use]
    pub fn sum_micros(&self) -> u64 {
        self.sum_micros
    }

    /// Says that it will soon be read in this detail, so that its memory is there by then.
    pub fn expect(&self, detail: Detail) {
        match self.counted {
            Counted::Packed(column) => {
                prefetch_all(column.bands);
                if detail == Detail::Slots {
                    prefetch_all(column.places);
                }
            }
            Counted::Counts(counts) => counts.expect(),
        }
        prefetch_all(self.latest);
    }

    /// Gives each [`slot`] that was hit with its count, in no order; a slot may come more than once.
    pub fn for_each_slot(&self, mut count: impl FnMut(u16, u64)) {
        match self.counted {
            Counted::Packed(column) => {
                column.for_each_slot(self.scale, |slot, times| count(slot, times.saturating_mul(self.each)));
            }
            Counted::Counts(counts) => counts.for_each(&mut count),
        }
        self.latest().for_each(|slot| count(slot, self.each));
    }

    /// Appends what was counted, in one form for all that is the same: the sum, how many slots were hit, and of each the
    /// distance to the one before it and its count.
    pub fn write(&self, into: &mut Vec<u8>) {
        let counted = self.counted();
        leb128::append(self.sum_micros, into);
        leb128::append(counted.len() as u64, into);
        let mut last = 0;
        for (slot, times) in counted {
            leb128::append(u64::from(slot - last), into);
            leb128::append(times, into);
            last = slot;
        }
    }

    fn latest(&self) -> impl Iterator<Item = u16> {
        self.latest.iter().step_by(self.columns).copied().filter(|&slot| slot != NO_SLOT)
    }

    fn counted(&self) -> BTreeMap<u16, u64> {
        let mut counted = BTreeMap::new();
        self.for_each_slot(|slot, times| {
            let sum: &mut u64 = counted.entry(slot).or_default();
            *sum = sum.saturating_add(times); // as where they are counted
        });
        counted
    }
}

/// Two are the same when they have counted the same.
impl PartialEq for Distribution<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.scale == other.scale && self.sum_micros == other.sum_micros && self.counted() == other.counted()
    }
}

/// Takes what [`Distribution::write`] wrote: the sum, and each slot with its count, in ascending order.
fn take_slots(scale: Scale, from: &mut &[u8]) -> Option<(u64, Vec<(u16, u64)>)> {
    let end = slot::count(scale);
    let sum_micros = leb128::take(from)?;
    let mut slots = Vec::new();
    let mut slot = 0_u16;
    for _ in 0..leb128::take(from)? {
        slot = slot
            .checked_add(u16::try_from(leb128::take(from)?).ok()?)
            .filter(|&slot| usize::from(slot) < end)?;
        slots.push((slot, leb128::take(from)?));
    }
    Some((sum_micros, slots))
}

/// A histogram for every value there is.
#[allow(clippy::expect_used)] // 0 to 5 digits are valid, and so are these bounds.
fn empty_hdr() -> Hdr<u64> {
    let highest = u64::from(u32::MAX);
    Hdr::new_with_bounds(1, highest, slot::SIGNIFICANT_DIGITS).expect("two significant digits are valid")
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let edges = proptest::sample::select(Scale::Loading.edges());
        let about = edges.prop_flat_map(|edge| edge.0 - 1..edge.0 + 2);
        proptest::collection::vec(prop_oneof![about, 0..600_000_001_u32], 1..300)
    }

    fn histogram(values: &[u32]) -> Histogram {
        let mut histogram = Histogram::new(Scale::Loading);
        for &value in values {
            histogram.record(Micros(value), 1);
        }
        histogram
    }

    /// How many values a histogram counted that are at most `edge`.
    fn at_most(histogram: &Histogram, edge: Micros) -> u64 {
        let mut count = 0;
        histogram.for_each_slot(|slot, times| {
            count += if *slot::values(Scale::Loading, slot).end() <= edge.0 { times } else { 0 };
        });
        count
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
            for &edge in Scale::Loading.edges() {
                let exact = values.iter().filter(|&&value| value <= edge.0).count() as u64;
                prop_assert_eq!(at_most(&histogram, edge), exact, "{:?}", edge);
            }
            prop_assert_eq!(histogram.sum_micros(), values.iter().map(|&value| u64::from(value)).sum::<u64>());
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

        #[test]
        fn hdr_histogram_counts_the_same(values in values()) {
            let mut hdr = empty_hdr();
            for &value in &values {
                hdr.record(value.into()).unwrap();
            }
            prop_assert_eq!(histogram(&values).to_hdr(), hdr);
        }
    }

    #[test]
    fn weights_count_as_many_times() {
        let mut weighted = Histogram::new(Scale::Loading);
        weighted.record(Micros(1_000_000), 3);
        assert_eq!(weighted, histogram(&[1_000_000; 3]));
    }

    #[test]
    fn empty_has_no_quantile() {
        let empty = Histogram::new(Scale::Loading);
        assert_eq!((empty.quantile(0.5), empty.count(), empty.is_empty()), (None, 0, true));
    }
}
