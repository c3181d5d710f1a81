//! Exposing: what was counted, as Prometheus metrics.
//!
//! What the collector says of itself is in a registry of the crate `prometheus`, which also writes it. The families
//! of visitors and probes may have a hundred thousand series, so they are written straight from the cores' cells,
//! one family after the other: as classic text, or as protobuf with native histograms for a Prometheus that asks.

mod build;
mod catalog;
mod courtesy;
mod encode;
mod format;
mod names;
mod numbers;
mod own;
mod rum;
mod serving;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use graadmeter_base::serve::Connections;
use prometheus::{Encoder, IntGauge, ProtobufEncoder, Registry, TextEncoder};

use crate::pipeline::Pipeline;
use crate::{clickhouse, history};

use self::catalog::CELLS;
use self::encode::{Encode, Protobuf, Text};
use self::names::AllNames;
use self::numbers::Numbers;
use self::own::Own;
use self::rum::Writer;
use self::serving::Serving;

pub use self::courtesy::Courtesy;
pub use self::format::{Format, accepts_gzip};

/// Everything that `/metrics` shows.
#[derive(Debug)]
pub struct Exposition {
    pipeline: Arc<Pipeline>,
    registry: Registry,
    /// As many cells as the last scrape found.
    cells: IntGauge,
    started: Duration,
}

/// Why the metrics can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum ExposeError {
    /// Two families have the same name, or one can't be written.
    #[error("the collector's own metrics can't be exposed")]
    Own(#[from] prometheus::Error),
    /// Whoever asked is gone.
    #[error("the metrics could not be sent")]
    Sending(#[from] io::Error),
}

impl Exposition {
    /// The metrics of a pipeline that counts since `started`, of the public listener's connections, and of the process.
    ///
    /// # Errors
    ///
    /// When two families have the same name.
    pub fn new(
        pipeline: &Arc<Pipeline>,
        connections: &Arc<Connections>,
        started: SystemTime,
    ) -> Result<Self, ExposeError> {
        let registry = Registry::new();
        registry.register(Box::new(Own::new(Arc::clone(pipeline))?))?;
        registry.register(Box::new(Serving::new(Arc::clone(connections))?))?;
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        let cells = IntGauge::new(CELLS.name, CELLS.help)?;
        registry.register(Box::new(cells.clone()))?;
        let started = started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(Self { pipeline: Arc::clone(pipeline), registry, cells, started })
    }

    /// Shows what a history counts, too.
    ///
    /// # Errors
    ///
    /// When it is shown already.
    pub fn with_history(self, counts: Arc<history::Counts>) -> Result<Self, ExposeError> {
        self.registry.register(Box::new(Numbers::of_history(counts)?))?;
        Ok(self)
    }

    /// Shows what is sent to ClickHouse, too.
    ///
    /// # Errors
    ///
    /// When it is shown already.
    pub fn with_clickhouse(self, counts: Arc<clickhouse::Counts>) -> Result<Self, ExposeError> {
        self.registry.register(Box::new(Numbers::of_clickhouse(counts)?))?;
        Ok(self)
    }

    /// As many cells as the last scrape found.
    #[must_use]
    pub fn cells(&self) -> usize {
        usize::try_from(self.cells.get()).unwrap_or_default()
    }

    /// Writes all metrics.
    ///
    /// # Errors
    ///
    /// When a family can't be written, or `out` takes no more.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> Result<(), ExposeError> {
        let tallies = self.pipeline.tallies();
        let _kept = tallies.keep_all();
        let names = AllNames::of(tallies, self.pipeline.sites().len());
        self.cells.set(i64::try_from(names.count()).unwrap_or(i64::MAX));
        let mut own = Vec::new();
        let families = self.registry.gather();
        match format {
            Format::Text => TextEncoder::new().encode(&families, &mut own)?,
            Format::Protobuf => ProtobufEncoder::new().encode(&families, &mut own)?,
        }
        out.write_all(&own)?;
        match format {
            Format::Text => self.write_rum::<Text>(&names, out)?,
            Format::Protobuf => self.write_rum::<Protobuf>(&names, out)?,
        }
        Ok(())
    }

    fn write_rum<E: Encode>(&self, names: &AllNames, out: &mut dyn Write) -> io::Result<()> {
        let (tallies, sites) = (self.pipeline.tallies(), self.pipeline.sites());
        rum::write(names, &sites, self.started, Writer::<E>::new(tallies, out))
    }
}
