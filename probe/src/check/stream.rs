//! A stream that notes when the first byte came in.
//!
//! hyper hands over an answer when its head is complete. A server that sends its head slowly would then
//! look like one that thinks slowly, so the first byte is seen here, below hyper.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// When the first byte came in, once it has.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstByte(Arc<OnceLock<Instant>>);

impl FirstByte {
    pub(super) fn at(&self) -> Option<Instant> {
        self.0.get().copied()
    }
}

/// What hyper speaks over: plain or encrypted.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A stream and its first byte.
pub(super) struct Watched {
    inner: Box<dyn Stream>,
    first_byte: FirstByte,
}

impl Watched {
    pub(super) fn new(inner: Box<dyn Stream>) -> (Self, FirstByte) {
        let first_byte = FirstByte::default();
        (Self { inner, first_byte: first_byte.clone() }, first_byte)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut *self.inner).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.first_byte.0.get_or_init(Instant::now);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.inner).poll_shutdown(cx)
    }
}
