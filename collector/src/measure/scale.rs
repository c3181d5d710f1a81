//! The upper edges of the classic buckets. Counts at them are exact.

use super::{Metric, Micros};

impl Metric {
    /// The upper edges of this metric's classic buckets, ascending. Its thresholds are among them.
    #[must_use]
    pub fn edges(self) -> &'static [Micros] {
        match self {
            Self::Inp => INTERACTION_SECONDS,
            Self::Cls => SCORES,
            _ => SECONDS,
        }
    }
}

/// For durations.
const SECONDS: &[Micros] = &[
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

/// For INP, which lives between a frame and half a second.
const INTERACTION_SECONDS: &[Micros] = &[
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

/// For CLS.
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

/// For the handling of a beacon by the collector.
pub const HANDLING_SECONDS: &[Micros] = &[
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
            assert!(metric.edges().is_sorted());
            for threshold in metric.thresholds().into_iter().flatten() {
                assert!(metric.edges().contains(&threshold), "{metric:?} {threshold:?}");
            }
        }
    }
}
