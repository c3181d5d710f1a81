//! The values of a cell that has seen little, those of all its distributions in one piece of memory.
//!
//! Nine cells of ten see a few hundred views. Were each of their distributions kept for itself, its place in memory
//! would take as much as its values. So while a cell is small its values stand side by side: first the bands of each
//! distribution, then the places in them, see [`column`](super::column). New ones come in batches, for which all is written anew.

use std::ops::Range;

use crate::measure::Scale;

use super::column::{Column, Writing};

/// No value: no scale has so many slots. It sorts behind all that are slots.
pub(super) const NO_SLOT: u16 = u16::MAX;
/// Up to so many bytes it is cheap to write all anew, and counters side by side would take more.
const BYTES_MAX: usize = 8 * 1024;
/// And up to so many rows, since zeros take next to nothing.
const ROWS_MAX: usize = 8 * 1024;
/// Rows that are sorted at once.
const BATCH_MAX: usize = 64;
/// Room is made in such steps, so that not each batch needs new memory.
const STEP: usize = 64;

/// Slots of some columns. One that was hit twice is there twice.
#[derive(Debug, Clone)]
pub(super) struct Packed<const COLUMNS: usize> {
    /// How many rows were added: no column has more values.
    rows: u16,
    /// Where the bands of each column end.
    bands_end: [u16; COLUMNS],
    /// Where the places of each column end, in halves of a byte from the end of all bands.
    places_end: [u16; COLUMNS],
    bytes: Vec<u8>,
}

impl<const COLUMNS: usize> Packed<COLUMNS> {
    pub(super) const NONE: Self =
        Self { rows: 0, bands_end: [0; COLUMNS], places_end: [0; COLUMNS], bytes: Vec::new() };

    /// Whether so many values in all may be packed: more places than these have no room.
    pub(super) fn has_room_for(values: u64) -> bool {
        values <= 2 * BYTES_MAX as u64
    }

    /// The slots of each column, which are in ascending order, and for which there is room; nothing if it turns out full.
    pub(super) fn of(scales: &[Scale; COLUMNS], columns: &[Vec<u16>; COLUMNS]) -> Option<Self> {
        let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
        let mut packed = Self { rows: rows as u16, ..Self::NONE };
        packed.merge(scales, |column| &columns[column]);
        packed.bytes.shrink_to_fit();
        Some(packed).filter(|packed| !packed.is_full())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it is too large to go on like this.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() > BYTES_MAX || usize::from(self.rows) > ROWS_MAX
    }

    pub(super) fn column(&self, column: usize) -> Column<'_> {
        let (bands, places) = self.bytes.split_at(self.bands_end[COLUMNS - 1].into());
        let halves = range(&self.places_end, column);
        Column {
            bands: &bands[range(&self.bands_end, column)],
            places: &places[halves.start / 2..halves.end.div_ceil(2)],
            starts_half: halves.start % 2 == 1,
        }
    }

    /// Adds some rows; a column of a row may be [`NO_SLOT`].
    pub(super) fn add(&mut self, scales: &[Scale; COLUMNS], rows: &[[u16; COLUMNS]]) {
        for rows in rows.chunks(BATCH_MAX) {
            self.rows += rows.len() as u16;
            let mut batches = [[NO_SLOT; BATCH_MAX]; COLUMNS];
            let mut lengths = [0; COLUMNS];
            for (column, (batch, length)) in batches.iter_mut().zip(&mut lengths).enumerate() {
                for (slot, row) in batch.iter_mut().zip(rows) {
                    *slot = row[column];
                }
                let batch = &mut batch[..rows.len()];
                batch.sort_unstable();
                *length = batch.partition_point(|&slot| slot != NO_SLOT);
            }
            self.merge(scales, |column| &batches[column][..lengths[column]]);
        }
    }

    /// Merges the slots of each column, which are in ascending order.
    fn merge<'s>(&mut self, scales: &[Scale; COLUMNS], slots: impl Fn(usize) -> &'s [u16]) {
        let (bands_end, places_end) = (self.bands_end, self.places_end);
        let (old_entries, old_halves) = self.bytes.split_at(bands_end[COLUMNS - 1].into());
        let old_places = apart(old_halves);
        let new: usize = (0..COLUMNS).map(|column| slots(column).len()).sum();
        let mut entries = Vec::with_capacity(self.bytes.len() + 3 * new);
        let mut places = Vec::with_capacity(old_places.len() + new + 1);
        for (column, &scale) in scales.iter().enumerate() {
            Writing::new(&mut entries, &mut places).merge(
                scale,
                &old_entries[range(&bands_end, column)],
                &old_places[range(&places_end, column)],
                slots(column),
            );
            // A batch adds a thousand or two to what is not full.
            self.bands_end[column] = entries.len() as u16;
            self.places_end[column] = places.len() as u16;
        }
        if places.len() % 2 == 1 {
            places.push(0);
        }
        let bytes = entries.len() + places.len() / 2;
        if self.bytes.capacity() < bytes {
            self.bytes = Vec::with_capacity(bytes.next_multiple_of(STEP));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(&entries);
        self.bytes.extend(places.as_chunks::<2>().0.iter().map(|[low, high]| low | high << 4));
    }
}

/// What a column has, of what ends so for each.
fn range(ends: &[u16], column: usize) -> Range<usize> {
    let begin = column.checked_sub(1).map_or(0, |before| ends[before]);
    begin.into()..ends[column].into()
}

/// Halves of bytes as bytes.
fn apart(halves: &[u8]) -> Vec<u8> {
    let mut apart = vec![0; 2 * halves.len()];
    for (two, halves) in apart.as_chunks_mut::<2>().0.iter_mut().zip(halves) {
        *two = [halves & 0xf, halves >> 4];
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::slot;
    use proptest::prelude::*;
    use std::array;

    const SCALES: [Scale; 3] = [Scale::Loading, Scale::Interaction, Scale::Score];

    /// A slot that there is, often one of a few, or none.
    fn slot() -> impl Strategy<Value = u16> {
        prop_oneof![4 => 900..1_400_u16, 2 => 2..3_328_u16, 2 => Just(0), 1 => Just(700), 1 => Just(NO_SLOT)]
    }

    fn slots(packed: &Packed<3>, column: usize) -> Vec<u16> {
        let mut slots = Vec::new();
        packed.column(column).for_each_slot(SCALES[column], |slot, times| {
            slots.extend(std::iter::repeat_n(slot, times as usize));
        });
        slots.sort_unstable();
        slots
    }

    proptest! {
        #[test]
        fn gives_what_was_added(
            batches in proptest::collection::vec(
                proptest::collection::vec([slot(), slot(), slot()], 0..100), 0..8,
            )
        ) {
            let mut packed = Packed::NONE;
            for batch in &batches {
                packed.add(&SCALES, batch);
            }
            let truth: [Vec<u16>; 3] = array::from_fn(|column| {
                let mut truth: Vec<u16> = batches.iter().flatten().map(|row| row[column]).collect();
                truth.retain(|&slot| slot != NO_SLOT);
                truth.sort_unstable();
                truth
            });
            let at_once = Packed::of(&SCALES, &truth).unwrap();
            for (column, truth) in truth.iter().enumerate() {
                prop_assert_eq!(&slots(&packed, column), truth);
                prop_assert_eq!(&slots(&at_once, column), truth);
                prop_assert!(packed.column(column).bands.len() <= 2 * truth.len() + 4);
            }
        }
    }

    #[test]
    fn every_slot_can_be_packed() {
        for scale in Scale::ALL {
            let mut packed = Packed::NONE;
            let slots = (0..slot::count(scale) as u16).filter(|&slot| !slot::values(scale, slot).is_empty());
            let slots: Vec<_> = slots.collect();
            for &slot in &slots {
                packed.add(&[scale], &[[slot]]);
            }
            let mut read = Vec::new();
            packed.column(0).for_each_slot(scale, |slot, times| {
                assert_eq!(times, 1);
                read.push(slot);
            });
            assert_eq!(read, slots);
        }
    }

    #[test]
    fn is_mostly_less_than_a_byte_a_value() {
        let mut packed = Packed::NONE;
        let mut values = 0;
        for batch in 0_u32..20 {
            let slot = |row: u32| 900 + ((batch * 16 + row).wrapping_mul(2_654_435_761) >> 22) as u16;
            packed.add(&[Scale::Loading; 10], &(0..16).map(|row| [slot(row); 10]).collect::<Vec<_>>());
            values += 160;
        }
        assert!(packed.bytes.capacity() <= values, "{}", packed.bytes.capacity());
        assert!(!packed.is_full());
    }

    #[test]
    fn is_full_one_day() {
        let mut packed = Packed::NONE;
        // Zeros take next to nothing.
        let rows: Vec<[u16; 1]> = (0..ROWS_MAX).map(|_| [0]).collect();
        packed.add(&[Scale::Score], &rows);
        assert!(!packed.is_full() && packed.bytes.len() < 560);
        packed.add(&[Scale::Score], &[[0]]);
        assert!(packed.is_full());
        let mut packed = Packed::NONE;
        let rows: Vec<[u16; 10]> = (2..2_000).map(|row| [row; 10]).collect();
        packed.add(&[Scale::Score; 10], &rows);
        assert!(packed.is_full());
        assert!(Packed::of(&[Scale::Score], &[vec![0; ROWS_MAX + 1]]).is_none());
    }
}
