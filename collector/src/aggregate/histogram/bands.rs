//! Counts in bands, ranges of neighbouring slots, as expositions show them: the sum of a distribution's parts.
//!
//! A scrape of ten thousand cells reads some twenty million values and as many counters, so none of them may cost a branch
//! that can't be foreseen, or a wait. Packed slots ascend, so one band is hit again and again, and to add to what was
//! written just now takes the processor longer than all the rest: neighbours are counted apart, in lanes. Counters are summed
//! from the first on, and a band has the difference of two of these sums.

use std::ops::Range;

use crate::leb128;
use crate::measure::Scale;

use super::counts::{Counts, Window};
use super::{Counted, Distribution, slot};

/// No scale has nearly so many bands. A power of two, so that a number's lower bits are always a place.
const BANDS: usize = 1024;
/// No scale has so many slots; a power of two as well.
const SLOTS: usize = 4096;
/// Values that are counted apart.
const LANES: usize = 4;
/// Bands that are added up side by side.
const ALIKE: usize = 16;
/// Values that a lane can count for certain.
const LISTED_MAX: usize = u16::MAX as usize;
/// Distances that are read together, where all are of one byte.
const TOGETHER: usize = 8;
/// The bits that say that a distance has more bytes.
const LONGER: u64 = 0x8080_8080_8080_8080;

const _: () = assert!(slot::END as usize <= SLOTS && BANDS.is_power_of_two() && SLOTS.is_power_of_two());

/// Which band counts each slot of a scale.
#[derive(Debug)]
pub struct Bands {
    of_slot: Box<[u16; SLOTS]>,
    /// For each band the first slot above it.
    ends: Box<[u16; BANDS]>,
}

impl Bands {
    /// The bands of a scale; `band` gives that of a slot, which ascends with it.
    #[must_use]
    pub fn of(scale: Scale, band: impl Fn(u16) -> u16) -> Self {
        let mut bands = Self { of_slot: Box::new([0; SLOTS]), ends: Box::new([0; BANDS]) };
        let (mut next, slots) = (0, slot::count(scale));
        for slot in 0..slots as u16 {
            let band = usize::from(band(slot));
            debug_assert!(next <= band + 1 && band < BANDS - 2 * ALIKE, "bands ascend, and there are few");
            bands.of_slot[usize::from(slot)] = band as u16;
            // Bands that no slot is in end where the one before them does.
            bands.ends[next.min(band)..band].fill(slot);
            bands.ends[band] = slot + 1;
            next = band + 1;
        }
        // Counters may reach past the last slot.
        let last = bands.of_slot[slots - 1];
        bands.of_slot[slots..].fill(last);
        bands
    }

    fn of_slot(&self, slot: u16) -> usize {
        usize::from(self.of_slot[usize::from(slot) % SLOTS]) % BANDS
    }
}

/// What the parts of a distribution have counted in its bands.
#[derive(Debug)]
pub struct Sums {
    /// The lowest band that may be more than zero, and the highest.
    lowest: usize,
    highest: usize,
    /// What counters have counted, and whether they have.
    counts: Box<[u64; BANDS]>,
    is_counted: bool,
    /// What lists have, and packed values.
    lanes: Box<[[u16; BANDS]; LANES]>,
    /// At most so many, each of which stands for so many values.
    in_lanes: usize,
    each: u64,
    /// Sums of a window's first counters: none of them, one, two …
    cumulated: Vec<u64>,
    /// The sums of all lanes, as they are and as bytes.
    times: Box<[u16; BANDS]>,
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
            lanes: Box::new([[0; BANDS]; LANES]),
            in_lanes: 0,
            each: 1,
            cumulated: Vec::new(),
            times: Box::new([0; BANDS]),
            small: Box::new([0; BANDS]),
        }
    }

    /// Adds a part, of the scale of these bands.
    pub fn add(&mut self, bands: &Bands, part: &Distribution<'_>) {
        match part.counted {
            Counted::Packed(column) => self.add_packed(bands, column, part.each),
            Counted::Counts(counts) => match counts {
                Counts::Few { each, slots } => {
                    for slots in slots.chunks(LISTED_MAX) {
                        self.add_slots(bands, slots.iter().copied(), slots.len(), u64::from(*each));
                    }
                }
                Counts::OneByte(window) => self.add_window(bands, window),
                Counts::TwoBytes(window) => self.add_window(bands, window),
                Counts::FourBytes(window) => self.add_window(bands, window),
                Counts::EightBytes(window) => self.add_window(bands, window),
            },
        }
        for latest in part.latest.chunks(LISTED_MAX / part.columns * part.columns) {
            let part = Distribution { latest, ..*part };
            self.add_slots(bands, part.latest(), latest.len(), part.each);
        }
    }

    /// Takes away what the lowest band of all has counted.
    pub fn take_lowest(&mut self) -> u64 {
        if self.lowest > 0 {
            return 0;
        }
        self.lowest = 1;
        let in_lanes = self.lanes.iter_mut().map(|lane| std::mem::take(&mut lane[0])).sum::<u16>();
        let counted = std::mem::take(&mut self.counts[0]);
        counted.wrapping_add(u64::from(in_lanes).wrapping_mul(self.each))
    }

    /// All counts but the zeros below and above them, if they all are below a power of two.
    pub fn small_counts(&mut self, power: u8) -> Option<Reached<'_, u8>> {
        if self.is_counted || self.each != 1 {
            return None;
        }
        let reached = self.reached();
        let Self { lanes, times, small, .. } = self;
        let [one, two, three, four] = lanes.each_ref().map(|lane| &lane[reached.clone()]);
        let (times, small) = (&mut times[reached.clone()], &mut small[reached.clone()]);
        for (times, ((one, two), (three, four))) in
            times.iter_mut().zip(one.iter().zip(two).zip(three.iter().zip(four)))
        {
            // All lanes together have counted no more than a lane could.
            *times = (one + two) + (three + four);
        }
        let (all, count) = times.iter().fold((0, 0), |(all, count), times| (all | times, count + times));
        for (small, times) in small.iter_mut().zip(times) {
            *small = *times as u8;
        }
        (all < power.into()).then_some(Reached { first: reached.start, counts: small, count: count.into() })
    }

    /// All counts but the zeros below and above them.
    pub fn counts(&mut self) -> Reached<'_, u64> {
        self.empty_lanes();
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
        for lane in &mut *self.lanes {
            lane[reached.clone()].fill(0);
        }
        (self.lowest, self.highest, self.in_lanes, self.is_counted) = (BANDS, 0, 0, false);
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

    /// Makes sure that so many more values fit into the lanes.
    fn make_room(&mut self, values: usize, each: u64) {
        if each != self.each || self.in_lanes + values > LISTED_MAX {
            self.empty_lanes();
            self.each = each;
        }
        self.in_lanes += values;
    }

    /// Adds at most so many slots.
    fn add_slots(&mut self, bands: &Bands, slots: impl Iterator<Item = u16>, at_most: usize, each: u64) {
        self.make_room(at_most, each);
        let (mut lowest, mut highest) = (self.lowest, self.highest);
        for (nth, slot) in slots.enumerate() {
            let band = bands.of_slot(slot);
            self.lanes[nth % LANES][band] += 1;
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
        let (lowest, highest) = (bands.of_slot(window.first), bands.of_slot(window.first + last as u16));
        self.reach(lowest, highest);
        let mut before = 0;
        for (count, &end) in self.counts[lowest..=highest].iter_mut().zip(&bands.ends[lowest..=highest]) {
            // The highest band may have slots past the last counter.
            let end = usize::from(end.saturating_sub(window.first)).min(last + 1);
            let up_to_end = self.cumulated[end];
            *count = count.wrapping_add(up_to_end.wrapping_sub(before));
            before = up_to_end;
        }
    }

    fn add_packed(&mut self, bands: &Bands, column: &[u8], each: u64) {
        self.make_room(column.len(), each); // a value has a byte or more
        let mut rest = column;
        let Some(first) = leb128::take(&mut rest) else { return };
        let mut slot = first as u16;
        let lowest = bands.of_slot(slot);
        let [first, second, third, fourth] = &mut *self.lanes;
        first[lowest] += 1;
        loop {
            while let Some((eight, after)) = rest.split_first_chunk::<TOGETHER>()
                && u64::from_le_bytes(*eight) & LONGER == 0
            {
                for four in eight.chunks_exact(LANES) {
                    for (distance, lane) in four.iter().zip([&mut *first, second, third, fourth]) {
                        slot = slot.wrapping_add(u16::from(*distance));
                        lane[bands.of_slot(slot)] += 1;
                    }
                }
                rest = after;
            }
            let Some(distance) = leb128::take(&mut rest) else { break };
            slot = slot.wrapping_add(distance as u16);
            first[bands.of_slot(slot)] += 1;
        }
        self.reach(lowest, bands.of_slot(slot));
    }

    /// Adds what is in the lanes to the counts.
    fn empty_lanes(&mut self) {
        if self.in_lanes == 0 {
            return;
        }
        self.in_lanes = 0;
        self.is_counted = true;
        let reached = self.reached();
        for lane in &mut *self.lanes {
            let counts = &mut self.counts[reached.clone()];
            for (count, times) in counts.iter_mut().zip(&mut lane[reached.clone()]) {
                *count = count.wrapping_add(u64::from(*times).wrapping_mul(self.each));
                *times = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::{Distributions, Histogram, Row};
    use crate::measure::Micros;
    use proptest::prelude::*;

    /// Bands of a few slots, some without any, and one with most.
    fn bands() -> Bands {
        Bands::of(Scale::Interaction, band)
    }

    fn band(slot: u16) -> u16 {
        (slot / 7 + u16::from(slot > 30)).min(600)
    }

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
            part.for_each_slot(|slot, times| counts[usize::from(band(slot))] += times);
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
            let (bands, mut sums) = (bands(), Sums::new());
            let (mut apart, mut together) = (Vec::new(), Vec::new());
            for (values, times) in parts {
                let (mut histogram, mut cell) = (Histogram::new(Scale::Interaction), Distributions::<1>::default());
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
            let together: Vec<_> = together.iter().map(|cell| cell.column(0, Scale::Interaction)).collect();
            for parts in [apart, together] {
                for part in &parts {
                    sums.add(&bands, part);
                }
                prop_assert_eq!(taken(&mut sums), truth(&parts));
            }
            prop_assert_eq!(taken(&mut sums), vec![0; BANDS]);
        }
    }

    #[test]
    fn lanes_never_run_over() {
        let mut cell = Distributions::<1>::default();
        let mut row = Row::EMPTY;
        row.set(0, Scale::Interaction, Micros(100_000));
        (0..3_000).for_each(|_| cell.record(&row, 1));
        let (bands, mut sums) = (bands(), Sums::new());
        (0..100).for_each(|_| sums.add(&bands, &cell.column(0, Scale::Interaction)));
        assert_eq!(taken(&mut sums).iter().sum::<u64>(), 300_000);
    }
}
