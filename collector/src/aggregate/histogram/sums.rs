//! Counts in [`bands`], as expositions show them: the sum of a distribution's parts.
//!
//! A scrape of ten thousand cells has a hundred thousand distributions to sum, so nothing here may cost a branch that can't be
//! foreseen, or a wait. Entries of packed bands are added without asking which kind they are. Counters side by side are
//! summed from the first on, and a band has the difference of two of these sums.

use std::ops::Range;

use super::bands::{self, BANDS, Bands, SLOTS_MAX};
use super::column::Column;
use super::counts::{Counts, Window};
use super::{Counted, Distribution};

/// Bands that are added up side by side.
const ALIKE: usize = 16;
/// Values that are counted in two bytes for certain.
const LISTED_MAX: usize = u16::MAX as usize;

/// What the parts of a distribution have counted in its bands.
#[derive(Debug)]
pub struct Sums {
    /// The lowest band that may be more than zero, and the highest.
    lowest: usize,
    highest: usize,
    /// What counters have counted, and whether they have.
    counts: Box<[u64; BANDS]>,
    is_counted: bool,
    /// What lists have, and packed values: at most so many, each of which stands for so many values.
    listed: Box<[u16; BANDS]>,
    listed_max: usize,
    each: u64,
    /// Sums of a window's first counters: none of them, one, two …
    cumulated: Vec<u64>,
    /// What is listed, as bytes.
    small: Box<[u8; BANDS]>,
}

/// Some counts, beginning with that of the band `first`, and the sum of all of them.
#[derive(Debug, Clone, Copy)]
pub struct Reached<'a, T> {
    /// The number of the first band.
    pub first: usize,
    /// The counts of this one and those above it; the last ones are zero.
    pub counts: &'a [T],
    /// All of them.
    pub count: u64,
}

impl Sums {
    /// Of nothing yet.
    #[must_use]
    #[allow(clippy::new_without_default)] // a sum of nothing is no default of anything
    pub fn new() -> Self {
        Self {
            lowest: BANDS,
            highest: 0,
            counts: Box::new([0; BANDS]),
            is_counted: false,
            listed: Box::new([0; BANDS]),
            listed_max: 0,
            each: 1,
            cumulated: Vec::new(),
            small: Box::new([0; BANDS]),
        }
    }

    /// Adds a part; all parts are of one scale.
    pub fn add(&mut self, part: &Distribution<'_>) {
        let bands = Bands::of(part.scale);
        match part.counted {
            Counted::Packed(column) => self.add_packed(column, part.each),
            Counted::Counts(counts) => match counts {
                Counts::Few { each, slots } => {
                    for slots in slots.chunks(LISTED_MAX) {
                        self.add_slots(bands, slots.iter().copied(), slots.len(), u64::from(*each));
                    }
                }
                Counts::OneByte(window) => self.add_bytes(bands, window),
                Counts::TwoBytes(window) => self.add_window(bands, window),
                Counts::FourBytes(window) => self.add_window(bands, window),
                Counts::EightBytes(window) => self.add_window(bands, window),
            },
        }
        for latest in part.latest.chunks(LISTED_MAX / part.columns * part.columns) {
            let at_most = latest.len().div_ceil(part.columns);
            let latest = Distribution { latest, ..*part };
            self.add_slots(bands, latest.latest(), at_most, part.each);
        }
    }

    /// Takes what the band of zero has counted.
    pub fn take_zeros(&mut self) -> u64 {
        const ZERO: usize = bands::ZERO as usize;
        let listed = u64::from(std::mem::take(&mut self.listed[ZERO])).wrapping_mul(self.each);
        std::mem::take(&mut self.counts[ZERO]).wrapping_add(listed)
    }

    /// All counts but the zeros below and above them, if they all are below a power of two.
    pub fn small_counts(&mut self, power: u8) -> Option<Reached<'_, u8>> {
        if self.is_counted || self.each != 1 {
            return None;
        }
        let reached = self.reached();
        let (listed, small) = (&self.listed[reached.clone()], &mut self.small[reached.clone()]);
        // All together they are no more than one of them could be.
        let (all, count) = listed.iter().fold((0, 0), |(all, count), times| (all | times, count + times));
        for (small, times) in small.iter_mut().zip(listed) {
            *small = *times as u8;
        }
        (all < power.into()).then_some(Reached { first: reached.start, counts: small, count: count.into() })
    }

    /// All counts but the zeros below and above them.
    pub fn counts(&mut self) -> Reached<'_, u64> {
        self.count_listed();
        let reached = self.reached();
        let counts = &self.counts[reached.clone()];
        let count = counts.iter().fold(0, |sum: u64, count| sum.wrapping_add(*count));
        Reached { first: reached.start, counts, count }
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        let reached = self.reached();
        if self.is_counted {
            self.counts[reached.clone()].fill(0);
        }
        self.listed[reached].fill(0);
        (self.lowest, self.highest, self.listed_max, self.is_counted) = (BANDS, 0, 0, false);
    }

    /// The bands that may be more than zero, and some more, so that all of them are handled alike.
    fn reached(&self) -> Range<usize> {
        let end = (self.highest / ALIKE + 2) * ALIKE;
        (self.lowest / ALIKE * ALIKE).min(end)..end
    }

    fn reach(&mut self, lowest: usize, highest: usize) {
        self.lowest = self.lowest.min(lowest);
        self.highest = self.highest.max(highest);
    }

    /// Makes sure that so many more values can be listed.
    fn make_room(&mut self, values: usize, each: u64) {
        if each != self.each || self.listed_max + values > LISTED_MAX {
            self.count_listed();
            self.each = each;
        }
        self.listed_max += values;
    }

    /// Adds at most so many slots.
    fn add_slots(&mut self, bands: &Bands, slots: impl Iterator<Item = u16>, at_most: usize, each: u64) {
        self.make_room(at_most, each);
        let (mut lowest, mut highest) = (self.lowest, self.highest);
        for slot in slots {
            let band = usize::from(bands.band(slot)) % BANDS;
            self.listed[band] += 1;
            lowest = lowest.min(band);
            highest = highest.max(band);
        }
        self.reach(lowest, highest);
    }

    fn add_window<T: Copy + Into<u64>>(&mut self, bands: &Bands, window: &Window<T>) {
        let Some(last) = window.counters.len().checked_sub(1) else { return };
        let mut sum = 0_u64;
        self.cumulated.clear();
        self.cumulated.push(0);
        self.cumulated.extend(window.counters.iter().map(|&counter| {
            sum = sum.wrapping_add(counter.into());
            sum
        }));
        self.is_counted = true;
        let (lowest, highest) =
            (bands.band(window.first).into(), bands.band(window.first + last as u16).into());
        self.reach(lowest, highest);
        let mut before = 0;
        for (count, &end) in self.counts[lowest..=highest].iter_mut().zip(bands.ends(lowest..=highest)) {
            // The highest band may have slots past the last counter.
            let end = usize::from(end.saturating_sub(window.first)).min(last + 1);
            let up_to_end = self.cumulated[end];
            *count = count.wrapping_add(up_to_end.wrapping_sub(before));
            before = up_to_end;
        }
    }

    /// As [`Self::add_window`], for the counters that nearly all have.
    fn add_bytes(&mut self, bands: &Bands, window: &Window<u8>) {
        let Some(last) = window.counters.len().checked_sub(1) else { return };
        self.is_counted = true;
        let (lowest, highest) =
            (bands.band(window.first).into(), bands.band(window.first + last as u16).into());
        self.reach(lowest, highest);
        let mut rest = &window.counters[..];
        let mut begin = window.first;
        for (count, &end) in self.counts[lowest..=highest].iter_mut().zip(bands.ends(lowest..=highest)) {
            let width = usize::from(end - begin);
            let sum = match rest.first_chunk() {
                Some(counters) => sum_of_first(width, counters),
                None => rest.iter().take(width).copied().map(u64::from).sum(),
            };
            *count = count.wrapping_add(sum);
            rest = rest.get(width..).unwrap_or_default();
            begin = end;
        }
    }

    fn add_packed(&mut self, column: Column<'_>, each: u64) {
        if column.bands.is_empty() {
            return;
        }
        self.make_room(column.values_max(), each);
        let (lowest, highest) = column.add_to(&mut self.listed);
        self.reach(lowest, highest);
    }

    /// Adds what is listed to the counts.
    fn count_listed(&mut self) {
        if self.listed_max == 0 {
            return;
        }
        self.listed_max = 0;
        self.is_counted = true;
        let reached = self.reached();
        let counts = &mut self.counts[reached.clone()];
        for (count, times) in counts.iter_mut().zip(&mut self.listed[reached]) {
            *count = count.wrapping_add(u64::from(*times).wrapping_mul(self.each));
            *times = 0;
        }
    }
}

/// The sum of the first of some counters, which are side by side in a register.
#[inline]
fn sum_of_first(width: usize, counters: &[u8; SLOTS_MAX]) -> u64 {
    /// For each width a bit for every bit of the counters.
    const MASKS: [u128; SLOTS_MAX + 1] = {
        let mut masks = [u128::MAX; _];
        let mut width = 0;
        while width < SLOTS_MAX {
            masks[width] = (1 << (8 * width)) - 1;
            width += 1;
        }
        masks
    };
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let counted = u128::from_le_bytes(*counters) & MASKS[width % MASKS.len()];
    let [low, high] = [counted as u64, (counted >> 64) as u64];
    let sums = (low & EVEN) + (low >> 8 & EVEN) + (high & EVEN) + (high >> 8 & EVEN);
    // The product has the sum of all four in its highest part.
    sums.wrapping_mul(0x0001_0001_0001_0001) >> 48
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::{Copied, Detail, Distributions, Histogram, Row};
    use crate::measure::{Micros, Scale};
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<u32>> {
        let value = prop_oneof![0..300_u32, 90_000..200_000_u32, 0..5_000_000_u32, any::<u32>()];
        prop_oneof![
            proptest::collection::vec(value.clone(), 0..60),
            proptest::collection::vec(value, 0..6_000)
        ]
    }

    fn truth(parts: &[Distribution<'_>]) -> Vec<u64> {
        let mut counts = vec![0; BANDS];
        for part in parts {
            let bands = Bands::of(Scale::Interaction);
            part.for_each_slot(|slot, times| counts[usize::from(bands.band(slot))] += times);
        }
        counts
    }

    fn taken(sums: &mut Sums) -> Vec<u64> {
        let mut all = vec![0; BANDS];
        let Reached { first, counts, count } = sums.counts();
        all[first..][..counts.len()].copy_from_slice(counts);
        assert_eq!(count, all.iter().sum::<u64>());
        sums.clear();
        all
    }

    proptest! {
        #[test]
        fn bands_count_what_their_slots_do(parts in proptest::collection::vec((values(), 1..3_u64), 0..4)) {
            let mut sums = Sums::new();
            let (mut apart, mut together) = (Vec::new(), Vec::new());
            for (values, times) in parts {
                let (mut histogram, mut cell) = (Histogram::new(Scale::Interaction), Distributions::new(&[Scale::Interaction]));
                for value in values {
                    histogram.record(Micros(value), times);
                    let mut row = Row::EMPTY;
                    row.set(0, Scale::Interaction, Micros(value));
                    cell.record(&row, times);
                }
                apart.push(histogram);
                together.push(cell);
            }
            // In all forms, one after the other in the same memory.
            let apart: Vec<_> = apart.iter().map(Histogram::distribution).collect();
            let together: Vec<_> = together.iter().map(|cell| cell.column(0)).collect();
            for parts in [apart, together] {
                for part in &parts {
                    sums.add(part);
                }
                prop_assert_eq!(taken(&mut sums), truth(&parts));
            }
            prop_assert_eq!(taken(&mut sums), vec![0; BANDS]);
        }
    }

    #[test]
    fn what_is_listed_never_runs_over() {
        for value in [0, 100_000] {
            let mut cell = Distributions::new(&[Scale::Interaction]);
            let mut row = Row::EMPTY;
            row.set(0, Scale::Interaction, Micros(value));
            (0..3_000).for_each(|_| cell.record(&row, 1));
            // As a scrape of many cores has them.
            let mut copy = Copied::new();
            copy.copy(&cell.column(0), Detail::Bands);
            let mut sums = Sums::new();
            (0..100).for_each(|_| sums.add(&copy.distribution()));
            assert_eq!(taken(&mut sums).iter().sum::<u64>(), 300_000);
        }
    }
}
