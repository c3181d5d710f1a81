//! A collector with a full visitor view, filled as in life: cells by Zipf's law, values from real visitors' shapes,
//! and scraped all the while, as Prometheus would.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::beacons::{SHARES_OF_A_GROUP, visitor_cells};
use crate::load::{Length, Load, Pace};
use crate::scrape::{NATIVE, scrape};
use crate::server::{COUNTRY_HEADER, Collector, Server, pin};
use graadmeter_tests::requests::Requests;

/// Cells of the visitor view by default, the one for the rest among them.
pub(crate) const VISITOR_CELLS: usize = 10_000;
/// Cells that the beacons would make: some more than the budget, so that it is full.
const CELLS_ASKED_FOR: usize = VISITOR_CELLS + 200;
const CONNECTIONS: usize = 64;
/// How often Prometheus scrapes by default is a minute; many set a quarter of that.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(15);

/// A collector on both cores and the load that filled it.
#[derive(Debug)]
pub(crate) struct Filled {
    /// The collector.
    pub(crate) collector: Collector,
    /// Connections to it.
    pub(crate) load: Load,
    /// More of the same requests.
    pub(crate) requests: Requests,
    /// How many beacons it was sent, all of them answered 204.
    pub(crate) sent: u64,
}

impl Filled {
    /// Sends so many beacons to a new collector.
    #[must_use]
    pub(crate) fn with(beacons: u64) -> Self {
        pin(&[0, 1]);
        let drafts = visitor_cells(CELLS_ASKED_FOR, COUNTRY_HEADER, 4);
        let requests = Requests::by_zipf(drafts, &SHARES_OF_A_GROUP, 4);
        let collector = Collector::on(&[0, 1]);
        let load = Load::new(collector.address(), CONNECTIONS);
        let mut filled = Self { collector, load, requests, sent: 0 };
        let (admin, done) = (filled.collector.admin(), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let _size = scrape(admin, NATIVE, "gzip").bytes;
                    let next = Instant::now() + SCRAPE_INTERVAL;
                    while Instant::now() < next && !done.load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
            let report = filled.load.run(&mut filled.requests, Pace::Saturating, Length::Requests(beacons));
            done.store(true, Ordering::Relaxed);
            report.assert_clean();
            eprintln!(
                "  {beacons} beacons in {:.0} s, {:.0}/s on two cores",
                report.took.as_secs_f64(),
                report.rate()
            );
            filled.sent = report.accepted;
        });
        filled
    }
}
