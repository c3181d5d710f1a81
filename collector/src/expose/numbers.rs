//! Metrics that are one number each: of the history and of ClickHouse, where there is one.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use super::build::{Builder, describe};
use super::catalog::{
    CLICKHOUSE_DROPPED, CLICKHOUSE_FAILURES, CLICKHOUSE_ROWS, CLICKHOUSE_WAITING, Family, HISTORY_DAMAGED,
    HISTORY_DISK, HISTORY_FAILURES,
};
use crate::{clickhouse, history};

/// Where a number comes from.
type Read<C> = fn(&C) -> &AtomicU64;

/// Numbers of something that counts.
pub(super) struct Numbers<C> {
    counts: Arc<C>,
    counters: Vec<(Family, Read<C>)>,
    gauges: Vec<(Family, Read<C>)>,
    descriptions: Vec<Desc>,
}

impl Numbers<history::Counts> {
    pub(super) fn of_history(counts: Arc<history::Counts>) -> prometheus::Result<Self> {
        let counters: Vec<(Family, Read<history::Counts>)> =
            vec![(HISTORY_FAILURES, |counts| &counts.failures), (HISTORY_DAMAGED, |counts| &counts.damaged)];
        Self::new(counts, counters, vec![(HISTORY_DISK, |counts| &counts.disk_bytes)])
    }
}

impl Numbers<clickhouse::Counts> {
    pub(super) fn of_clickhouse(counts: Arc<clickhouse::Counts>) -> prometheus::Result<Self> {
        let counters: Vec<(Family, Read<clickhouse::Counts>)> = vec![
            (CLICKHOUSE_ROWS, |counts| &counts.rows),
            (CLICKHOUSE_FAILURES, |counts| &counts.failures),
            (CLICKHOUSE_DROPPED, |counts| &counts.dropped),
        ];
        Self::new(counts, counters, vec![(CLICKHOUSE_WAITING, |counts| &counts.waiting_bytes)])
    }
}

impl<C> Numbers<C> {
    fn new(
        counts: Arc<C>,
        counters: Vec<(Family, Read<C>)>,
        gauges: Vec<(Family, Read<C>)>,
    ) -> prometheus::Result<Self> {
        let descriptions = describe(counters.iter().chain(&gauges).map(|(family, _)| *family))?;
        Ok(Self { counts, counters, gauges, descriptions })
    }
}

impl<C> Debug for Numbers<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Numbers").finish_non_exhaustive()
    }
}

impl<C: Send + Sync> Collector for Numbers<C> {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let told = |mut builder: Builder, read: Read<C>| {
            builder.value(&[], read(&self.counts).load(Ordering::Relaxed) as f64);
            builder.finish()
        };
        let counters = self.counters.iter().map(|(family, read)| told(Builder::counter(*family), *read));
        let gauges = self.gauges.iter().map(|(family, read)| told(Builder::gauge(*family), *read));
        counters.chain(gauges).collect()
    }
}
