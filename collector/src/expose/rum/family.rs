//! A family while it is written: it goes out piece by piece, or, where the format says its length first, when it is complete.

use std::io::{self, Write};
use std::mem;

use crate::expose::catalog::Family;
use crate::expose::encode::{Encode, Kind};

/// Bytes that are sent together. A family is kept in pieces of so many, since one that grows as a whole is copied again and
/// again, and has room for twice as much in the end.
const PIECE_BYTES: usize = 64 * 1024;
/// Room of a piece: so many bytes, and a series, which may be the last one in it.
const PIECE_ROOM: usize = PIECE_BYTES + 4 * 1024;

/// What is written of a family, in memory that serves for the next one.
#[derive(Debug, Default)]
pub(super) struct Written {
    head: Vec<u8>,
    /// Full pieces.
    full: Vec<Vec<u8>>,
    last: Vec<u8>,
    /// Empty ones.
    spare: Vec<Vec<u8>>,
    has_series: bool,
}

impl Written {
    /// Begins a family, when the one before was sent.
    pub(super) fn begin<E: Encode>(&mut self, family: &Family, kind: Kind) {
        self.head.clear();
        E::head(family, kind, &mut self.head);
        self.has_series = false;
    }

    /// Where the next series is appended.
    pub(super) fn end(&mut self) -> &mut Vec<u8> {
        self.has_series = true;
        if self.last.len() >= PIECE_BYTES {
            let next = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(PIECE_ROOM));
            self.full.push(mem::replace(&mut self.last, next));
        }
        &mut self.last
    }

    /// Sends full pieces, if they need not wait for the family's end.
    pub(super) fn send_ready<E: Encode>(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if E::IS_LENGTH_FIRST || self.full.is_empty() {
            return Ok(());
        }
        self.send_full(out)
    }

    /// Sends all that was not sent yet; nothing if there is no series.
    pub(super) fn send<E: Encode>(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !self.has_series {
            return Ok(());
        }
        let bytes = self.full.iter().chain([&self.head, &self.last]).map(Vec::len).sum();
        let mut length = Vec::new();
        E::length(bytes, &mut length);
        out.write_all(&length)?;
        self.send_full(out)?;
        out.write_all(&self.last)?;
        self.last.clear();
        Ok(())
    }

    fn send_full(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        self.head.clear();
        for mut piece in self.full.drain(..) {
            out.write_all(&piece)?;
            piece.clear();
            self.spare.push(piece);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expose::encode::{Created, Protobuf, Text};

    const FAMILY: Family = Family { name: "rum_page_views_total", help: "Views.", labels: &["site"] };

    /// A counter of so many series, and how many bytes had to wait for its end.
    fn written<E: Encode>(series: usize) -> (Vec<u8>, usize) {
        let (mut sent, mut waiting) = (Vec::new(), 0);
        let mut family = Written::default();
        // Nothing of it is in the next one.
        family.begin::<E>(&FAMILY, Kind::Histogram);
        family.send::<E>(&mut sent).unwrap();
        family.begin::<E>(&FAMILY, Kind::Counter);
        for number in 0..series {
            let mut labels = Vec::new();
            E::label("site", &format!("shop-{number}"), &mut labels);
            E::new().counter(&FAMILY, &labels, 12.0, Created::ZERO, family.end());
            family.send_ready::<E>(&mut sent).unwrap();
            waiting = waiting.max(family.full.iter().chain([&family.last]).map(Vec::len).sum());
        }
        family.send::<E>(&mut sent).unwrap();
        (sent, waiting)
    }

    #[test]
    fn text_goes_out_as_it_is_written() {
        let (sent, waiting) = written::<Text>(10_000);
        let text = String::from_utf8(sent).unwrap();
        assert_eq!(text.lines().count(), 2 + 10_000);
        assert_eq!(text.matches("# TYPE").count(), 1);
        assert!(text.ends_with("rum_page_views_total{site=\"shop-9999\"} 12\n") && waiting < 2 * PIECE_ROOM);
    }

    #[test]
    fn protobuf_says_its_length_first() {
        let (sent, waiting) = written::<Protobuf>(10_000);
        let mut rest = &sent[..];
        let bytes = crate::leb128::take(&mut rest).unwrap();
        assert!(bytes as usize == rest.len() && waiting > 3 * PIECE_BYTES && waiting < rest.len());
    }

    #[test]
    fn a_family_without_series_is_not_sent() {
        assert!(written::<Text>(0).0.is_empty() && written::<Protobuf>(0).0.is_empty());
    }
}
