//! The distributions of one cell, which are recorded together: rows first, columns later.
//!
//! A page view has a value for each of a dozen distributions. Counting each where it belongs would touch a dozen
//! places in memory, which are seldom in a cache, and the wait for them takes longer than the counting. So
//! a view leaves one row, the slots of its values side by side; when enough rows have come together, they are counted
//! column by column. Whoever reads a distribution sees what was counted and the latest rows alike.

use std::iter;
use std::ops::Range;

use crate::measure::{Micros, Scale};
use crate::prefetch::{prefetch, prefetch_all};

use super::counts::Counts;
use super::packed::{NO_SLOT, Packed};
use super::{Counted, Distribution, slot, take_slots};

/// Rows that a cell has room for at first.
const ROWS_MIN: usize = 4;
/// Rows that come together in a cell before they are counted.
const ROWS_MAX: usize = 16;
/// And in a cell that is busy: more, so that each visit to the counts is worth more, and there are few such cells.
const ROWS_MAX_BUSY: usize = 64;
/// A cell is busy when it has been counted so many times.
const BUSY_FROM: u32 = 64;

/// What is recorded at once: a value, or none, for each of some distributions.
#[derive(Debug, Clone, Copy)]
pub struct Row<const COLUMNS: usize> {
    slots: [u16; COLUMNS],
    micros: [u32; COLUMNS],
}

impl<const COLUMNS: usize> Row<COLUMNS> {
    /// A row without any value.
    pub const EMPTY: Self = Self { slots: [NO_SLOT; COLUMNS], micros: [0; COLUMNS] };

    /// Sets the value of a column, whose distribution is of `scale`.
    pub fn set(&mut self, column: usize, scale: Scale, value: Micros) {
        self.slots[column] = slot::of(scale, value);
        self.micros[column] = value.0;
    }

    /// Takes the values of some columns of another row, whose distributions are of the same scales.
    pub fn copy<const OTHERS: usize>(&mut self, column: usize, other: &Row<OTHERS>, others: Range<usize>) {
        let columns = column..column + others.len();
        self.slots[columns.clone()].copy_from_slice(&other.slots[others.clone()]);
        self.micros[columns].copy_from_slice(&other.micros[others]);
    }
}

/// Distributions that are recorded together.
#[derive(Debug, Clone)]
pub struct Distributions<const COLUMNS: usize> {
    scales: &'static [Scale; COLUMNS],
    sums_micros: [u64; COLUMNS],
    /// The slots of the latest rows, which are not counted yet.
    rows: Vec<[u16; COLUMNS]>,
    /// How many values each of theirs stands for, and each that is packed.
    each: u64,
    /// How often rows were counted.
    batches: u32,
    kept: Kept<COLUMNS>,
}

/// What was counted.
#[derive(Debug, Clone)]
enum Kept<const COLUMNS: usize> {
    /// Little, and all of it of one weight.
    Packed(Packed<COLUMNS>),
    Counts(Box<[Counts; COLUMNS]>),
}

impl<const COLUMNS: usize> Distributions<COLUMNS> {
    /// Distributions of these scales that have counted nothing.
    #[must_use]
    pub fn new(scales: &'static [Scale; COLUMNS]) -> Self {
        Self {
            scales,
            sums_micros: [0; COLUMNS],
            rows: Vec::new(),
            each: 1,
            batches: 0,
            kept: Kept::Packed(Packed::NONE),
        }
    }

    /// Counts each value of a row so many times.
    pub fn record(&mut self, row: &Row<COLUMNS>, times: u64) {
        if times == 0 {
            return;
        }
        if times != self.each {
            self.weigh(times);
        }
        if self.rows.len() == self.rows.capacity() {
            self.make_room();
        }
        self.rows.push(row.slots);
        for (sum, &micros) in self.sums_micros.iter_mut().zip(&row.micros) {
            *sum = sum.saturating_add(u64::from(micros).saturating_mul(times));
        }
    }

    /// Adds all that `other`, distributions of the same scales, have counted.
    pub fn merge(&mut self, other: &Self) {
        for (sum, others) in self.sums_micros.iter_mut().zip(&other.sums_micros) {
            *sum = sum.saturating_add(*others);
        }
        self.kept.unpack(self.scales, self.each);
        let Kept::Counts(counts) = &mut self.kept else { return };
        for (column, counts) in counts.iter_mut().enumerate() {
            other.column(column).for_each_slot(|slot, times| counts.add(slot, times));
        }
    }

    /// Says that a column will soon be asked for.
    pub(crate) fn expect(&self) {
        prefetch_all(&self.sums_micros);
        prefetch(&self.rows);
        prefetch(&self.each);
        prefetch(&self.kept);
    }

    /// The distribution of one column.
    #[must_use]
    pub fn column(&self, column: usize) -> Distribution<'_> {
        Distribution {
            scale: self.scales[column],
            sum_micros: self.sums_micros[column],
            counted: match &self.kept {
                Kept::Packed(packed) => Counted::Packed(packed.column(column)),
                Kept::Counts(counts) => Counted::Counts(&counts[column]),
            },
            latest: self.rows.as_flattened().get(column..).unwrap_or_default(),
            columns: COLUMNS,
            each: self.each,
        }
    }

    /// Appends all that was counted, column by column, in one form for all that is the same.
    pub fn write(&self, into: &mut Vec<u8>) {
        for column in 0..COLUMNS {
            self.column(column).write(into);
        }
    }

    /// Takes what distributions of these scales wrote.
    #[must_use]
    pub fn read(scales: &'static [Scale; COLUMNS], from: &mut &[u8]) -> Option<Self> {
        let mut read = Self::new(scales);
        let mut columns = [const { Vec::new() }; COLUMNS];
        for (column, slots) in columns.iter_mut().enumerate() {
            (read.sums_micros[column], *slots) = take_slots(scales[column], from)?;
        }
        let values = columns.iter().flatten().fold(0_u64, |sum, (_, times)| sum.saturating_add(*times));
        let packed = Packed::<COLUMNS>::has_room_for(values).then(|| {
            Packed::of(scales, &columns.each_ref().map(|slots| slots.iter().flat_map(repeated).collect()))
        });
        read.kept = if let Some(packed) = packed.flatten() {
            Kept::Packed(packed)
        } else {
            let mut all = Box::new([const { Counts::NONE }; COLUMNS]);
            for (slots, counts) in columns.iter().zip(all.iter_mut()) {
                for &(slot, times) in slots {
                    counts.add(slot, times);
                }
            }
            Kept::Counts(all)
        };
        Some(read)
    }

    #[cold]
    fn make_room(&mut self) {
        let rows = self.rows.len();
        let rows_max = if self.batches < BUSY_FROM { ROWS_MAX } else { ROWS_MAX_BUSY };
        if rows < rows_max {
            self.rows.reserve_exact(rows.clamp(ROWS_MIN, rows_max - rows));
        } else {
            self.count_rows();
        }
    }

    /// What comes from now on has another weight.
    #[cold]
    fn weigh(&mut self, each: u64) {
        self.count_rows();
        if !matches!(&self.kept, Kept::Packed(packed) if packed.is_empty()) {
            self.kept.unpack(self.scales, self.each);
        }
        self.each = each;
    }

    /// Counts the rows, and begins anew.
    fn count_rows(&mut self) {
        match &mut self.kept {
            Kept::Packed(packed) => {
                packed.add(self.scales, &self.rows);
                if packed.is_full() {
                    self.kept.unpack(self.scales, self.each);
                }
            }
            Kept::Counts(counts) => {
                for (column, counts) in counts.iter_mut().enumerate() {
                    let slots = self.rows.iter().map(|row| row[column]);
                    counts.add_each(slots.filter(|&slot| slot != NO_SLOT), self.each);
                }
            }
        }
        self.rows.clear();
        self.batches = self.batches.saturating_add(1);
    }
}

impl<const COLUMNS: usize> Kept<COLUMNS> {
    /// Counts what is packed, each slot for so many values.
    fn unpack(&mut self, scales: &[Scale; COLUMNS], each: u64) {
        let Self::Packed(packed) = self else { return };
        let mut all = Box::new([const { Counts::NONE }; COLUMNS]);
        for (column, counts) in all.iter_mut().enumerate() {
            packed
                .column(column)
                .for_each_slot(scales[column], |slot, times| counts.add(slot, times.saturating_mul(each)));
        }
        *self = Self::Counts(all);
    }
}

fn repeated(&(slot, times): &(u16, u64)) -> impl Iterator<Item = u16> {
    iter::repeat_n(slot, times as usize)
}

/// They are the same when they have counted the same, in whatever form they keep it.
impl<const COLUMNS: usize> PartialEq for Distributions<COLUMNS> {
    fn eq(&self, other: &Self) -> bool {
        let both = |column| [self, other].map(|each| each.column(column));
        (0..COLUMNS).map(both).all(|[mine, others]| mine == others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::{Copied, Detail, Histogram};
    use proptest::prelude::*;

    const SCALES: [Scale; 3] = [Scale::Loading, Scale::Interaction, Scale::Score];

    type Values = ([Option<u32>; 3], u64);

    /// Rows with and without values, mostly but not always of one weight; sometimes so many that they are not packed any more.
    fn rows() -> impl Strategy<Value = Vec<Values>> {
        let value =
            || proptest::option::weighted(0.8, prop_oneof![0..300_u32, 0..5_000_000_u32, any::<u32>()]);
        let weight = prop_oneof![1_000 => Just(1_u64), 1 => Just(10), 1 => Just(0), 1 => any::<u64>()];
        proptest::collection::vec(([value(), value(), value()], weight), 0..2_000)
    }

    fn together(rows: &[Values]) -> Distributions<3> {
        let mut distributions = Distributions::new(&SCALES);
        for (values, times) in rows {
            let mut row = Row::EMPTY;
            for (column, value) in values.iter().enumerate() {
                if let Some(value) = *value {
                    row.set(column, SCALES[column], Micros(value));
                }
            }
            distributions.record(&row, *times);
        }
        distributions
    }

    fn apart(rows: &[Values], column: usize) -> Histogram {
        let mut histogram = Histogram::new(SCALES[column]);
        for (values, times) in rows {
            if let Some(value) = values[column] {
                histogram.record(Micros(value), *times);
            }
        }
        histogram
    }

    proptest! {
        #[test]
        fn together_they_count_as_each_apart(rows in rows()) {
            let together = together(&rows);
            let mut copy = Copied::new();
            for column in 0..SCALES.len() {
                let (one, apart) = (together.column(column), apart(&rows, column));
                prop_assert_eq!(one, apart.distribution());
                prop_assert_eq!(one.is_empty(), apart.is_empty());
                for original in [one, apart.distribution()] {
                    copy.copy(&original, Detail::Slots);
                    prop_assert_eq!(copy.distribution(), original);
                }
            }
        }

        #[test]
        fn what_is_written_is_read(rows in rows(), more in rows(), noise: Vec<u8>) {
            let mut counted = together(&rows);
            let mut bytes = Vec::new();
            counted.write(&mut bytes);
            bytes.push(7);
            let mut rest = &bytes[..];
            let mut read = Distributions::<3>::read(&SCALES, &mut rest).unwrap();
            prop_assert_eq!(&read, &counted);
            prop_assert_eq!(rest, &[7][..]);
            counted.merge(&together(&more));
            read.merge(&together(&more));
            prop_assert_eq!(&read, &counted);
            let _any = Distributions::<3>::read(&SCALES, &mut &noise[..]);
        }

        #[test]
        fn merging_is_recording_both(left in rows(), right in rows()) {
            let mut merged = together(&left);
            merged.merge(&together(&right));
            let both: Vec<_> = left.into_iter().chain(right).collect();
            prop_assert_eq!(merged, together(&both));
        }
    }

    #[test]
    fn a_full_count_stays_full() {
        let rows = [u64::MAX - 5, 10, u64::MAX, 1].map(|times| ([Some(7), None, None], times));
        let full = together(&rows);
        assert_eq!(full.column(0), apart(&rows, 0).distribution());
        let mut bytes = Vec::new();
        full.write(&mut bytes);
        let mut read = Distributions::read(&SCALES, &mut &bytes[..]).unwrap();
        assert_eq!(read, full);
        read.merge(&full);
        assert_eq!(read, full);
    }

    #[test]
    fn rows_take_little_room_until_a_cell_is_busy() {
        let mut distributions = Distributions::new(&SCALES);
        let (mut row, mut seen) = (Row::EMPTY, Vec::new());
        row.set(1, SCALES[1], Micros(1_000));
        for _view in 0..10_000 {
            distributions.record(&row, 1);
            seen.push(distributions.rows.capacity());
        }
        assert_eq!((seen[0], seen[999], seen[9_999]), (ROWS_MIN, ROWS_MAX, ROWS_MAX_BUSY));
        assert!(seen.is_sorted());
    }
}
