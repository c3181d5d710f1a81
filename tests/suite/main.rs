//! The black-box tests, in one binary: each module asks one question of the real programs.
//!
//! Counts are whole numbers in floats, and sums of whole milliseconds are promised to be exact: so floats are compared.
#![allow(clippy::expect_used, clippy::float_cmp, clippy::panic, clippy::unwrap_used)]

mod aggregates;
mod answers;
mod clickhouse;
mod conversion;
mod cors;
mod demo;
mod end_to_end;
mod history;
mod hostile;
mod http2;
mod journal;
mod many;
mod metrics;
mod native;
mod operations;
mod placing;
mod probe;
mod restart;
mod schema;
mod script;
mod signed;
mod start;
mod tls;
mod wire_format;
