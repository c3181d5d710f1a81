//! The collector's metrics of itself, in the registry of the crate `prometheus`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use graadmeter_wire::Key;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use crate::aggregate::budget::View;
use crate::config::Site;
use crate::journal::Counts;
use crate::outcome::Outcome;
use crate::pipeline::Pipeline;

use super::build::{Builder, describe};
use super::catalog::{
    BEACONS, BUILD_INFO, CELLS_OVERFLOWED, Family, JOURNAL_BYTES, JOURNAL_COMMITS, JOURNAL_DISK,
    JOURNAL_FAILURES, LEFT_OUT, PAGE_STAGE,
};

const CATALOGUE: [Family; 9] = [
    BEACONS,
    LEFT_OUT,
    CELLS_OVERFLOWED,
    BUILD_INFO,
    PAGE_STAGE,
    JOURNAL_COMMITS,
    JOURNAL_FAILURES,
    JOURNAL_BYTES,
    JOURNAL_DISK,
];

/// What a pipeline says of itself.
#[derive(Debug)]
pub(super) struct Own {
    pipeline: Arc<Pipeline>,
    descriptions: Vec<Desc>,
}

impl Own {
    pub(super) fn new(pipeline: Arc<Pipeline>) -> prometheus::Result<Self> {
        Ok(Self { pipeline, descriptions: describe(CATALOGUE.into_iter())? })
    }
}

impl Collector for Own {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    /// Every label value is there from the start, so that rates are right.
    fn collect(&self) -> Vec<MetricFamily> {
        let tallies = self.pipeline.tallies();
        let outcomes = tallies.outcomes();
        let mut beacons = Builder::counter(BEACONS);
        for outcome in Outcome::ALL {
            beacons.value(&[outcome.label()], outcomes[outcome] as f64);
        }
        let mut left_out = Builder::counter(LEFT_OUT);
        for key in Key::ALL {
            let count: u64 = tallies.sum(|sum, tally| *sum += tally.left_out[key as usize]);
            left_out.value(&[key.name()], count as f64);
        }
        let sites = self.pipeline.sites();
        let mut overflowed = Builder::counter(CELLS_OVERFLOWED);
        for view in View::ALL {
            let count: u64 = tallies.sum(|sum, tally| *sum += tally.aggregate.overflowed[view as usize]);
            overflowed.value(&[view.name()], count as f64);
        }
        let mut build_info = Builder::gauge(BUILD_INFO);
        build_info.value(&[env!("CARGO_PKG_VERSION")], 1.0);
        let mut builders = vec![beacons, left_out, overflowed, build_info, page_stages(&sites)];
        builders.extend(self.pipeline.journal_counts().into_iter().flat_map(journal));
        builders.into_iter().map(Builder::finish).collect()
    }
}

fn journal(counts: &Counts) -> [Builder; 4] {
    let told = |mut builder: Builder, count: &AtomicU64| {
        builder.value(&[], count.load(Ordering::Relaxed) as f64);
        builder
    };
    [
        told(Builder::counter(JOURNAL_COMMITS), &counts.commits),
        told(Builder::counter(JOURNAL_FAILURES), &counts.failures),
        told(Builder::counter(JOURNAL_BYTES), &counts.bytes),
        told(Builder::gauge(JOURNAL_DISK), &counts.disk_bytes),
    ]
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
