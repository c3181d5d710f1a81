//! The slots of a cell that has seen little, those of all its distributions in one piece of memory.
//!
//! Nine cells of ten see a few hundred views. Were each of their distributions kept for itself, its place in memory
//! would take as much as its values. So while a cell is small its slots stand side by side, column by column and in
//! ascending order, each as its distance from the one before it: mostly one byte a value. New ones come in batches, for
//! which all is written anew.

use std::array;

use crate::leb128;

/// No value: no scale has so many slots. It sorts behind all that are slots.
pub(super) const NO_SLOT: u16 = u16::MAX;
/// Up to so many bytes it is cheap to write all anew, and counters side by side would take more.
const BYTES_MAX: usize = 4 * 1024;
/// Rows that are sorted at once.
const BATCH_MAX: usize = 64;
/// Room is made in such steps, so that not each batch needs new memory.
const STEP: usize = 64;

/// Slots of some columns. One that was hit twice is there twice.
#[derive(Debug, Clone)]
pub(super) struct Packed<const COLUMNS: usize> {
    /// Where those of each column end.
    ends: [u16; COLUMNS],
    bytes: Vec<u8>,
}

impl<const COLUMNS: usize> Packed<COLUMNS> {
    pub(super) const NONE: Self = Self { ends: [0; COLUMNS], bytes: Vec::new() };

    /// The slots of each column, which are in ascending order.
    pub(super) fn of(columns: &[Vec<u16>; COLUMNS]) -> Self {
        let mut bytes = Vec::new();
        let ends = array::from_fn(|column| {
            merge(&[], &columns[column], &mut bytes);
            bytes.len() as u16 // whoever packs has asked whether there is room
        });
        bytes.shrink_to_fit();
        Self { ends, bytes }
    }

    /// Whether so many slots may be packed.
    pub(super) fn has_room_for(slots: u64) -> bool {
        slots <= BYTES_MAX as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it is too large to go on like this.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() > BYTES_MAX
    }

    /// A column, for [`slots`].
    pub(super) fn column(&self, column: usize) -> &[u8] {
        let begin = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(begin.into()..self.ends[column].into()).unwrap_or_default()
    }

    /// Adds some rows; a column of a row may be [`NO_SLOT`].
    pub(super) fn add(&mut self, rows: &[[u16; COLUMNS]]) {
        for rows in rows.chunks(BATCH_MAX) {
            self.add_batch(rows);
        }
    }

    fn add_batch(&mut self, rows: &[[u16; COLUMNS]]) {
        let mut merged = Vec::with_capacity(self.bytes.len() + 2 * rows.as_flattened().len());
        self.ends = array::from_fn(|column| {
            let mut batch = [NO_SLOT; BATCH_MAX];
            for (slot, row) in batch.iter_mut().zip(rows) {
                *slot = row[column];
            }
            let batch = &mut batch[..rows.len()];
            batch.sort_unstable();
            merge(self.column(column), batch, &mut merged);
            merged.len() as u16 // a batch adds at most a few thousand to `BYTES_MAX`
        });
        if self.bytes.capacity() < merged.len() {
            self.bytes = Vec::with_capacity(merged.len().next_multiple_of(STEP));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(&merged);
    }
}

/// Appends the slots of a column and those of a batch, both sorted.
fn merge(column: &[u8], batch: &[u16], into: &mut Vec<u8>) {
    let mut batch = batch.iter().copied().take_while(|&slot| slot != NO_SLOT).peekable();
    let mut last = 0;
    let mut append = |slot| {
        leb128::append(u64::from(slot - last), into);
        last = slot;
    };
    for slot in slots(column) {
        while let Some(earlier) = batch.next_if(|&new| new < slot) {
            append(earlier);
        }
        append(slot);
    }
    batch.for_each(append);
}

/// The slots of a column, in ascending order.
pub(super) fn slots(column: &[u8]) -> impl Iterator<Item = u16> {
    Slots { bytes: column, last: 0 }
}

/// Slots that are read one after the other.
struct Slots<'a> {
    bytes: &'a [u8],
    last: u16,
}

impl Iterator for Slots<'_> {
    type Item = u16;

    #[inline]
    fn next(&mut self) -> Option<u16> {
        self.last += leb128::take(&mut self.bytes)? as u16; // written as the difference of two
        Some(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A slot that there is, an impossible one, or none.
    fn slot() -> impl Strategy<Value = u16> {
        prop_oneof![4 => 900..1_400_u16, 2 => 0..3_400_u16, 1 => 0..=NO_SLOT, 1 => Just(NO_SLOT)]
    }

    proptest! {
        #[test]
        fn gives_what_was_added_in_order(
            batches in proptest::collection::vec(
                proptest::collection::vec([slot(), slot(), slot()], 0..100), 0..8,
            )
        ) {
            let mut packed = Packed::NONE;
            for batch in &batches {
                packed.add(batch);
            }
            for column in 0..3 {
                let mut truth: Vec<u16> = batches.iter().flatten().map(|row| row[column]).collect();
                truth.retain(|&slot| slot != NO_SLOT);
                truth.sort_unstable();
                prop_assert_eq!(slots(packed.column(column)).collect::<Vec<_>>(), truth);
            }
        }
    }

    #[test]
    fn is_mostly_a_byte_a_value() {
        let mut packed = Packed::NONE;
        let mut values = 0;
        for batch in 0_u32..20 {
            let slot = |row: u32| 900 + ((batch * 16 + row).wrapping_mul(2_654_435_761) >> 22) as u16;
            packed.add(&(0..16).map(|row| [slot(row); 10]).collect::<Vec<_>>());
            values += 160;
        }
        assert!(packed.bytes.capacity() <= values * 5 / 4, "{}", packed.bytes.capacity());
        assert!(!packed.is_full());
        packed.add(&[[1; 10]; 100]);
        assert!(packed.is_full());
    }
}
