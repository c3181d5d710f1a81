//! What one roll-up holds, in memory and as a row's blob.
//!
//! The blob is a zlib stream: for each metric that was measured its number and its HDR V2 histogram, one behind the
//! other. Most of a small histogram is its header, and that is the same in all; so compressed together, the metrics of
//! one view take some hundred bytes instead of six hundred. zlib's checksum tells when a blob is not what was written.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::sparse::Sparse;
use super::v2::{self, Malformed};
use crate::limits::ROLLUP_BYTES_MAX;
use crate::measure::{Measures, Metric};

/// The cheapest level: a row is written many times before it is read.
const LEVEL: Compression = Compression::fast();
/// What zlib adds to bytes that it can't compress, for all that fits into a roll-up.
const PACKED_BYTES_MORE: usize = 256;
/// Bytes that are decompressed at once: a metric or two of a busy day.
const PIECE_BYTES: usize = 1024;

/// What one roll-up counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub views: u64,
    pub sessions: u64,
    pub conversions: u64,
    /// By a metric's number.
    distributions: [Sparse; Metric::ALL.len()],
}

impl Cell {
    pub(super) fn view(&mut self, lands: bool, measures: &Measures, weight: u64) {
        self.count([weight, if lands { weight } else { 0 }, 0]);
        for (metric, value) in measures.iter() {
            self.distributions[metric as usize].record(value, weight);
        }
    }

    pub(super) fn conversion(&mut self, weight: u64) {
        self.count([0, 0, weight]);
    }

    /// Adds views, sessions and conversions.
    pub(super) fn count(&mut self, [views, sessions, conversions]: [u64; 3]) {
        self.views = self.views.saturating_add(views);
        self.sessions = self.sessions.saturating_add(sessions);
        self.conversions = self.conversions.saturating_add(conversions);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count([other.views, other.sessions, other.conversions]);
        for (own, other) in self.distributions.iter_mut().zip(&other.distributions) {
            own.merge(other);
        }
    }

    #[cfg(test)]
    pub(super) fn distribution(&self, metric: Metric) -> &Sparse {
        &self.distributions[metric as usize]
    }
}

/// What a blob can have wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It is no zlib stream, or its checksum is wrong.
    #[error("it is no zlib stream, or its checksum is wrong")]
    Stream,
    /// It is larger than any roll-up.
    #[error("it is larger than any roll-up")]
    Large,
    /// It has a metric twice, or one of an unknown number.
    #[error("its metrics are not in order")]
    Metrics,
    /// One of its histograms is none.
    #[error("one of its histograms is none: {0}")]
    Histogram(#[from] Malformed),
}

/// Packs cells into blobs and back; its memory serves for one after the other.
pub(super) struct Codec {
    deflate: Compress,
    inflate: Decompress,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

impl Codec {
    pub(super) fn new() -> Self {
        Self {
            deflate: Compress::new(LEVEL, true),
            inflate: Decompress::new(true),
            plain: Vec::new(),
            packed: Vec::new(),
        }
    }

    /// The blob of a cell's distributions.
    pub(super) fn pack(&mut self, cell: &Cell) -> Result<&[u8], Damage> {
        self.plain.clear();
        for (metric, distribution) in Metric::ALL.iter().zip(&cell.distributions) {
            if !distribution.is_empty() {
                self.plain.push(*metric as u8);
                v2::write(distribution, &mut self.plain);
            }
        }
        self.deflate.reset();
        self.packed.clear();
        loop {
            // What can't be compressed grows by some bytes.
            self.packed.reserve(self.plain.len() + PACKED_BYTES_MORE);
            let rest = &self.plain[self.deflate.total_in() as usize..];
            match self.deflate.compress_vec(rest, &mut self.packed, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return Ok(&self.packed),
                Ok(Status::Ok | Status::BufError) if self.packed.len() < ROLLUP_BYTES_MAX => {}
                _ => return Err(Damage::Large),
            }
        }
    }

    /// Adds what a blob holds to a cell.
    pub(super) fn unpack(&mut self, blob: &[u8], cell: &mut Cell) -> Result<(), Damage> {
        let mut stream = self.stream(blob);
        while let Some((metric, counts)) = stream.next_metric()? {
            let distribution = &mut cell.distributions[metric as usize];
            let read = v2::read(counts)?;
            if distribution.is_empty() {
                *distribution = read;
            } else {
                distribution.merge(&read);
            }
        }
        Ok(())
    }

    /// What a blob holds of one metric; what comes behind it is neither decompressed nor checked.
    pub(super) fn distribution(&mut self, blob: &[u8], wanted: Metric) -> Result<Option<Sparse>, Damage> {
        let mut stream = self.stream(blob);
        while let Some((metric, counts)) = stream.next_metric()? {
            if metric == wanted {
                return Ok(Some(v2::read(counts)?));
            }
        }
        Ok(None)
    }

    fn stream<'a>(&'a mut self, blob: &'a [u8]) -> Stream<'a> {
        self.inflate.reset(true);
        Stream {
            inflate: &mut self.inflate,
            blob,
            plain: &mut self.plain,
            length: 0,
            read: 0,
            last: None,
            has_ended: false,
        }
    }
}

/// A blob that is decompressed as far as it is read.
struct Stream<'a> {
    inflate: &'a mut Decompress,
    blob: &'a [u8],
    /// Memory for what is decompressed, of which so much is there, and so much is read.
    plain: &'a mut Vec<u8>,
    length: usize,
    read: usize,
    /// The number of the metric before.
    last: Option<u8>,
    has_ended: bool,
}

impl Stream<'_> {
    /// The next metric and its counts; none at the end, when the checksum is right.
    fn next_metric(&mut self) -> Result<Option<(Metric, &[u8])>, Damage> {
        loop {
            let there = &self.plain[self.read..self.length];
            let split = there.split_first().map(|(&number, histogram)| (number, v2::split(histogram)));
            match split {
                Some((number, Ok((counts, rest)))) => {
                    let metric = Metric::ALL.get(usize::from(number)).filter(|_| self.last < Some(number));
                    let metric = *metric.ok_or(Damage::Metrics)?;
                    let end = self.length - rest.len();
                    let counts = end - counts.len()..end;
                    (self.last, self.read) = (Some(number), end);
                    return Ok(Some((metric, &self.plain[counts])));
                }
                Some((_, Err(Malformed::Short))) | None if !self.has_ended => self.decompress()?,
                Some((_, Err(malformed))) => return Err(malformed.into()),
                None => return Ok(None),
            }
        }
    }

    /// Decompresses the next piece.
    fn decompress(&mut self) -> Result<(), Damage> {
        if self.length >= ROLLUP_BYTES_MAX {
            return Err(Damage::Large);
        }
        if self.plain.len() < self.length + PIECE_BYTES {
            self.plain.resize(self.length + PIECE_BYTES, 0);
        }
        let rest = &self.blob[self.inflate.total_in() as usize..];
        let room = &mut self.plain[self.length..self.length + PIECE_BYTES];
        let before = self.inflate.total_out();
        let status =
            self.inflate.decompress(rest, room, FlushDecompress::None).map_err(|_| Damage::Stream)?;
        let more = (self.inflate.total_out() - before) as usize;
        self.length += more;
        self.has_ended = status == Status::StreamEnd;
        let is_whole = !self.has_ended || self.inflate.total_in() == self.blob.len() as u64;
        if is_whole && (self.has_ended || more > 0) { Ok(()) } else { Err(Damage::Stream) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::Micros;

    /// Views of some metrics, each with its values.
    pub(in super::super) fn views() -> impl Strategy<Value = Vec<Measures>> {
        let value = prop_oneof![0..300_u32, 0..5_000_000_u32, any::<u32>()].prop_map(Micros);
        let view = proptest::collection::vec(proptest::option::of(value), Metric::ALL.len());
        let measures = view.prop_map(|values| {
            let mut measures = Measures::default();
            for (metric, value) in Metric::ALL.into_iter().zip(values) {
                measures.set(metric, value);
            }
            measures
        });
        proptest::collection::vec(measures, 0..20)
    }

    fn cell(views: &[Measures]) -> Cell {
        let mut cell = Cell::default();
        for view in views {
            cell.view(false, view, 1);
        }
        cell
    }

    proptest! {
        #[test]
        fn a_blob_gives_back_what_was_packed(first in views(), second in views()) {
            let mut codec = Codec::new();
            let mut merged = Cell::default();
            for views in [&first, &second] {
                let blob = codec.pack(&cell(views)).unwrap().to_vec();
                codec.unpack(&blob, &mut merged).unwrap();
                for metric in Metric::ALL {
                    let packed = codec.distribution(&blob, metric).unwrap().unwrap_or_default();
                    prop_assert_eq!(packed, cell(views).distribution(metric).clone());
                }
            }
            prop_assert_eq!(merged.distributions, cell(&[first, second].concat()).distributions);
        }

        #[test]
        fn damage_is_told(views in views(), at: prop::sample::Index, flipped in 1..=u8::MAX, cut: prop::sample::Index) {
            let mut codec = Codec::new();
            let blob = codec.pack(&cell(&views)).unwrap().to_vec();
            let mut damaged = blob.clone();
            damaged[at.index(blob.len())] ^= flipped;
            for damaged in [&damaged[..], &blob[..cut.index(blob.len())], &[&blob[..], &[0]].concat()] {
                let mut read = Cell::default();
                // A bit that zlib ignores does no harm.
                if codec.unpack(damaged, &mut read).is_ok() {
                    prop_assert_eq!(read.distributions, cell(&views).distributions);
                }
            }
            prop_assert!(codec.unpack(&blob, &mut Cell::default()).is_ok(), "the codec is as good as new");
        }

        #[test]
        fn any_bytes_are_an_error_or_a_cell(bytes: Vec<u8>) {
            let mut codec = Codec::new();
            let mut zlib = Vec::with_capacity(bytes.len() + 64);
            Compress::new(LEVEL, true).compress_vec(&bytes, &mut zlib, FlushCompress::Finish).unwrap();
            for blob in [&bytes, &zlib] {
                let _any = codec.unpack(blob, &mut Cell::default());
            }
        }
    }

    fn compressed(plain: &[u8]) -> Vec<u8> {
        let mut zlib = Vec::with_capacity(plain.len() + 64);
        Compress::new(LEVEL, true).compress_vec(plain, &mut zlib, FlushCompress::Finish).unwrap();
        zlib
    }

    #[test]
    fn a_blob_that_grows_without_end_is_refused() {
        let mut histogram = Sparse::default();
        histogram.record(Micros(1), 1);
        let mut plain = vec![0];
        v2::write(&histogram, &mut plain);
        plain[5..9].copy_from_slice(&u32::MAX.to_be_bytes()); // the length of its counts
        plain.resize(100 * ROLLUP_BYTES_MAX, 0);
        let bomb = compressed(&plain);
        assert_eq!(Codec::new().unpack(&bomb, &mut Cell::default()), Err(Damage::Large));
    }

    #[test]
    fn metrics_are_in_order_and_known() {
        let mut histogram = Sparse::default();
        histogram.record(Micros(1), 1);
        for numbers in [[1, 1], [2, 1], [1, Metric::ALL.len() as u8]] {
            let mut plain = Vec::new();
            for number in numbers {
                plain.push(number);
                v2::write(&histogram, &mut plain);
            }
            assert_eq!(Codec::new().unpack(&compressed(&plain), &mut Cell::default()), Err(Damage::Metrics));
        }
    }

    /// What is on disk says a metric by this number, so none may ever change.
    #[test]
    fn numbers_of_metrics_stay() {
        let names = Metric::ALL.map(Metric::name).join(" ");
        assert_eq!(
            names,
            "ttfb fcp lcp inp cls load redirect dns connect tls wait response dom_interactive dom_content_loaded"
        );
    }
}
