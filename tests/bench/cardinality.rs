//! Memory and cells under a flood of names: ten million beacons in which every field that could become a label, and
//! every key of a table, has a value that was never seen before.

use crate::beacons::flood;
use crate::filled::{Filled, VISITOR_CELLS};
use crate::load::{Length, Load, Pace};
use crate::scrape::{TEXT, assert_accepted, scrape, value};
use crate::server::{COUNTRY_HEADER, Server};
use crate::session::Session;
use graadmeter_tests::requests::Requests;

const FLOOD: u64 = 10_000_000;
/// Enough to fill every table: views, hosts, clients that are watched, ids that are remembered.
const WARM_UP: u64 = 3_000_000;
/// All budgets by default: visitor cells, page cells, hosts of third parties. No probe reports here.
const CELLS_MAX: f64 = VISITOR_CELLS as f64 + 1_000.0 + 100.0;
const BAR_PERCENT: f64 = 5.0;

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    session.drop_filled();
    let (warm_up, beacons) = (session.scaled(WARM_UP), session.scaled(FLOOD));
    let filled = Filled::with(warm_up);
    let mut load = Load::new(filled.collector.address(), 64);
    let mut requests = Requests::evenly(flood(COUNTRY_HEADER), 5);
    let mut send = |beacons| {
        let report = load.run(&mut requests, Pace::Saturating, Length::Requests(beacons));
        report.assert_clean();
        eprintln!("  {beacons} distinct beacons in {:.0} s", report.took.as_secs_f64());
    };
    send(warm_up);
    let before = filled.collector.memory_mib("VmRSS");
    send(beacons);
    let after = filled.collector.memory_mib("VmRSS");
    let growth = 100.0 * (after / before - 1.0);
    session.table.judge(
        "cardinality: growth by 10 million distinct names",
        "< 5 %",
        &format!("{growth:.1} %"),
        &format!("from {before:.1} to {after:.1} MiB"),
        growth < BAR_PERCENT,
    );
    let text = scrape(filled.collector.admin(), TEXT, "identity").body;
    assert_accepted(&text, filled.sent + warm_up + beacons);
    let cells = value(&text, "graadmeter_cells").expect("a gauge of cells");
    session.table.judge(
        "cardinality: cells after that",
        "≤ 11,100, the budgets",
        &format!("{cells:.0}"),
        "",
        cells <= CELLS_MAX,
    );
}
