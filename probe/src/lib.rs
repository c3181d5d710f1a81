//! The probe: measures a shop on purpose, from chosen regions, and tells what it found.
//!
//! # The way of one run
//!
//! [`config`] names the checks. [`schedule`] says when one is due; [`run`] starts it, never twice at once.
//! [`check::http`] asks the site and puts an `Instant` between the phases: resolve, connect, TLS, first
//! byte, transfer; what fails is part of its measurement. [`check::assert`] makes that a verdict: ok, over
//! budget, or failed. Then it is told ([`report`]): counted in the probe's own metrics, and, if the site
//! gave the right answer, queued as a beacon for the collector. A failure is never a timing.
//!
//! [`oneshot`] does the same for URLs on a command line, once. [`serve`] answers `/metrics` and, for those
//! who come from `blackbox_exporter`, `/probe`. Everything is bounded by [`limits`].
//!
//! Other ways to measure (a journey through the shop in a real browser) stand beside `check`: they take a
//! turn in the same schedule and end in the same reports.

pub mod check;
pub mod config;
pub mod limits;
pub mod oneshot;
pub mod report;
pub mod run;
pub mod schedule;
pub mod serve;

#[cfg(test)]
mod testing;

pub use crate::run::{RunError, run};
