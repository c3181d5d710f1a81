//! Memory with a full visitor view after ten million beacons.

use crate::filled::{Filled, VISITOR_CELLS};
use crate::scrape::{TEXT, assert_accepted, scrape};
use crate::session::Session;

const BAR_MIB: f64 = 96.0;

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    let figures = session.with_filled(measure);
    session.table.judge(
        "memory: resident after 10 million beacons",
        "≤ 96 MiB",
        &format!("{:.1} MiB", figures.now),
        &format!(
            "{} visitor cells, {} beacons; peak {:.1} MiB, {:.1} MiB with a text scrape",
            figures.cells, figures.beacons, figures.peak, figures.peak_with_text
        ),
        figures.now <= BAR_MIB,
    );
}

struct Figures {
    now: f64,
    peak: f64,
    peak_with_text: f64,
    cells: usize,
    beacons: u64,
}

fn measure(filled: &mut Filled) -> Figures {
    // Before the text is asked for: it is what the check needs, and no part of the measure.
    let (now, peak) = (filled.collector.memory_mib("VmRSS"), filled.collector.memory_mib("VmHWM"));
    let text = scrape(filled.collector.admin(), TEXT, "identity").body;
    let peak_with_text = filled.collector.memory_mib("VmHWM");
    let cells =
        text.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"rum_page_views_total{")).count();
    assert!(cells >= VISITOR_CELLS, "only {cells} cells of the visitor view were filled");
    assert_accepted(&text, filled.sent);
    Figures { now, peak, peak_with_text, cells, beacons: filled.sent }
}
