//! The black-box tests, in one binary: each module asks one question of the real programs.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod schema;
mod wire_format;
