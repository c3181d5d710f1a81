//! The lane of the usual request: a small POST that is here as a whole is answered at once.
//!
//! hyper gives every request a table of its headers on the heap, a channel for its body and a future. That is most
//! of what it costs to take a kilobyte. This lane takes HTTP/1.1 in its simplest form only; at the first
//! request that is not as simple, that does not arrive, or that the program leaves to hyper, it hands over the connection
//! with all that was not answered yet, and hyper, whose word is final, serves it to its end.
//!
//! All connections of a thread share the memory that they are read into, so it stays in the core's cache, and
//! one that waits takes none.

mod request;
mod response;

use std::cell::RefCell;
use std::io;
use std::mem::take;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::request::{Look, Room, look};
use self::response::write_response;
use super::limits::{LANE_BYTES, LANE_READS_MAX, Limits};
use super::slot::{Order, Slot};
use super::wire::Wire;

pub use self::request::{Fields, Heads, Post};

/// Answers a request from whom it is told, or leaves it, as if it had never seen it, to the slower way.
pub type AtOnce = Arc<dyn Fn(SocketAddr, &Post<'_>) -> Option<Response<Bytes>> + Send + Sync>;

/// How a connection leaves the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// It has ended.
    Ended,
    /// It goes on elsewhere; what was read and not answered is back on the wire.
    Other,
}

/// One connection in the lane.
pub(super) struct Lane<'a> {
    wire: &'a mut Wire,
    slot: &'a Slot,
    peer: SocketAddr,
    at_once: &'a AtOnce,
    limits: Limits,
    /// The beginning of a request that has not come whole, and in how many pieces so far.
    begun: Vec<u8>,
    pieces: usize,
    unsent: Vec<u8>,
    is_flushed: bool,
    exit: Option<Exit>,
}

/// What the connections of a thread share.
struct Desk {
    input: Vec<u8>,
    output: Vec<u8>,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::new(Desk { input: vec![0; LANE_BYTES], output: Vec::new() });
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        wire: &'a mut Wire,
        slot: &'a Slot,
        peer: SocketAddr,
        at_once: &'a AtOnce,
        limits: Limits,
    ) -> Self {
        let (begun, unsent) = (Vec::new(), Vec::new());
        Self { wire, slot, peer, at_once, limits, begun, pieces: 0, unsent, is_flushed: true, exit: None }
    }

    /// Answers what comes, until the connection ends or has to go elsewhere.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        loop {
            self.slot.wakes(context);
            let order = self.slot.order();
            if order == Order::End {
                return Poll::Ready(Ok(Exit::Ended));
            }
            ready!(self.poll_send(context))?;
            match self.exit {
                Some(Exit::Other) => return Poll::Ready(Ok(Exit::Other)),
                Some(Exit::Ended) => {
                    ready!(Pin::new(&mut *self.wire).poll_shutdown(context))?;
                    return Poll::Ready(Ok(Exit::Ended));
                }
                None if order == Order::Finish && self.begun.is_empty() => self.exit = Some(Exit::Ended),
                // hyper tells the sender what did not arrive.
                None if order == Order::GiveUp => {
                    let begun = take(&mut self.begun);
                    self.leave(&begun);
                }
                None => ready!(DESK.with_borrow_mut(|desk| self.poll_turn(context, desk)))?,
            }
        }
    }

    /// Reads once, and answers all whole requests that are there.
    fn poll_turn(&mut self, context: &mut Context<'_>, desk: &mut Desk) -> Poll<io::Result<()>> {
        let room = self.limits.head_bytes.min(LANE_BYTES);
        let mut input = ReadBuf::new(&mut desk.input[..room]);
        input.put_slice(&self.begun);
        ready!(Pin::new(&mut *self.wire).poll_read(context, &mut input))?;
        let mut rest = input.filled();
        if rest.len() == self.begun.len() {
            self.exit = Some(Exit::Ended);
            if !rest.is_empty() {
                self.leave(rest);
            }
            return Poll::Ready(Ok(()));
        }
        desk.output.clear();
        while !rest.is_empty() && self.exit.is_none() {
            let mut headers = Room::default();
            match look(rest, &mut headers) {
                Look::Whole(post, length) => match (self.at_once)(self.peer, &post) {
                    Some(response) => {
                        rest = &rest[length..];
                        self.answer(&response, &mut desk.output);
                    }
                    None => self.leave(rest),
                },
                Look::Begun { has_head } if rest.len() < room && self.pieces < LANE_READS_MAX => {
                    if has_head {
                        self.slot.awaits_body();
                    }
                    break;
                }
                Look::Begun { .. } | Look::Other => self.leave(rest),
            }
        }
        if self.exit.is_none() {
            self.keep(rest);
        }
        self.send(context, &desk.output)
    }

    /// Keeps the beginning of a request until more of it is there.
    fn keep(&mut self, rest: &[u8]) {
        self.begun.clear();
        self.begun.extend_from_slice(rest);
        self.pieces = if rest.is_empty() { 0 } else { self.pieces + 1 };
        if rest.is_empty() {
            self.begun = Vec::new();
        }
    }

    /// Leaves the lane when everything is sent; what is not answered is read again by hyper.
    fn leave(&mut self, rest: &[u8]) {
        self.wire.put_back(rest);
        self.exit = Some(Exit::Other);
    }

    fn answer(&mut self, response: &Response<Bytes>, output: &mut Vec<u8>) {
        self.pieces = 0;
        let is_last = self.slot.answers_at_once(self.limits.requests) || self.slot.order() > Order::None;
        if is_last {
            self.exit = Some(Exit::Ended);
        }
        write_response(response, is_last, self.slot.now_ms(), output);
    }

    /// Sends what the desk holds, and keeps what does not go now.
    fn send(&mut self, context: &mut Context<'_>, output: &[u8]) -> Poll<io::Result<()>> {
        if output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.is_flushed = false;
        let sent = match Pin::new(&mut *self.wire).poll_write(context, output) {
            Poll::Ready(sent) => sent?,
            Poll::Pending => 0,
        };
        self.unsent.extend_from_slice(&output[sent..]);
        Poll::Ready(Ok(()))
    }

    /// Sends what was kept.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            let sent = ready!(Pin::new(&mut *self.wire).poll_write(context, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.drain(..sent);
        }
        if !self.is_flushed {
            self.unsent = Vec::new();
            ready!(Pin::new(&mut *self.wire).poll_flush(context))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
