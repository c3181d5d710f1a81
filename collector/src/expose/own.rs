//! The collector's metrics of itself.

use graadmeter_wire::Key;
use prometheus::proto::MetricFamily;

use crate::aggregate::budget::{Budgets, View};
use crate::config::Site;
use crate::outcome::Outcome;
use crate::tally::Tally;

use super::build::Builder;
use super::catalog::{BEACONS, BUILD_INFO, CELLS, CELLS_OVERFLOWED, Family, HANDLING, LEFT_OUT, PAGE_STAGE};

/// Every family of the collector itself.
pub(super) const CATALOGUE: [Family; 7] =
    [BEACONS, LEFT_OUT, HANDLING, CELLS, CELLS_OVERFLOWED, BUILD_INFO, PAGE_STAGE];

/// What the collector says of itself. Every label value is there from the start, so that rates are right.
pub(super) fn families(sites: &[&Site], tally: &Tally, budgets: &Budgets) -> Vec<MetricFamily> {
    let mut beacons = Builder::counter(BEACONS);
    for outcome in Outcome::ALL {
        beacons.value(&[outcome.label()], tally.outcomes[outcome] as f64);
    }
    let mut left_out = Builder::counter(LEFT_OUT);
    for key in Key::ALL {
        left_out.value(&[key.name()], tally.left_out[key as usize] as f64);
    }
    let mut handling = Builder::histogram(HANDLING);
    handling.distribution(&[], &tally.handling);
    let mut cells = Builder::gauge(CELLS);
    cells.value(&[], tally.aggregate.cells() as f64);
    let mut overflowed = Builder::counter(CELLS_OVERFLOWED);
    for view in View::ALL {
        overflowed.value(&[view.name()], budgets.overflowed(view) as f64);
    }
    let mut build_info = Builder::gauge(BUILD_INFO);
    build_info.value(&[env!("CARGO_PKG_VERSION")], 1.0);
    let builders = [beacons, left_out, handling, cells, overflowed, build_info, page_stages(sites)];
    builders.into_iter().map(Builder::finish).collect()
}

fn page_stages(sites: &[&Site]) -> Builder {
    let mut builder = Builder::gauge(PAGE_STAGE);
    for site in sites {
        for (page, stage) in &site.stages {
            builder.value(&[&site.id, page, stage.name()], 1.0);
        }
    }
    builder
}
