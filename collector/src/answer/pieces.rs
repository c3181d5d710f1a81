//! A body that comes in pieces, from whoever may wait for the client to take them.
//!
//! The body says when it is whole: one whose sender goes away before is cut short for the client, too. (The channel of
//! `http-body-util` does neither: its body may end without the last pieces, when they are sent while it is polled.)

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The body: its pieces, and nothing at its end.
#[derive(Debug)]
pub struct Pieces(Receiver<Option<Bytes>>);

/// Where its pieces come from.
#[derive(Debug)]
pub struct PieceSender(Sender<Option<Bytes>>);

/// Whoever sent the pieces went away before the end.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut short")]
pub struct CutShort;

/// Whoever asked is gone.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the answer any more")]
pub struct Gone;

impl Pieces {
    /// A body, and where its pieces come from, of which so many wait for a slow client.
    #[must_use]
    pub fn new(waiting: usize) -> (PieceSender, Self) {
        let (sender, receiver) = channel(waiting);
        (PieceSender(sender), Self(receiver))
    }
}

impl PieceSender {
    /// Sends a piece, as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// When nobody reads it.
    pub async fn send(&self, piece: Bytes) -> Result<(), Gone> {
        self.0.send(Some(piece)).await.map_err(|_| Gone)
    }

    /// Says that the body is whole.
    ///
    /// # Errors
    ///
    /// When nobody reads it.
    pub async fn end(self) -> Result<(), Gone> {
        self.0.send(None).await.map_err(|_| Gone)
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        self.0.poll_recv(context).map(|received| match received {
            Some(Some(piece)) => Some(Ok(Frame::data(piece))),
            Some(None) => None,
            None => Some(Err(CutShort)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;
    use std::thread;

    use http_body_util::BodyExt;

    use super::*;

    /// All of a body, polled without a pause: so some piece comes in the midst of a poll.
    fn read(mut body: Pieces) -> Result<Vec<u8>, CutShort> {
        let mut all = Vec::new();
        loop {
            match Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => {}
                Poll::Ready(None) => return Ok(all),
                Poll::Ready(Some(frame)) => all.extend(frame?.into_data().unwrap()),
            }
        }
    }

    #[test]
    fn a_body_has_all_its_pieces_however_they_fall() {
        // The channel of `http-body-util` 0.1.5 loses some in one of eight.
        for _ in 0..200 {
            let (sender, body) = Pieces::new(4);
            let sending = thread::spawn(move || {
                for piece in [&b"all "[..], b"of it"].map(Bytes::from_static) {
                    sender.0.blocking_send(Some(piece)).unwrap();
                }
                sender.0.blocking_send(None).unwrap();
            });
            assert_eq!(read(body).unwrap(), b"all of it");
            sending.join().unwrap();
        }
    }

    #[tokio::test]
    async fn a_body_without_end_is_cut_short() {
        let (sender, mut body) = Pieces::new(2);
        sender.send(Bytes::from_static(b"a part")).await.unwrap();
        drop(sender);
        assert!(body.frame().await.unwrap().is_ok());
        assert!(matches!(body.frame().await, Some(Err(CutShort))));
    }

    #[tokio::test]
    async fn who_sends_learns_that_nobody_reads() {
        let (sender, body) = Pieces::new(2);
        drop(body);
        assert!(sender.send(Bytes::from_static(b"a part")).await.is_err());
        assert!(sender.end().await.is_err());
    }
}
