//! Exposing: what was counted, as Prometheus metrics.
//!
//! The families of visitors and probes are made from the merged histograms at each scrape; the crate
//! `prometheus` is the registry and writes the text.

mod build;
mod catalog;
mod own;
mod rum;
mod serving;

use std::sync::Arc;

use graadmeter_base::serve::Connections;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Registry, TextEncoder};

use crate::pipeline::Pipeline;

/// Everything that `/metrics` shows.
#[derive(Debug)]
pub struct Exposition(Registry);

/// Why the metrics can't be shown.
#[derive(Debug, thiserror::Error)]
#[error("the metrics can't be exposed")]
pub struct ExposeError(#[from] prometheus::Error);

impl Exposition {
    /// The metrics of a pipeline, of the public listener's connections, and of the process.
    ///
    /// # Errors
    ///
    /// When two families have the same name.
    pub fn new(pipeline: &Arc<Pipeline>, connections: &Arc<Connections>) -> Result<Self, ExposeError> {
        let registry = Registry::new();
        registry.register(Box::new(Counted::new(Arc::clone(pipeline))?))?;
        registry.register(Box::new(serving::Serving::new(Arc::clone(connections))?))?;
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(Self(registry))
    }

    /// The classic text format, version 0.0.4.
    ///
    /// # Errors
    ///
    /// When a family can't be written.
    pub fn text(&self) -> Result<String, ExposeError> {
        Ok(TextEncoder::new().encode_to_string(&self.0.gather())?)
    }
}

/// All that a pipeline has counted, merged over its cores once for each scrape.
#[derive(Debug)]
struct Counted {
    pipeline: Arc<Pipeline>,
    descriptions: Vec<Desc>,
}

impl Counted {
    fn new(pipeline: Arc<Pipeline>) -> prometheus::Result<Self> {
        let descriptions = build::describe(rum::catalogue().chain(own::CATALOGUE))?;
        Ok(Self { pipeline, descriptions })
    }
}

impl Collector for Counted {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let tally = self.pipeline.tallies().merged();
        let sites = self.pipeline.sites();
        let mut families = rum::families(&sites, &tally.aggregate);
        families.extend(own::families(&sites, &tally, self.pipeline.budgets()));
        families
    }
}
