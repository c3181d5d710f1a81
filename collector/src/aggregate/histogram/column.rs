//! One distribution's values, packed: how many each band has, and of each value its place in its band.
//!
//! A band that has values takes an entry of one byte. So a scrape reads some fifty bytes, whatever the number of values. Places
//! are half a byte each, since no band has more than 16 slots; a zero needs none, since its band has one slot.
//!
//! | upper half of an entry | lower half | meaning |
//! |---|---|---|
//! | 0 to 14 | 1 to 15 | so many bands are skipped; the next one has so many values |
//! | 15 | 1 to 15 | the band of the entry before has so many values more |
//! | 0 to 15 | 0 | 15 bands are skipped, and 15 more for each unit |

use crate::measure::Scale;

use super::bands::{BANDS, Bands, ZERO};

/// Values that an entry counts at most.
const VALUES_MAX: u8 = 15;
/// Bands that an entry without values skips, times one more than its upper half.
const STEP: u16 = 15;
/// The upper half of an entry for more values in the band of the one before.
const AGAIN: u8 = 0xf0;

/// By how many bands an entry goes on.
static ADVANCES: [u8; 256] = {
    let mut advances = [0; 256];
    let mut entry = 0;
    while entry < advances.len() {
        let (skipped, values) = (entry >> 4, entry & 0xf);
        advances[entry] = match (skipped, values) {
            (_, 0) => (skipped as u8 + 1) * STEP as u8,
            (0xf, _) => 0,
            _ => skipped as u8 + 1,
        };
        entry += 1;
    }
    advances
};

fn advance(entry: u8) -> u16 {
    ADVANCES[usize::from(entry)].into()
}

/// How many values an entry counts.
fn values(entry: u8) -> u8 {
    entry & 0xf
}

/// Whether an entry counts more values of the band of the one before it.
fn is_again(entry: u8) -> bool {
    entry > AGAIN
}

/// The values of one distribution.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Column<'a> {
    pub(super) bands: &'a [u8],
    /// Two places in each byte, the first one in its lower half.
    pub(super) places: &'a [u8],
    /// Whether the first half belongs to somebody else.
    pub(super) starts_half: bool,
}

impl Column<'_> {
    /// A number of values that it surely does not exceed.
    pub(super) fn values_max(self) -> usize {
        self.bands.len() * usize::from(VALUES_MAX)
    }

    /// Adds the number of values in each band to its count, and gives the lowest and the highest band that has any; there
    /// are some.
    #[inline]
    pub(super) fn add_to(self, counts: &mut [u16; BANDS]) -> (usize, usize) {
        let skips = self.bands.iter().take_while(|&&entry| values(entry) == 0).count();
        let mut next: usize = self.bands[..skips].iter().map(|&entry| usize::from(advance(entry))).sum();
        let lowest = next + self.bands.get(skips).map_or(0, |entry| usize::from(entry >> 4));
        for &entry in &self.bands[skips..] {
            // Whatever it is, since nobody could foresee which kind comes next.
            next += usize::from(advance(entry));
            counts[(next - 1) % BANDS] += u16::from(values(entry));
        }
        (lowest, next - 1)
    }

    /// The slot of each value, in no order within a band. The places are needed for it.
    pub(super) fn for_each_slot(self, scale: Scale, mut count: impl FnMut(u16, u64)) {
        let bands = Bands::of(scale);
        let mut half = usize::from(self.starts_half);
        for (band, values) in Entries::new(self.bands) {
            let first = bands.first(band);
            if band == ZERO {
                count(first, values as u64);
                continue;
            }
            for half in half..half + values {
                let place = self.places[half / 2] >> (half % 2 * 4) & 0xf;
                count(first + u16::from(place), 1);
            }
            half += values;
        }
    }
}

/// Every band that has values, in ascending order, and how many.
struct Entries<'a> {
    entries: &'a [u8],
    next: u16,
}

impl<'a> Entries<'a> {
    fn new(entries: &'a [u8]) -> Self {
        Self { entries, next: 0 }
    }
}

impl Iterator for Entries<'_> {
    type Item = (u16, usize);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let mut counted = 0;
        while counted == 0 {
            let (&entry, rest) = self.entries.split_first()?;
            self.next += advance(entry);
            counted = usize::from(values(entry));
            self.entries = rest;
        }
        while let Some((&entry, rest)) = self.entries.split_first().filter(|(entry, _)| is_again(**entry)) {
            counted += usize::from(values(entry));
            self.entries = rest;
        }
        Some((self.next - 1, counted))
    }
}

/// A column that is written: entries, and places of a byte each.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    entries: &'a mut Vec<u8>,
    places: &'a mut Vec<u8>,
    /// The band after the last one.
    next: u16,
}

impl<'a> Writing<'a> {
    /// A column after others.
    pub(super) fn new(entries: &'a mut Vec<u8>, places: &'a mut Vec<u8>) -> Self {
        Self { entries, places, next: 0 }
    }

    /// Writes the values of a column, given by its entries and places, and those with these slots, which are in ascending order.
    pub(super) fn merge(mut self, scale: Scale, entries: &[u8], places: &[u8], slots: &[u16]) {
        let bands = Bands::of(scale);
        let by_band = slots.chunk_by(|&one, &next| bands.band(one) == bands.band(next));
        let mut added = by_band.map(|slots| (bands.band(slots[0]), slots)).peekable();
        // How many old places are not copied yet, and come before the next new one.
        let (mut old_places, mut kept) = (places, 0);
        for (band, values) in Entries::new(entries) {
            while let Some((new, slots)) = added.next_if(|&(new, _)| new < band) {
                self.copy_places(&mut old_places, &mut kept);
                self.append_new(bands, new, 0, slots);
            }
            kept += if band == ZERO { 0 } else { values };
            if let Some((_, slots)) = added.next_if(|&(new, _)| new == band) {
                self.copy_places(&mut old_places, &mut kept);
                self.append_new(bands, band, values, slots);
            } else {
                self.append(band, values);
            }
        }
        self.places.extend_from_slice(old_places);
        added.for_each(|(new, slots)| self.append_new(bands, new, 0, slots));
    }

    fn copy_places(&mut self, old: &mut &[u8], kept: &mut usize) {
        let (copied, rest) = old.split_at(*kept);
        self.places.extend_from_slice(copied);
        (*old, *kept) = (rest, 0);
    }

    /// Appends a band with new values, which has so many old ones.
    fn append_new(&mut self, bands: &Bands, band: u16, old: usize, slots: &[u16]) {
        self.append(band, old + slots.len());
        if band != ZERO {
            let first = bands.first(band);
            self.places.extend(slots.iter().map(|slot| (slot - first) as u8)); // below 16
        }
    }

    /// Appends a band and how many values it has.
    fn append(&mut self, band: u16, mut values: usize) {
        let mut skipped = band - self.next;
        while skipped >= STEP {
            let steps = (skipped / STEP).min(0x10);
            self.entries.push((steps as u8 - 1) << 4);
            skipped -= steps * STEP;
        }
        let mut upper = (skipped as u8) << 4;
        while values > 0 {
            let counted = values.min(VALUES_MAX.into());
            self.entries.push(upper | counted as u8);
            values -= counted;
            upper = AGAIN;
        }
        self.next = band + 1;
    }
}
