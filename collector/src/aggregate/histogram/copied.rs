//! A copy of a distribution: made in a moment, and read when the original may change again.

use crate::measure::Scale;

use super::column::Column;
use super::counts::Counts;
use super::{Counted, Detail, Distribution};

/// A copy, whose memory serves for the next one.
#[derive(Debug)]
pub struct Copied {
    scale: Scale,
    sum_micros: u64,
    is_packed: bool,
    bands: Vec<u8>,
    places: Vec<u8>,
    starts_half: bool,
    counts: Counts,
    latest: Vec<u16>,
    each: u64,
}

impl Copied {
    /// A copy of nothing.
    #[must_use]
    #[allow(clippy::new_without_default)] // a copy of nothing is no default of anything
    pub const fn new() -> Self {
        Self {
            scale: Scale::Loading,
            sum_micros: 0,
            is_packed: false,
            bands: Vec::new(),
            places: Vec::new(),
            starts_half: false,
            counts: Counts::NONE,
            latest: Vec::new(),
            each: 0,
        }
    }

    /// Copies what a reader needs of `original`, in place of what was copied before.
    pub fn copy(&mut self, original: &Distribution<'_>, detail: Detail) {
        Distribution { scale: self.scale, sum_micros: self.sum_micros, each: self.each, .. } = *original;
        self.is_packed = matches!(original.counted, Counted::Packed(_));
        match original.counted {
            Counted::Packed(column) => {
                self.bands.clear();
                self.bands.extend_from_slice(column.bands);
                self.places.clear();
                if detail == Detail::Slots {
                    self.places.extend_from_slice(column.places);
                    self.starts_half = column.starts_half;
                }
            }
            Counted::Counts(counts) => self.counts.clone_from(counts),
        }
        self.latest.clear();
        self.latest.extend(original.latest());
    }

    /// What was copied.
    #[must_use]
    pub fn distribution(&self) -> Distribution<'_> {
        Distribution {
            scale: self.scale,
            sum_micros: self.sum_micros,
            counted: if self.is_packed {
                let Self { bands, places, starts_half, .. } = self;
                Counted::Packed(Column { bands, places, starts_half: *starts_half })
            } else {
                Counted::Counts(&self.counts)
            },
            latest: &self.latest,
            columns: 1,
            each: self.each,
        }
    }
}
