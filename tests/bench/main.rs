//! The benchmarks: what the collector costs, against bars and against peers, as one table.
//!
//! `tests/bench/run` is the command; `tests/bench/README.md` says what each figure means. They need a quiet machine
//! with two cores, so they are no part of the tests.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod beacons;
mod ingest;
mod load;
mod request;
mod scrape;
mod server;
mod table;
mod visit;

use std::process::ExitCode;

use crate::table::Table;

/// How to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// A tenth of the work: to see that everything runs, not to judge.
    pub quick: bool,
}

/// A benchmark: its name and what runs it.
type Benchmark = (&'static str, fn(&mut Table, Options));

const BENCHMARKS: [Benchmark; 1] = [("ingest", ingest::run)];

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut flag = |name: &str| {
        let before = arguments.len();
        arguments.retain(|argument| argument != name);
        arguments.len() < before
    };
    // Cargo says so; `cargo test` runs benchmarks too, but not to measure.
    let measures = flag("--bench");
    let report_only = flag("--report-only");
    let options = Options { quick: flag("--quick") };
    if !measures {
        println!("benchmarks are run by `tests/bench/run`");
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = arguments.iter().find(|name| BENCHMARKS.iter().all(|(known, _)| known != name)) {
        let names = BENCHMARKS.map(|(name, _)| name).join(", ");
        eprintln!("no benchmark is called {unknown:?}; there are: {names}");
        return ExitCode::from(2);
    }
    let mut table = Table::default();
    for (name, run) in BENCHMARKS {
        if arguments.is_empty() || arguments.iter().any(|wanted| wanted == name) {
            eprintln!("{name} …");
            run(&mut table, options);
        }
    }
    println!("\n{}", table.render());
    ExitCode::from(u8::from(!report_only && !table.all_met()))
}
