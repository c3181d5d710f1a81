//! The metrics of the public listener's connections.

use std::sync::Arc;

use graadmeter_base::serve::{Connections, Reason};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use super::build::{Builder, describe};
use super::catalog::{CONNECTIONS, CONNECTIONS_CLOSED};

/// The connections of the public listener, as the registry asks for them.
#[derive(Debug)]
pub(super) struct Serving {
    connections: Arc<Connections>,
    descriptions: Vec<Desc>,
}

impl Serving {
    pub(super) fn new(connections: Arc<Connections>) -> prometheus::Result<Self> {
        Ok(Self { connections, descriptions: describe([CONNECTIONS, CONNECTIONS_CLOSED].into_iter())? })
    }
}

impl Collector for Serving {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut open = Builder::gauge(CONNECTIONS);
        open.value(&[], self.connections.open() as f64);
        let mut closed = Builder::counter(CONNECTIONS_CLOSED);
        for reason in Reason::ALL {
            closed.value(&[reason.label()], self.connections.closed(reason) as f64);
        }
        [open, closed].into_iter().map(Builder::finish).collect()
    }
}
