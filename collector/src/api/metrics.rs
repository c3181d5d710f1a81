//! `/metrics`: written on threads of its own, in pieces that go out as the scraper reads them, so that a scrape
//! of any size takes little memory and no time of the listeners'. One thread writes, and where it is worth it a second
//! compresses what is written: together they are done sooner.

use std::io::{self, BufWriter, Write};
use std::mem;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::Either;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, VARY,
};
use hyper::{Response, StatusCode};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::{Body, PieceSender, Pieces};
use crate::expose::{Courtesy, ExposeError, Exposition, Format, accepts_gzip};

/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for a slow reader.
const PIECES_WAITING: usize = 4;
/// Pieces that wait to be compressed: most of a large family, which is written at once.
const PIECES_UNCOMPRESSED: usize = 32;
/// A scrape of so many cells is compressed for this machine, too: in some ten milliseconds.
const CELLS_COMPRESSED_NEAR: usize = 500;
/// Bytes that are compressed before the core is offered to others.
const BITE_BYTES: usize = 16 * 1024;

/// Answers one scrape in the format that its headers ask for; `room` says whether it may be answered now, `is_near` that
/// whoever asks does so from this machine.
pub(super) fn answer(
    exposition: &Arc<Exposition>,
    headers: &HeaderMap,
    room: &Arc<Semaphore>,
    is_near: bool,
) -> Response<Body> {
    let Ok(room) = Arc::clone(room).try_acquire_owned() else {
        return refuse("too many scrapes are being answered; try again\n");
    };
    let asked = |name: HeaderName| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.collect::<Vec<_>>().join(",")
    };
    let format = Format::accepted(&asked(ACCEPT));
    let is_gzip = accepts_gzip(&asked(ACCEPT_ENCODING)) && is_worth_gzip(format, is_near, exposition.cells());
    let (sender, body) = Pieces::new(PIECES_WAITING);
    let sending = Sending { pieces: sender, runtime: Handle::current(), _room: room };
    if let Err(error) = start(Arc::clone(exposition), format, is_gzip, sending) {
        tracing::error!(%error, "no thread can be had for a scrape");
        return refuse("no thread can be had for a scrape; the log says why\n");
    }
    let mut response = Response::new(Either::Right(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if is_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether to compress a scrape of so many cells. Half of the bytes of native histograms stay, and of a large scrape's time
/// compressing takes the larger part: on loopback that is time lost. Of text, a tenth stays.
fn is_worth_gzip(format: Format, is_near: bool, cells: usize) -> bool {
    match format {
        Format::Protobuf => !is_near || cells <= CELLS_COMPRESSED_NEAR,
        Format::Text => true,
    }
}

fn refuse(why: &'static str) -> Response<Body> {
    super::text(StatusCode::SERVICE_UNAVAILABLE, super::PLAIN_TEXT, why)
}

/// Starts the threads that answer.
fn start(exposition: Arc<Exposition>, format: Format, is_gzip: bool, mut sending: Sending) -> io::Result<()> {
    if !is_gzip {
        return spawn("scrape", move || {
            write(&exposition, format, &mut sending)?;
            Ok(sending.end()?)
        });
    }
    let (uncompressed, to_compress) = sync_channel(PIECES_UNCOMPRESSED);
    spawn("scrape-gzip", move || {
        compress(&to_compress, |piece| sending.send(piece.into()))?;
        Ok(sending.end()?)
    })?;
    spawn("scrape", move || {
        write(&exposition, format, Uncompressed(&uncompressed))?;
        // Without this end the answer is none.
        uncompressed.send(None).map_err(|_| ExposeError::from(gone()))
    })
}

/// Not one of tokio's threads: those are few and shared, and a scraper may be slow.
fn spawn(name: &str, work: impl FnOnce() -> Result<(), ExposeError> + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || match work() {
        // A scraper that lost its patience is no fault of ours.
        Ok(()) | Err(ExposeError::Sending(_)) => {}
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "an answer to /metrics is cut short");
        }
    });
    thread.map(drop)
}

fn write(exposition: &Exposition, format: Format, pieces: impl Write) -> Result<(), ExposeError> {
    let mut pieces = BufWriter::with_capacity(PIECE_BYTES, pieces);
    exposition.write(format, &mut pieces)?;
    Ok(pieces.flush()?)
}

/// Sends on what comes until its end, compressed.
fn compress(
    to_compress: &Receiver<Option<Vec<u8>>>,
    send: impl FnMut(Vec<u8>) -> io::Result<()>,
) -> Result<(), ExposeError> {
    let mut gzip = Gzip::new(send);
    let mut courtesy = Courtesy::new();
    while let Some(piece) = to_compress.recv().map_err(|_| gone())? {
        for bite in piece.chunks(BITE_BYTES) {
            gzip.write_all(bite)?;
            courtesy.give_way();
        }
    }
    Ok(gzip.end()?)
}

/// Sends what is written in gzip's form. What comes to no end has none there either, so that nobody takes it for whole.
struct Gzip<S> {
    encoder: GzEncoder<Vec<u8>>,
    send: S,
}

impl<S: FnMut(Vec<u8>) -> io::Result<()>> Gzip<S> {
    fn new(send: S) -> Self {
        Self { encoder: GzEncoder::new(Vec::with_capacity(2 * PIECE_BYTES), Compression::fast()), send }
    }

    fn end(mut self) -> io::Result<()> {
        (self.send)(self.encoder.finish()?)
    }
}

impl<S: FnMut(Vec<u8>) -> io::Result<()>> Write for Gzip<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        self.encoder.write_all(piece)?;
        if self.encoder.get_ref().len() >= PIECE_BYTES {
            (self.send)(mem::replace(self.encoder.get_mut(), Vec::with_capacity(2 * PIECE_BYTES)))?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}

/// What is to be compressed, seen from the thread that writes it.
struct Uncompressed<'a>(&'a SyncSender<Option<Vec<u8>>>);

impl Write for Uncompressed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        self.0.send(Some(piece.to_vec())).map_err(|_| gone())?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The body of an answer, seen from the thread that writes it.
struct Sending {
    pieces: PieceSender,
    runtime: Handle,
    _room: OwnedSemaphorePermit,
}

impl Sending {
    fn send(&self, piece: Bytes) -> io::Result<()> {
        self.runtime.block_on(self.pieces.send(piece)).map_err(|_| gone())
    }

    fn end(self) -> io::Result<()> {
        self.runtime.block_on(self.pieces.end()).map_err(|_| gone())
    }
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        self.send(Bytes::copy_from_slice(piece))?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    /// What a scraper reads of so many megabytes, with or without an end.
    fn read(megabytes: usize, ends: bool) -> (io::Result<usize>, Vec<u8>, Vec<u8>) {
        let (uncompressed, to_compress) = sync_channel(PIECES_UNCOMPRESSED);
        let written: Vec<u8> = (0..megabytes << 20).map(|number| ((number * number) >> 7) as u8).collect();
        let mut compressed = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                let uncompressed = uncompressed;
                Uncompressed(&uncompressed).write_all(&written).unwrap();
                if ends {
                    uncompressed.send(None).unwrap();
                }
            });
            let ended = compress(&to_compress, |piece| {
                compressed.extend(piece);
                Ok(())
            });
            assert_eq!(ended.is_ok(), ends);
        });
        let mut read = Vec::new();
        (GzDecoder::new(&compressed[..]).read_to_end(&mut read), read, written)
    }

    #[test]
    fn gzip_gives_what_was_written() {
        let (ended, read, written) = read(4, true);
        assert!(ended.is_ok() && read == written);
    }

    #[test]
    fn only_many_native_histograms_for_this_machine_are_not_compressed() {
        assert!(!is_worth_gzip(Format::Protobuf, true, 10_000));
        for (format, is_near, cells) in
            [(Format::Protobuf, true, 100), (Format::Protobuf, false, 10_000), (Format::Text, true, 10_000)]
        {
            assert!(is_worth_gzip(format, is_near, cells));
        }
    }

    #[test]
    fn an_answer_without_end_is_not_taken_for_whole() {
        let (ended, read, written) = read(4, false);
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(!read.is_empty() && written.starts_with(&read));
    }
}
