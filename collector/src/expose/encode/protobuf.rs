//! Length-delimited `io.prometheus.client.MetricFamily` messages, with native histograms
//! (<https://github.com/prometheus/client_model>, `metrics.proto`).
//!
//! A message says its length before its content. That of a series is added up from its two parts, the labels and the
//! value, which stand in memory already; that of a family is known at its end, so a family is kept until then.

use crate::aggregate::histogram::bands::SCHEMA;
use crate::aggregate::histogram::{Detail, Distribution};
use crate::expose::catalog::Family;
use crate::leb128;

use super::deltas::Deltas;
use super::message;
use super::native::{Native, Span, ZERO_THRESHOLD};
use super::{Created, Encode, Kind, to_base_unit};

/// Writes protobuf.
#[derive(Debug)]
pub(in crate::expose) struct Protobuf {
    native: Native,
    spans: Vec<Span>,
    deltas: Deltas,
    /// The counter or histogram of a series.
    value: Vec<u8>,
}

/// Fields of the messages, by their numbers in metrics.proto.
mod field {
    pub(super) mod family {
        pub(in super::super) const NAME: u32 = 1;
        pub(in super::super) const HELP: u32 = 2;
        pub(in super::super) const TYPE: u32 = 3;
        pub(in super::super) const METRIC: u32 = 4;
    }
    pub(super) mod metric {
        pub(in super::super) const LABEL: u32 = 1;
        pub(in super::super) const COUNTER: u32 = 3;
        pub(in super::super) const HISTOGRAM: u32 = 7;
    }
    pub(super) mod label {
        pub(in super::super) const NAME: u32 = 1;
        pub(in super::super) const VALUE: u32 = 2;
    }
    pub(super) mod counter {
        pub(in super::super) const VALUE: u32 = 1;
        pub(in super::super) const CREATED: u32 = 3;
    }
    pub(super) mod histogram {
        pub(in super::super) const COUNT: u32 = 1;
        pub(in super::super) const SUM: u32 = 2;
        pub(in super::super) const SCHEMA: u32 = 5;
        pub(in super::super) const ZERO_THRESHOLD: u32 = 6;
        pub(in super::super) const ZERO_COUNT: u32 = 7;
        pub(in super::super) const POSITIVE_SPAN: u32 = 12;
        pub(in super::super) const POSITIVE_DELTA: u32 = 13;
        pub(in super::super) const CREATED: u32 = 15;
    }
    pub(super) mod span {
        pub(in super::super) const OFFSET: u32 = 1;
        pub(in super::super) const LENGTH: u32 = 2;
    }
    pub(super) mod timestamp {
        pub(in super::super) const SECONDS: u32 = 1;
        pub(in super::super) const NANOS: u32 = 2;
    }
}

impl Protobuf {
    fn write_created(&mut self, field: u32, created: Created) {
        message::small(field, &mut self.value, |timestamp| {
            message::uint(field::timestamp::SECONDS, created.as_secs(), timestamp);
            message::uint(field::timestamp::NANOS, created.subsec_nanos().into(), timestamp);
        });
    }

    /// Appends a series with these labels and the value that was written.
    fn end_series(&self, labels: &[u8], field: u32, into: &mut Vec<u8>) {
        let bytes = labels.len() + message::bytes_taken(self.value.len());
        message::length(field::family::METRIC, bytes, into);
        into.extend_from_slice(labels);
        message::bytes(field, &self.value, into);
    }
}

impl Encode for Protobuf {
    const IS_LENGTH_FIRST: bool = true;
    const DETAIL: Detail = Detail::Bands;

    fn new() -> Self {
        Self { native: Native::new(), spans: Vec::new(), deltas: Deltas::default(), value: Vec::new() }
    }

    fn label(name: &str, value: &str, labels: &mut Vec<u8>) {
        let bytes = message::bytes_taken(name.len()) + message::bytes_taken(value.len());
        message::length(field::metric::LABEL, bytes, labels);
        message::bytes(field::label::NAME, name.as_bytes(), labels);
        message::bytes(field::label::VALUE, value.as_bytes(), labels);
    }

    fn head(family: &Family, kind: Kind, into: &mut Vec<u8>) {
        let kind = match kind {
            Kind::Counter => 0,
            Kind::Histogram => 4,
        };
        message::bytes(field::family::NAME, family.name.as_bytes(), into);
        message::bytes(field::family::HELP, family.help.as_bytes(), into);
        message::uint(field::family::TYPE, kind, into);
    }

    fn length(bytes: usize, into: &mut Vec<u8>) {
        leb128::append(bytes as u64, into);
    }

    fn counter(&mut self, _family: &Family, labels: &[u8], value: f64, created: Created, into: &mut Vec<u8>) {
        self.value.clear();
        message::double(field::counter::VALUE, value, &mut self.value);
        self.write_created(field::counter::CREATED, created);
        self.end_series(labels, field::metric::COUNTER, into);
    }

    fn add(&mut self, part: &Distribution<'_>) {
        self.native.add(part);
    }

    fn distribution(&mut self, _family: &Family, labels: &[u8], created: Created, into: &mut Vec<u8>) {
        let totals = self.native.take(&mut self.spans, &mut self.deltas);
        let histogram = &mut self.value;
        histogram.clear();
        message::uint(field::histogram::COUNT, totals.count, histogram);
        message::double(field::histogram::SUM, to_base_unit(totals.sum_micros), histogram);
        message::sint(field::histogram::SCHEMA, SCHEMA.into(), histogram);
        // A threshold above zero tells even an empty one from a classic histogram.
        message::double(field::histogram::ZERO_THRESHOLD, ZERO_THRESHOLD, histogram);
        if totals.zeros > 0 {
            message::uint(field::histogram::ZERO_COUNT, totals.zeros, histogram);
        }
        for span in &self.spans {
            message::small(field::histogram::POSITIVE_SPAN, histogram, |written| {
                message::sint(field::span::OFFSET, span.offset.into(), written);
                message::uint(field::span::LENGTH, span.length.into(), written);
            });
        }
        if !self.spans.is_empty() {
            message::bytes(field::histogram::POSITIVE_DELTA, self.deltas.bytes(), histogram);
        }
        self.write_created(field::histogram::CREATED, created);
        self.end_series(labels, field::metric::HISTOGRAM, into);
    }
}
