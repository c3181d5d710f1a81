//! Telling the results: to the collector, to Prometheus, to a person or machine at a terminal.

pub mod beacon;
pub mod blackbox;
pub mod collector;
pub mod json;
pub mod metrics;
pub mod terminal;

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970; times before it are 0.
fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
