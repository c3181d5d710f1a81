//! Writing families of visitors and probes, one series after the other: the same walk serves each format.
//!
//! A series is written from its parts, one of each core: first [`Encode::add`] for every part, then the series'
//! labels, which are the same bytes in each family of a cell. So nothing is held of a scrape but the labels and the family
//! that is being written.

mod deltas;
mod message;
mod native;
mod protobuf;
mod spans;
mod text;

use std::io::{self, Write};
use std::time::Duration;

use crate::aggregate::histogram::Distribution;
use crate::measure::Micros;

use super::catalog::Family;

pub(super) use self::protobuf::Protobuf;
pub(super) use self::text::Text;

/// What a family's series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A sum that only grows.
    Counter,
    /// A distribution.
    Histogram,
}

/// When a series began to count, in Unix time.
pub(super) type Created = Duration;

/// A format of exposition.
pub(super) trait Encode {
    /// Appends one label to those of a series, in the form in which they are handed back for each series.
    fn label(name: &str, value: &str, labels: &mut Vec<u8>);

    /// Begins a family.
    fn begin(&mut self, family: &Family, kind: Kind);

    /// Writes a counter.
    fn counter(&mut self, labels: &[u8], value: f64, created: Created);

    /// Adds a part of a distribution.
    fn add(&mut self, part: &Distribution<'_>);

    /// Writes the distribution of all parts that were added.
    fn distribution(&mut self, labels: &[u8], created: Created);

    /// Sends on what need not wait for the family's end.
    ///
    /// # Errors
    ///
    /// When `out` takes no more.
    fn send_ready(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Ends the family, and sends all of it that was not sent yet; nothing if it has no series.
    ///
    /// # Errors
    ///
    /// When `out` takes no more.
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// Millionths as the base unit that is exposed.
fn to_base_unit(micros: u64) -> f64 {
    micros as f64 / f64::from(Micros::UNIT)
}
