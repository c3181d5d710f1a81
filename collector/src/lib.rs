//! The Graadmeter collector: takes beacons, places and aggregates them, and exposes Prometheus metrics.
//!
//! # A beacon's journey
//!
//! A visitor's browser posts a few hundred bytes. [`graadmeter_base::serve`] accepts the
//! connection, [`ingest`] reads the body within its limits, and [`pipeline`] takes it through the stages, each of which changes its type:
//! [`graadmeter_wire::decode`] makes a `Beacon` of bytes, [`admit`] asks whether it may count (site, origin,
//! robots, duplicates), [`place`] makes an [`observation`] of it, with a bounded name in every label, and
//! [`aggregate`] counts that in the HDR histograms of its cells. Each core has its own histograms, so cores
//! do not wait for each other; [`tally`] merges them when [`expose`] is asked for `/metrics`.
//!
//! A request ends in exactly one [`outcome`], which is both its answer and a counter. A 204 does not
//! always mean "counted": duplicates and robots are answered 204 too, because telling them apart is
//! nobody's business but the counter's.
//!
//! Stages below `pipeline` are pure: they know no clock, no socket and no disk. [`config`] alone reads
//! files. [`run()`] ties it together; `main` only reads arguments.

pub mod address;
pub mod admit;
pub mod agent;
pub mod aggregate;
pub mod answer;
pub mod api;
pub mod arrival;
pub mod backup;
pub mod clickhouse;
pub mod config;
pub mod demo;
pub mod expose;
pub mod history;
pub mod ingest;
pub mod journal;
mod leb128;
pub mod limits;
pub mod measure;
pub mod observation;
pub mod outcome;
pub mod pipeline;
pub mod place;
mod prefetch;
mod run;
mod sqlite;
pub mod tag;
pub mod tally;
pub mod verify;

pub use self::run::{Listeners, RunError, run};
