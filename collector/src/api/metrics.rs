//! `/metrics`: written on a thread of its own, in pieces that go out as the scraper reads them, so that a scrape
//! of any size takes little memory and no time of the listeners'.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Either};
use hyper::Response;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, VARY,
};
use tokio::runtime::Handle;

use crate::answer::Body;
use crate::expose::{ExposeError, Exposition, Format, accepts_gzip};

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for a slow reader.
const PIECES_WAITING: usize = 4;

/// Answers one scrape in the format that its headers ask for.
pub(super) fn answer(exposition: &Arc<Exposition>, headers: &HeaderMap) -> Response<Body> {
    let asked = |name: HeaderName| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.collect::<Vec<_>>().join(",")
    };
    let format = Format::accepted(&asked(ACCEPT));
    let is_gzip = accepts_gzip(&asked(ACCEPT_ENCODING));
    let (pieces, body) = Channel::new(PIECES_WAITING);
    let exposition = Arc::clone(exposition);
    let pieces = Pieces { pieces, runtime: Handle::current() };
    tokio::task::spawn_blocking(move || match write(&exposition, format, is_gzip, pieces) {
        // A scraper that lost its patience is no fault of ours.
        Ok(()) | Err(ExposeError::Sending(_)) => {}
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "an answer to /metrics is cut short");
        }
    });
    let mut response = Response::new(Either::Right(BodyExt::boxed(body)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if is_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn write(exposition: &Exposition, format: Format, is_gzip: bool, pieces: Pieces) -> Result<(), ExposeError> {
    let mut pieces = BufWriter::with_capacity(PIECE_BYTES, pieces);
    if is_gzip {
        let mut gzip = GzEncoder::new(&mut pieces, Compression::fast());
        exposition.write(format, &mut gzip)?;
        gzip.finish()?;
    } else {
        exposition.write(format, &mut pieces)?;
    }
    Ok(pieces.flush()?)
}

/// The body of an answer, seen from the thread that writes it.
struct Pieces {
    pieces: Sender<Bytes>,
    runtime: Handle,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        let sent = self.runtime.block_on(self.pieces.send_data(piece));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
