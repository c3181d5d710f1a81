//! The lane of the usual request: a small POST that is here as a whole is answered without hyper.
//!
//! hyper gives every request a table of its headers on the heap, a channel for its body and a future. That is most
//! of what it costs to take a kilobyte. This lane takes HTTP/1.1 in its simplest form only; at the first
//! request that is not as simple, that does not arrive, or that the program leaves to hyper, it hands over the connection
//! with all that was not answered yet, and hyper, whose word is final, serves it to its end.
//!
//! Reading, answering and sending each run through more code than fits next to the processor. So a
//! connection pauses between them, and all that have something to do read, then all answer, then all send. The more
//! there is to do, the less each costs; a connection that is alone goes on at once.

mod input;
mod request;
mod response;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::input::Input;
use self::request::{Look, Room, look};
use self::response::write_response;
use super::limits::{LANE_BYTES, LANE_OUTPUT_KEPT, LANE_READS_MAX, Limits};
use super::slot::{Order, Phase, Slot};
use super::wire::Wire;

pub use self::request::{Fields, Heads, Post};

/// Answers usual requests.
pub trait AtOnce: Send + Sync {
    /// Answers a request from whom it is told, or leaves it, as if it had never seen it, to the slower way.
    fn answer(&self, peer: SocketAddr, post: &Post<'_>) -> Option<Answer>;

    /// Whether an answer may be sent that was given under a condition, as soon as that is known; if not, what is sent
    /// instead.
    fn poll_condition(&self, condition: u64, context: &mut Context<'_>) -> Poll<Result<(), Response<Bytes>>>;
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// What is sent.
    pub response: Response<Bytes>,
    /// On which condition, if any; [`AtOnce::poll_condition`] knows it by this number.
    pub condition: Option<u64>,
}

/// How a connection leaves the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// It has ended.
    Ended,
    /// It goes on elsewhere; what was read and not answered is back on the wire.
    Other,
}

/// What a connection does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Read,
    Answer,
    /// It waits for the condition of its last answer.
    Wait(Conditional),
    Send,
    Leave(Exit),
}

/// An answer that may be sent on a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Conditional {
    condition: u64,
    /// Where it begins in the output.
    begin: usize,
}

/// One connection in the lane.
pub(super) struct Lane<'a> {
    wire: &'a mut Wire,
    slot: &'a Slot,
    peer: SocketAddr,
    at_once: &'a dyn AtOnce,
    limits: Limits,
    step: Step,
    /// What was read and not answered, if anything.
    input: Option<Input>,
    /// In how many pieces the request came that has not come whole.
    pieces: usize,
    output: Vec<u8>,
    /// Where it goes when the output is sent.
    exit: Option<Exit>,
}

impl<'a> Lane<'a> {
    pub(super) fn new(
        wire: &'a mut Wire,
        slot: &'a Slot,
        peer: SocketAddr,
        at_once: &'a dyn AtOnce,
        limits: Limits,
    ) -> Self {
        let (step, output) = (Step::Read, Vec::new());
        Self { wire, slot, peer, at_once, limits, step, input: None, pieces: 0, output, exit: None }
    }

    /// Answers what comes, until the connection ends or has to go elsewhere.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Exit>> {
        self.slot.wakes(context);
        loop {
            let order = self.slot.order();
            if order == Order::End {
                return Poll::Ready(Ok(Exit::Ended));
            }
            let has_waited = matches!(self.step, Step::Wait(_));
            self.step = match self.step {
                Step::Read if order == Order::Finish && self.input.is_none() => Step::Leave(Exit::Ended),
                // hyper tells the sender what did not arrive.
                Step::Read if order == Order::GiveUp => Step::Leave(Exit::Other),
                Step::Read => ready!(self.poll_read(context))?,
                Step::Answer => self.answer(),
                Step::Wait(conditional) => ready!(self.poll_wait(conditional, context)),
                Step::Send => ready!(self.poll_send(context))?,
                Step::Leave(Exit::Ended) => {
                    ready!(Pin::new(&mut *self.wire).poll_shutdown(context))?;
                    return Poll::Ready(Ok(Exit::Ended));
                }
                Step::Leave(Exit::Other) => {
                    if let Some(input) = self.input.take() {
                        self.wire.put_back(input.filled());
                    }
                    return Poll::Ready(Ok(Exit::Other));
                }
            };
            if matches!(self.step, Step::Answer | Step::Send) && !has_waited {
                // Whoever else is ready takes the same step first. Those who have waited did so together.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Step>> {
        let input = self.input.take();
        let is_begun = input.is_some();
        let mut input = input.unwrap_or_default();
        let mut free = ReadBuf::new(input.free(self.room()));
        let read = Pin::new(&mut *self.wire).poll_read(context, &mut free);
        let length = free.filled().len();
        input.fill(length);
        // One that waits for its next request keeps no memory for it.
        if is_begun || length > 0 {
            self.input = Some(input);
        }
        ready!(read)?;
        Poll::Ready(Ok(match length {
            0 if is_begun => Step::Leave(Exit::Other),
            0 => Step::Leave(Exit::Ended),
            _ => Step::Answer,
        }))
    }

    /// Answers all whole requests that are there.
    fn answer(&mut self) -> Step {
        let Some(mut input) = self.input.take() else { return Step::Read };
        let mut answered = 0;
        let mut conditional = None;
        while self.exit.is_none() && conditional.is_none() {
            let rest = &input.filled()[answered..];
            if rest.is_empty() {
                break;
            }
            let mut headers = Room::default();
            match look(rest, &mut headers) {
                Look::Whole(post, length) => match self.at_once.answer(self.peer, &post) {
                    Some(Answer { response, condition }) => {
                        answered += length;
                        let begin = self.output.len();
                        conditional = condition.map(|condition| Conditional { condition, begin });
                        self.write(&response);
                    }
                    None => self.exit = Some(Exit::Other),
                },
                Look::Begun { has_head } if rest.len() < self.room() && self.pieces < LANE_READS_MAX => {
                    self.slot.is_in(if has_head { Phase::Body } else { Phase::Head });
                    self.pieces += 1;
                    break;
                }
                Look::Begun { .. } | Look::Other => self.exit = Some(Exit::Other),
            }
        }
        input.forget(answered);
        self.input = Some(input).filter(|input| !input.filled().is_empty());
        match conditional {
            Some(conditional) => Step::Wait(conditional),
            None if self.output.is_empty() => self.sent(),
            None => Step::Send,
        }
    }

    /// Waits until the last answer may be sent, or is another one.
    fn poll_wait(&mut self, conditional: Conditional, context: &mut Context<'_>) -> Poll<Step> {
        let Conditional { condition, begin } = conditional;
        if let Err(instead) = ready!(self.at_once.poll_condition(condition, context)) {
            self.output.truncate(begin);
            self.write_answer(&instead);
        }
        Poll::Ready(if self.exit.is_none() && self.input.is_some() { Step::Answer } else { Step::Send })
    }

    fn write(&mut self, response: &Response<Bytes>) {
        self.pieces = 0;
        let is_last = self.slot.answers_at_once(self.limits.requests) || self.slot.order() > Order::None;
        if is_last {
            self.exit = Some(Exit::Ended);
        }
        self.write_answer(response);
    }

    fn write_answer(&mut self, response: &Response<Bytes>) {
        let is_last = self.exit == Some(Exit::Ended);
        write_response(response, is_last, self.slot.now_ms(), &mut self.output);
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Step>> {
        while !self.output.is_empty() {
            let sent = ready!(Pin::new(&mut *self.wire).poll_write(context, &self.output))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.output.drain(..sent);
        }
        ready!(Pin::new(&mut *self.wire).poll_flush(context))?;
        if self.output.capacity() > LANE_OUTPUT_KEPT {
            self.output = Vec::new();
        }
        Poll::Ready(Ok(self.sent()))
    }

    /// What comes after everything is sent.
    fn sent(&self) -> Step {
        self.exit.map_or(Step::Read, Step::Leave)
    }

    /// Bytes of a request that may be here; hyper's limit is the same for its head.
    fn room(&self) -> usize {
        self.limits.head_bytes.min(LANE_BYTES)
    }
}

#[cfg(test)]
mod tests;
