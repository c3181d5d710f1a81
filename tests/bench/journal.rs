//! What keeping costs: a collector that stores what it accepts before it answers, against one that keeps it in memory.
//!
//! As in `ingest`, both have core 0 in turn, and the generator core 1.

use std::time::Duration;

use graadmeter_tests::requests::Requests;
use graadmeter_tests::statistics::median;

use crate::beacons::page_views;
use crate::load::{Length, Load, Pace};
use crate::scrape::{TEXT, assert_accepted, scrape, value};
use crate::server::{Collector, Server, pin};
use crate::session::Session;

const REQUESTS: usize = 4096;
/// As many as elsewhere, and as many as make a core never run dry while some wait for their commit.
const CONNECTIONS: [usize; 2] = [64, 256];
const PAIRS: usize = 10;
const BAR: f64 = 1.15;

/// A collector, its load, and what it was sent.
struct Case {
    collector: Collector,
    load: Load,
    sent: u64,
}

impl Case {
    fn of(collector: Collector, connections: usize) -> Self {
        let load = Load::new(collector.address(), connections);
        Self { collector, load, sent: 0 }
    }

    /// CPU time per beacon over a slice, in µs, and beacons per second.
    fn slice(&mut self, requests: &mut Requests, time: Duration) -> (f64, f64) {
        let before = self.collector.cpu();
        let report = self.load.run(requests, Pace::Saturating, Length::Time(time));
        report.assert_clean();
        self.sent += report.accepted;
        let cpu = self.collector.cpu().saturating_sub(before);
        (cpu.as_secs_f64() * 1e6 / report.accepted as f64, report.rate())
    }
}

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    for connections in CONNECTIONS {
        compare(session, connections);
    }
}

fn compare(session: &mut Session, connections: usize) {
    let slice = Duration::from_millis(if session.quick { 400 } else { 1500 });
    let (mut keeping, mut forgetting) =
        [Collector::keeping_on(&[0]), Collector::on(&[0])].map(|each| Case::of(each, connections)).into();
    pin(&[1]);
    let mut requests = Requests::evenly(page_views(REQUESTS, 5), 5);
    let mut pairs = Vec::new();
    // The first pair warms up.
    for pair in 0..=PAIRS {
        let slices = (keeping.slice(&mut requests, slice), forgetting.slice(&mut requests, slice));
        if pair > 0 {
            pairs.push(slices);
        }
    }
    let ratios = || pairs.iter().map(|(keeping, forgetting)| keeping.0 / forgetting.0);
    let ratio = median(ratios());
    let [ours, theirs] =
        [median(pairs.iter().map(|pair| pair.0.0)), median(pairs.iter().map(|pair| pair.1.0))];
    let spread = format!("{:.2}–{:.2}", ratios().fold(f64::MAX, f64::min), ratios().fold(0.0, f64::max));
    session.table.judge(
        &format!("journal, {connections} connections: CPU per beacon, `process` against `off`"),
        "≤ 1.15 ×",
        &format!("{ratio:.2} × ({ours:.2} µs)"),
        &format!("off {theirs:.2} µs; pairs {spread}"),
        ratio <= BAR,
    );
    let rates = [median(pairs.iter().map(|pair| pair.0.1)), median(pairs.iter().map(|pair| pair.1.1))];
    session.table.note(
        &format!("journal, {connections} connections: throughput on one core"),
        &format!("{:.0}/s", rates[0]),
        &format!("off {:.0}/s", rates[1]),
    );
    let counts = scrape(keeping.collector.admin(), TEXT, "identity").body;
    let counted = |name: &str| value(&counts, name).unwrap_or(f64::NAN);
    let commits = counted("graadmeter_journal_commits_total");
    let bytes = counted("graadmeter_journal_entry_bytes_total");
    session.table.note(
        &format!("journal, {connections} connections: a commit"),
        &format!("{:.0} beacons", keeping.sent as f64 / commits),
        &format!("{:.0} bytes a beacon", bytes / keeping.sent as f64),
    );
    for case in [keeping, forgetting] {
        assert_accepted(&scrape(case.collector.admin(), TEXT, "identity").body, case.sent);
    }
}
