//! Writing families of visitors and probes, one series after the other: the same walk serves each format.
//!
//! A series is written from its parts, one of each core: first [`Encode::add`] for every part, then the series'
//! labels, which are the same bytes in each family of a cell. So nothing is held of a scrape but the labels and the
//! families that are being written.

mod deltas;
mod message;
mod native;
mod protobuf;
mod spans;
mod text;

use std::time::Duration;

use crate::aggregate::histogram::{Detail, Distribution};
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

/// A format of exposition, and what it needs for one series after the other.
pub(super) trait Encode {
    /// Whether a family says its length first, so that none of it can go out before its end.
    const IS_LENGTH_FIRST: bool;
    /// What it needs of a distribution.
    const DETAIL: Detail;

    /// Of nothing yet.
    fn new() -> Self;

    /// Appends one label to those of a series, in the form in which they are handed back for each series.
    fn label(name: &str, value: &str, labels: &mut Vec<u8>);

    /// Appends what a family begins with.
    fn head(family: &Family, kind: Kind, into: &mut Vec<u8>);

    /// Appends what stands before a family of so many bytes.
    fn length(bytes: usize, into: &mut Vec<u8>);

    /// Appends a counter.
    fn counter(&mut self, family: &Family, labels: &[u8], value: f64, created: Created, into: &mut Vec<u8>);

    /// Adds a part of a distribution.
    fn add(&mut self, part: &Distribution<'_>);

    /// Appends the distribution of all parts that were added.
    fn distribution(&mut self, family: &Family, labels: &[u8], created: Created, into: &mut Vec<u8>);
}

/// Millionths as the base unit that is exposed.
fn to_base_unit(micros: u64) -> f64 {
    micros as f64 / f64::from(Micros::UNIT)
}
