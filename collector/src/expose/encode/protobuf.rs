//! Length-delimited `io.prometheus.client.MetricFamily` messages, with native histograms
//! (<https://github.com/prometheus/client_model>, `metrics.proto`).
//!
//! A message says its length before its content, so messages are written from the inside out, each level into a
//! buffer of its own that is used again for the next series.

use std::io::{self, Write};

use protobuf::{CodedOutputStream, Result};

use crate::aggregate::histogram::Distribution;
use crate::expose::catalog::Family;

use super::native::{Native, SCHEMA, Span, ZERO_THRESHOLD};
use super::{Created, Encode, Kind, to_base_unit};

/// Writes protobuf.
#[derive(Debug)]
pub(in crate::expose) struct Protobuf {
    label_names: &'static [&'static str],
    native: Native,
    spans: Vec<Span>,
    deltas: Vec<i64>,
    /// A message within a message within the metric.
    inner: Vec<u8>,
    /// The counter or histogram within the metric.
    value: Vec<u8>,
    metric: Vec<u8>,
    /// The family, without its length.
    family: Vec<u8>,
    /// Where the family's first series begins.
    head_bytes: usize,
    /// The family, with its length.
    delimited: Vec<u8>,
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
    pub(in crate::expose) fn new() -> Self {
        Self {
            label_names: &[],
            native: Native::new(),
            spans: Vec::new(),
            deltas: Vec::new(),
            inner: Vec::new(),
            value: Vec::new(),
            metric: Vec::new(),
            family: Vec::new(),
            head_bytes: 0,
            delimited: Vec::new(),
        }
    }

    fn write_labels(&mut self, values: &[&str]) -> Result<()> {
        self.metric.clear();
        for (name, value) in self.label_names.iter().zip(values) {
            message(&mut self.inner, |label| {
                label.write_string(field::label::NAME, name)?;
                label.write_string(field::label::VALUE, value)
            })?;
            append(&mut self.metric, |metric| metric.write_bytes(field::metric::LABEL, &self.inner))?;
        }
        Ok(())
    }

    fn write_created(&mut self, number: u32, created: Created) -> Result<()> {
        message(&mut self.inner, |timestamp| {
            timestamp.write_int64(field::timestamp::SECONDS, created.floor() as i64)?;
            timestamp.write_int32(field::timestamp::NANOS, (created.fract() * 1e9) as i32)
        })?;
        append(&mut self.value, |value| value.write_bytes(number, &self.inner))
    }

    fn write_counter(&mut self, value: f64, created: Created) -> Result<()> {
        message(&mut self.value, |counter| counter.write_double(field::counter::VALUE, value))?;
        self.write_created(field::counter::CREATED, created)?;
        append(&mut self.metric, |metric| metric.write_bytes(field::metric::COUNTER, &self.value))
    }

    fn write_distribution(&mut self, created: Created) -> Result<()> {
        let (zeros, sum_micros) = (self.native.zeros, self.native.sum_micros);
        let count = self.native.take(&mut self.spans, &mut self.deltas);
        let (spans, deltas, inner) = (&self.spans, &self.deltas, &mut self.inner);
        message(&mut self.value, |histogram| {
            histogram.write_uint64(field::histogram::COUNT, count)?;
            histogram.write_double(field::histogram::SUM, to_base_unit(sum_micros))?;
            histogram.write_sint32(field::histogram::SCHEMA, SCHEMA)?;
            // A threshold above zero tells even an empty one from a classic histogram.
            histogram.write_double(field::histogram::ZERO_THRESHOLD, ZERO_THRESHOLD)?;
            if zeros > 0 {
                histogram.write_uint64(field::histogram::ZERO_COUNT, zeros)?;
            }
            for span in spans {
                message(inner, |written| {
                    written.write_sint32(field::span::OFFSET, span.offset)?;
                    written.write_uint32(field::span::LENGTH, span.length)
                })?;
                histogram.write_bytes(field::histogram::POSITIVE_SPAN, inner)?;
            }
            histogram.write_repeated_packed_sint64(field::histogram::POSITIVE_DELTA, deltas)
        })?;
        self.write_created(field::histogram::CREATED, created)?;
        append(&mut self.metric, |metric| metric.write_bytes(field::metric::HISTOGRAM, &self.value))
    }

    fn end_metric(&mut self) -> Result<()> {
        append(&mut self.family, |family| family.write_bytes(field::family::METRIC, &self.metric))
    }
}

impl Encode for Protobuf {
    fn begin(&mut self, family: &Family, kind: Kind) {
        self.label_names = family.labels;
        let kind = match kind {
            Kind::Counter => 0,
            Kind::Histogram => 4,
        };
        sure(message(&mut self.family, |written| {
            written.write_string(field::family::NAME, family.name)?;
            written.write_string(field::family::HELP, family.help)?;
            written.write_enum(field::family::TYPE, kind)
        }));
        self.head_bytes = self.family.len();
    }

    fn counter(&mut self, labels: &[&str], value: f64, created: Created) {
        sure(self.write_labels(labels).and_then(|()| self.write_counter(value, created)));
        sure(self.end_metric());
    }

    fn add(&mut self, part: &Distribution<'_>) {
        self.native.add(part);
    }

    fn distribution(&mut self, labels: &[&str], created: Created) {
        sure(self.write_labels(labels).and_then(|()| self.write_distribution(created)));
        sure(self.end_metric());
    }

    /// A family says its length first, so nothing of it can go out before its end.
    fn send_ready(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> &[u8] {
        self.delimited.clear();
        if self.family.len() > self.head_bytes {
            sure(append(&mut self.delimited, |delimited| delimited.write_bytes_no_tag(&self.family)));
        }
        &self.delimited
    }
}

/// Writes a message into an emptied buffer.
fn message(buffer: &mut Vec<u8>, write: impl FnOnce(&mut CodedOutputStream<'_>) -> Result<()>) -> Result<()> {
    buffer.clear();
    append(buffer, write)
}

fn append(buffer: &mut Vec<u8>, write: impl FnOnce(&mut CodedOutputStream<'_>) -> Result<()>) -> Result<()> {
    let mut stream = CodedOutputStream::vec(buffer);
    write(&mut stream)?;
    stream.flush()
}

/// Writing into memory does not fail; were it to, the family is short of a series, and the log says so.
fn sure(written: Result<()>) {
    if let Err(error) = written {
        tracing::error!(%error, "a metric could not be written");
    }
}
