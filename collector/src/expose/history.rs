//! The metrics of the history, if there is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use crate::history::Counts;

use super::build::{Builder, describe};
use super::catalog::{HISTORY_DAMAGED, HISTORY_DISK, HISTORY_FAILURES};

/// What the history counts.
#[derive(Debug)]
pub(super) struct History {
    counts: Arc<Counts>,
    descriptions: Vec<Desc>,
}

impl History {
    pub(super) fn new(counts: Arc<Counts>) -> prometheus::Result<Self> {
        let descriptions = describe([HISTORY_FAILURES, HISTORY_DAMAGED, HISTORY_DISK].into_iter())?;
        Ok(Self { counts, descriptions })
    }
}

impl Collector for History {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let Counts { failures, damaged, disk_bytes } = &*self.counts;
        let told = [
            (Builder::counter(HISTORY_FAILURES), failures),
            (Builder::counter(HISTORY_DAMAGED), damaged),
            (Builder::gauge(HISTORY_DISK), disk_bytes),
        ];
        let finish = |(mut builder, count): (Builder, &AtomicU64)| {
            builder.value(&[], count.load(Ordering::Relaxed) as f64);
            builder.finish()
        };
        told.into_iter().map(finish).collect()
    }
}
