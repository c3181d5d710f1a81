//! The benchmarks: what the collector costs, against bars and against peers, as one table.
//!
//! `tests/bench/run` is the command; `tests/bench/README.md` says what each figure means. They need a quiet machine
//! with two cores, so they are no part of the tests.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod beacons;
mod cardinality;
mod cores;
mod filled;
mod history;
mod ingest;
mod journal;
mod load;
mod memory;
mod micro;
mod quantiles;
mod scrape;
mod scraping;
mod server;
mod session;
mod table;

use std::process::ExitCode;

use crate::session::Session;

/// A benchmark: its name and what runs it.
type Benchmark = (&'static str, fn(&mut Session));

/// All of them, in the order in which they run: `memory` and `scrape` share a collector that takes minutes to fill.
const BENCHMARKS: [Benchmark; 9] = [
    ("ingest", ingest::run),
    ("cores", cores::run),
    ("journal", journal::run),
    ("memory", memory::run),
    ("scrape", scraping::run),
    ("cardinality", cardinality::run),
    ("quantiles", quantiles::run),
    ("history", history::run),
    ("micro", micro::run),
];

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    // `micro` runs this program under callgrind.
    if let [flag, workload, times] = &arguments[..]
        && flag == "--workload"
    {
        micro::run_workload(workload, times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let mut flag = |name: &str| {
        let before = arguments.len();
        arguments.retain(|argument| argument != name);
        arguments.len() < before
    };
    // Cargo says so; `cargo test` runs benchmarks too, but not to measure.
    let measures = flag("--bench");
    let report_only = flag("--report-only");
    let quick = flag("--quick");
    if !measures {
        println!("benchmarks are run by `tests/bench/run`");
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = arguments.iter().find(|name| BENCHMARKS.iter().all(|(known, _)| known != name)) {
        let names = BENCHMARKS.map(|(name, _)| name).join(", ");
        eprintln!("no benchmark is called {unknown:?}; there are: {names}");
        return ExitCode::from(2);
    }
    let mut session = Session::new(quick);
    for (name, run) in BENCHMARKS {
        if arguments.is_empty() || arguments.iter().any(|wanted| wanted == name) {
            eprintln!("{name} …");
            run(&mut session);
        }
    }
    println!("\n{}", session.table.render());
    ExitCode::from(u8::from(!report_only && !session.table.all_met()))
}
