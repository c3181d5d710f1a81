//! Which band a slot is in: the bucket of a native histogram in which its middle lies
//! (<https://prometheus.io/docs/specs/native_histograms>).
//!
//! At schema 4 a bucket is 4.4 % wide (2^(1/16)). A slot counts in the bucket of its middle, which is at most half a
//! slot, 0.4 %, beside the truth, so whatever value of a bucket is told as a quantile is within 4.9 % of it. Finer
//! buckets would double a scrape's bytes, and Prometheus' storage, for a precision that nobody has asked for.
//!
//! A scrape asks for bands and nothing else, and does so of a hundred thousand distributions. So what is counted is kept by
//! bands where that takes no more memory, and a value's slot as its place in its band.

use std::sync::LazyLock;

use crate::measure::{Micros, Scale};

use super::slot;

/// Buckets for each power of two are 2 to the power of this.
pub const SCHEMA: i32 = 4;
/// The band of the value 0, and of no other. The next one is the bucket of one millionth, the smallest value that is not 0.
pub const ZERO: u16 = 0;
/// No scale has nearly so many bands. A power of two, so that a number's lower bits are always a place.
pub(super) const BANDS: usize = 1024;
/// No band has more slots.
pub(super) const SLOTS_MAX: usize = 16;
/// No scale has so many slots; a power of two as well.
const SLOTS: usize = 4096;

const _: () = assert!(slot::END as usize <= SLOTS && BANDS.is_power_of_two() && SLOTS.is_power_of_two());

/// The bands of a scale.
#[derive(Debug)]
pub(super) struct Bands {
    of_slot: Box<[u16; SLOTS]>,
    /// For each band the first slot above it.
    ends: Box<[u16; BANDS]>,
}

static ALL: LazyLock<[Bands; Scale::ALL.len()]> = LazyLock::new(|| Scale::ALL.map(Bands::new));

impl Bands {
    /// Those of a scale.
    pub(super) fn of(scale: Scale) -> &'static Self {
        &ALL[scale as usize]
    }

    fn new(scale: Scale) -> Self {
        let mut bands = Self { of_slot: Box::new([0; SLOTS]), ends: Box::new([0; BANDS]) };
        let (mut next, slots) = (0, slot::count(scale));
        for slot in 0..slots as u16 {
            let band = usize::from(band(scale, slot));
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

    /// The band of a slot.
    #[inline]
    pub(super) fn band(&self, slot: u16) -> u16 {
        self.of_slot[usize::from(slot) % SLOTS]
    }

    /// The first slot of a band.
    #[inline]
    pub(super) fn first(&self, band: u16) -> u16 {
        band.checked_sub(1).map_or(0, |before| self.ends[usize::from(before) % BANDS])
    }

    /// For each of some neighbouring bands the first slot above it.
    pub(super) fn ends(&self, bands: std::ops::RangeInclusive<usize>) -> &[u16] {
        &self.ends[bands]
    }
}

/// [`ZERO`], or one more than the distance of a slot's bucket from the [`lowest`].
fn band(scale: Scale, slot: u16) -> u16 {
    let values = slot::values(scale, slot);
    if *values.end() == 0 {
        return ZERO;
    }
    let middle = f64::midpoint(f64::from(*values.start()), f64::from(*values.end()));
    (index(middle) - lowest() + 1) as u16 // from 1 to 513
}

/// The index of the bucket that counts so many millionths: it reaches up to 2^(index / 2^schema) units.
fn index(micros: f64) -> i32 {
    let unit = f64::from(Micros::UNIT);
    ((micros / unit).log2() * f64::from(1 << SCHEMA)).ceil() as i32
}

/// The index of the bucket of one millionth, which is the band after [`ZERO`].
#[must_use]
pub fn lowest() -> i32 {
    index(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_ascend_and_their_slots_are_few() {
        for scale in Scale::ALL {
            let bands = Bands::of(scale);
            let slots = slot::count(scale) as u16;
            assert!((1..slots).all(|slot| bands.band(slot - 1) <= bands.band(slot)));
            assert!(
                usize::from(bands.band(slots - 1)) < BANDS - 64,
                "room for those who look past the last one"
            );
            for slot in 0..slots {
                let band = bands.band(slot);
                let first = bands.first(band);
                assert!(
                    first <= slot && usize::from(slot - first) < SLOTS_MAX && bands.band(first) == band,
                    "{scale:?} {slot}"
                );
                assert_eq!(band == ZERO, *slot::values(scale, slot).end() == 0);
            }
        }
    }
}
