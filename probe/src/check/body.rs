//! Reading a body to its end without keeping it: its length, and whether it holds a text.

use bytes::Buf;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::error::CheckError;

/// What is known of a body that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) bytes: u64,
    pub(super) contains: Option<bool>,
}

/// Reads `body` to its end, but no more than `bytes_max`.
pub(super) async fn read(
    mut body: Incoming,
    bytes_max: u64,
    needle: Option<&str>,
) -> Result<Read, CheckError> {
    let mut search = needle.map(Search::new);
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|source| CheckError::Http { source })?;
        let Some(data) = frame.data_ref() else { continue };
        bytes += data.remaining() as u64;
        if bytes > bytes_max {
            return Err(CheckError::BodyTooLarge { limit: bytes_max });
        }
        if let Some(search) = &mut search {
            search.feed(data);
        }
    }
    Ok(Read { bytes, contains: search.map(|search| search.found) })
}

/// Looks for a text in pieces that come one after another.
struct Search<'a> {
    needle: &'a [u8],
    /// The end of what was seen: one byte shorter than the text, so that a text across pieces is found.
    tail: Vec<u8>,
    found: bool,
}

impl<'a> Search<'a> {
    fn new(needle: &'a str) -> Self {
        Self { needle: needle.as_bytes(), tail: Vec::new(), found: needle.is_empty() }
    }

    fn feed(&mut self, piece: &[u8]) {
        if self.found {
            return;
        }
        let overlap = self.needle.len() - 1;
        self.tail.extend_from_slice(&piece[..piece.len().min(overlap)]);
        self.found = holds(&self.tail, self.needle) || holds(piece, self.needle);
        if piece.len() > overlap {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - overlap..]);
        } else {
            self.tail.drain(..self.tail.len().saturating_sub(overlap));
        }
    }
}

/// Plain comparison at every place: the network is slower than this by far.
fn holds(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_the_whole_text_holds(text in "[ab]{0,40}", needle in "[ab]{1,6}", cuts in prop::collection::vec(1..7_usize, 0..12)) {
            let mut search = Search::new(&needle);
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                search.feed(piece);
                rest = after;
            }
            search.feed(rest);
            prop_assert_eq!(search.found, text.contains(&needle));
        }
    }
}
