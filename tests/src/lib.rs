//! The harness of the black-box tests: it starts the real programs, speaks to them from outside, and reads
//! what they tell Prometheus.
//!
//! A test never waits a fixed time: it polls with a deadline ([`wait`]). Every process belongs to the value that
//! started it and dies with it ([`process`]). Everything listens on a port that the system chose, on loopback.
//!
//! A harness fails by panicking, with a sentence that says what to do; so the lints against that are off here.
//! Counts are whole numbers in floats, so floats are compared.
#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod beacon;
pub mod browser;
pub mod chdb;
pub mod clickhouse;
pub mod collector;
pub mod cut;
pub mod delay;
pub mod exposition;
pub mod geo;
pub mod probe;
pub mod process;
pub mod prometheus;
pub mod raw_http;
pub mod raw_http2;
pub mod requests;
pub mod shop;
pub mod statistics;
pub mod tls;
pub mod visit;
pub mod wait;

use std::path::{Path, PathBuf};

/// The repository's root.
#[must_use]
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent")
}

/// The fixtures of the wire format, version 1.
#[must_use]
pub fn wire_fixtures() -> PathBuf {
    repository().join("tests/fixtures/wire/v1")
}
