//! Writing families of visitors and probes, one series after the other: the same walk serves each format.
//!
//! A series is written from its parts, one of each core: first [`Encode::add`] for every part, then the series'
//! labels. So nothing is held of a scrape but the family that is being written.

mod native;
mod protobuf;
mod text;

use std::io::{self, Write};

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

/// When a series began to count, in seconds of Unix time.
pub(super) type Created = f64;

/// A format of exposition.
pub(super) trait Encode {
    /// Begins a family.
    fn begin(&mut self, family: &Family, kind: Kind);

    /// Writes a counter.
    fn counter(&mut self, labels: &[&str], value: f64, created: Created);

    /// Adds a part of the distribution that is written next.
    fn add(&mut self, part: &Distribution<'_>);

    /// Writes the distribution of all parts that were added.
    fn distribution(&mut self, labels: &[&str], created: Created);

    /// Sends on what need not wait for the family's end.
    ///
    /// # Errors
    ///
    /// When `out` takes no more.
    fn send_ready(&mut self, out: &mut dyn Write) -> io::Result<()>;

    /// Ends the family, and gives its bytes that were not sent yet; none if it has no series.
    fn end(&mut self) -> &[u8];
}

/// Millionths as the base unit that is exposed.
fn to_base_unit(micros: u64) -> f64 {
    micros as f64 / f64::from(Micros::UNIT)
}
