//! What a distribution is about, and so where its counts are exact: at the upper edges of the classic buckets.

use super::{Metric, Micros};

/// What the values of a distribution are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Scale {
    /// Durations of loading a page.
    Loading,
    /// Durations of answering an interaction.
    Interaction,
    /// Scores of layout shift.
    Score,
    /// Durations of handling a beacon in the collector.
    Handling,
}

impl Scale {
    /// Every scale, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Loading, Self::Interaction, Self::Score, Self::Handling];

    /// The upper edges of the classic buckets, ascending.
    #[must_use]
    pub const fn edges(self) -> &'static [Micros] {
        match self {
            Self::Loading => LOADING,
            Self::Interaction => INTERACTION,
            Self::Score => SCORES,
            Self::Handling => HANDLING,
        }
    }
}

impl Metric {
    /// The scale of this metric's values; its thresholds are among the edges.
    #[must_use]
    pub const fn scale(self) -> Scale {
        match self {
            Self::Inp => Scale::Interaction,
            Self::Cls => Scale::Score,
            _ => Scale::Loading,
        }
    }
}

const LOADING: &[Micros] = &[
    Micros(10_000),
    Micros(25_000),
    Micros(50_000),
    Micros(100_000),
    Micros(200_000),
    Micros(300_000),
    Micros(500_000),
    Micros(800_000),
    Micros(1_000_000),
    Micros(1_250_000),
    Micros(1_500_000),
    Micros(1_800_000),
    Micros(2_000_000),
    Micros(2_500_000),
    Micros(3_000_000),
    Micros(4_000_000),
    Micros(5_000_000),
    Micros(7_500_000),
    Micros(10_000_000),
    Micros(15_000_000),
    Micros(30_000_000),
    Micros(60_000_000),
];

/// INP lives between a frame and half a second.
const INTERACTION: &[Micros] = &[
    Micros(8_000),
    Micros(16_000),
    Micros(25_000),
    Micros(50_000),
    Micros(75_000),
    Micros(100_000),
    Micros(150_000),
    Micros(200_000),
    Micros(300_000),
    Micros(400_000),
    Micros(500_000),
    Micros(750_000),
    Micros(1_000_000),
    Micros(2_000_000),
    Micros(5_000_000),
];

const SCORES: &[Micros] = &[
    Micros(0),
    Micros(10_000),
    Micros(25_000),
    Micros(50_000),
    Micros(75_000),
    Micros(100_000),
    Micros(150_000),
    Micros(200_000),
    Micros(250_000),
    Micros(400_000),
    Micros(600_000),
    Micros(1_000_000),
    Micros(2_000_000),
];

const HANDLING: &[Micros] = &[
    Micros(10),
    Micros(25),
    Micros(50),
    Micros(100),
    Micros(250),
    Micros(500),
    Micros(1_000),
    Micros(2_500),
    Micros(5_000),
    Micros(10_000),
    Micros(100_000),
    Micros(1_000_000),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_is_an_edge() {
        for metric in Metric::ALL {
            for threshold in metric.thresholds().into_iter().flatten() {
                assert!(metric.scale().edges().contains(&threshold), "{metric:?} {threshold:?}");
            }
        }
    }

    #[test]
    fn edges_ascend_and_scales_are_numbered() {
        for (number, scale) in Scale::ALL.into_iter().enumerate() {
            assert!(scale.edges().is_sorted_by(|left, right| left < right), "{scale:?}");
            assert_eq!(scale as usize, number);
        }
    }
}
