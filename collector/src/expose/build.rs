//! Building the data model of the crate `prometheus` from counters and gauges.

use std::collections::HashMap;

use prometheus::core::Desc;
use prometheus::proto;

use super::catalog::Family;

/// A family that is being filled.
pub(super) struct Builder {
    family: Family,
    kind: proto::MetricType,
    metrics: Vec<proto::Metric>,
}

impl Builder {
    pub(super) fn counter(family: Family) -> Self {
        Self::new(family, proto::MetricType::COUNTER)
    }

    pub(super) fn gauge(family: Family) -> Self {
        Self::new(family, proto::MetricType::GAUGE)
    }

    fn new(family: Family, kind: proto::MetricType) -> Self {
        Self { family, kind, metrics: Vec::new() }
    }

    /// Adds a counter or gauge.
    pub(super) fn value(&mut self, labels: &[&str], value: f64) {
        let mut metric = proto::Metric::from_label(self.labels(labels));
        if self.kind == proto::MetricType::COUNTER {
            let mut counter = proto::Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.metrics.push(metric);
    }

    /// The family, with its series in the order of their labels.
    pub(super) fn finish(self) -> proto::MetricFamily {
        let mut family = proto::MetricFamily::default();
        family.set_name(self.family.name.to_owned());
        family.set_help(self.family.help.to_owned());
        family.set_field_type(self.kind);
        family.set_metric(self.metrics);
        family
    }

    fn labels(&self, values: &[&str]) -> Vec<proto::LabelPair> {
        let pair = |(name, value): (&&str, &&str)| {
            let mut pair = proto::LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        self.family.labels.iter().zip(values).map(pair).collect()
    }
}

/// What the registry wants to know of families beforehand.
pub(super) fn describe(families: impl Iterator<Item = Family>) -> prometheus::Result<Vec<Desc>> {
    let labels = |family: &Family| family.labels.iter().map(|&label| label.to_owned()).collect();
    families
        .map(|family| {
            Desc::new(family.name.to_owned(), family.help.to_owned(), labels(&family), HashMap::default())
        })
        .collect()
}
