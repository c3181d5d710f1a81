//! What is known of one open connection: since when it has been in which phase, and what it is told to do.
//!
//! The connection's own task writes the phase, with one plain store and the time of a clock that stands still
//! between two looks; whoever looks after the connections reads it, gives an order and wakes the task.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Waker};
use std::time::Duration;

use super::connections::Reason;
use super::limits::GIVEN_UP_MAX;

/// Milliseconds since the first connection could be opened, as of the last look at the connections.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(super) fn set(&self, now: Duration) {
        self.0.fetch_max(now.as_millis() as u64, Ordering::Relaxed);
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Agreeing on keys.
    Handshake,
    /// Between two requests, or before the first.
    Idle,
    /// The first bytes of a request's head are here.
    Head,
    /// An HTTP/1.1 request's body may still be arriving.
    Body,
    /// It is the program's turn; on HTTP/2, at least one request is under way.
    Answer,
}

const PHASES: [Phase; 5] = [Phase::Handshake, Phase::Idle, Phase::Head, Phase::Body, Phase::Answer];
/// Bits of a slot's state that hold its phase; above them is the time.
const PHASE_BITS: u32 = 3;

/// What a connection is told to do, each going further than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    /// Go on.
    None,
    /// Take no further request, and end when what is under way is answered.
    Finish,
    /// Take no further byte.
    GiveUp,
    /// End now.
    End,
}

const ORDERS: [Order; 4] = [Order::None, Order::Finish, Order::GiveUp, Order::End];

/// One open connection.
#[derive(Debug)]
pub(super) struct Slot {
    /// Who it is from: an address, or an IPv6 /64.
    pub(super) client: u128,
    /// Whether it is bound by no limit per client; it is the last to give way.
    pub(super) exempt: bool,
    clock: Clock,
    state: AtomicU64,
    order: AtomicU8,
    /// Why it was told to end early: the number of a [`Reason`], or none.
    reason: OnceLock<Reason>,
    /// The connection's task, which keeps the same waker all its life.
    waker: OnceLock<Waker>,
    http2: AtomicBool,
    requests: AtomicU32,
    under_way: AtomicU32,
    given_up: AtomicU32,
}

impl Slot {
    pub(super) fn new(client: u128, exempt: bool, clock: Clock) -> Self {
        let slot = Self {
            client,
            exempt,
            clock,
            state: AtomicU64::default(),
            order: AtomicU8::default(),
            reason: OnceLock::new(),
            waker: OnceLock::new(),
            http2: AtomicBool::default(),
            requests: AtomicU32::default(),
            under_way: AtomicU32::default(),
            given_up: AtomicU32::default(),
        };
        slot.enter(Phase::Idle);
        slot
    }

    /// A new phase begins.
    pub(super) fn enter(&self, phase: Phase) {
        self.state.store(self.clock.now_ms() << PHASE_BITS | phase as u64, Ordering::Relaxed);
    }

    /// The phase, and when it began.
    pub(super) fn phase(&self) -> (Phase, Duration) {
        let state = self.state.load(Ordering::Relaxed);
        let phase = PHASES[(state & ((1 << PHASE_BITS) - 1)) as usize % PHASES.len()];
        (phase, Duration::from_millis(state >> PHASE_BITS))
    }

    /// The time of the clock that stands still between two looks.
    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// It has been in this phase since before, or is from now on.
    pub(super) fn is_in(&self, phase: Phase) {
        if self.phase().0 != phase {
            self.enter(phase);
        }
    }

    /// A request was answered as soon as it was here; says whether it is the last one of its connection.
    pub(super) fn answers_at_once(&self, requests_max: u32) -> bool {
        self.enter(Phase::Idle);
        let is_last = self.count_request(requests_max);
        if is_last {
            self.ends_because(Reason::Requests);
        }
        is_last
    }

    fn count_request(&self, requests_max: u32) -> bool {
        self.requests.fetch_add(1, Ordering::Relaxed) + 1 >= requests_max
    }

    /// From here on it speaks HTTP/2, whose frames don't begin a request each.
    pub(super) fn speaks_http2(&self) {
        self.http2.store(true, Ordering::Relaxed);
        self.enter(Phase::Idle);
    }

    /// Bytes came in.
    pub(super) fn heard(&self) {
        if self.phase().0 == Phase::Idle && !self.http2.load(Ordering::Relaxed) {
            self.enter(Phase::Head);
        }
    }

    /// Bytes went out: a client that takes its answer slowly is not idle.
    pub(super) fn told(&self) {
        let (phase, since) = self.phase();
        if phase == Phase::Idle && since.as_millis() as u64 != self.clock.now_ms() {
            self.enter(Phase::Idle);
        }
    }

    /// What it is told to do.
    pub(super) fn order(&self) -> Order {
        ORDERS[usize::from(self.order.load(Ordering::Relaxed)) % ORDERS.len()]
    }

    /// Tells it what to do, unless it was told more already. An order that is given while the connection is
    /// just being opened may be seen late; whoever looks after the connections repeats it.
    pub(super) fn tell(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::SeqCst);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// The same, and remembers the first reason why.
    pub(super) fn tell_because(&self, order: Order, reason: Reason) {
        self.ends_because(reason);
        self.tell(order);
    }

    /// Remembers why it ends, unless there was a reason before.
    pub(super) fn ends_because(&self, reason: Reason) {
        let _first = self.reason.set(reason);
    }

    /// Why it was told to end early.
    pub(super) fn reason(&self) -> Option<Reason> {
        self.reason.get().copied()
    }

    /// Lets `tell` wake the task that is polled with `context`.
    pub(super) fn wakes(&self, context: &Context<'_>) {
        self.waker.get_or_init(|| context.waker().clone());
    }

    /// A request's head is here.
    pub(super) fn ask(self: &Arc<Self>, has_body: bool, requests_max: u32) -> Asked {
        let http2 = self.http2.load(Ordering::Relaxed);
        if self.under_way.fetch_add(1, Ordering::Relaxed) == 0 {
            self.enter(if has_body && !http2 { Phase::Body } else { Phase::Answer });
        }
        let is_last = self.count_request(requests_max);
        if is_last {
            self.ends_because(Reason::Requests);
            if http2 {
                self.tell(Order::Finish);
            }
        }
        Asked { slot: Arc::clone(self), is_last: is_last && !http2, is_answered: false }
    }
}

/// A request under way; dropped before its answer, it was given up.
#[derive(Debug)]
pub(super) struct Asked {
    slot: Arc<Slot>,
    is_last: bool,
    is_answered: bool,
}

impl Asked {
    /// Whether it is the last one of an HTTP/1.1 connection, whose answer has to say so.
    pub(super) fn is_last_of_connection(&self) -> bool {
        self.is_last
    }

    /// The program has answered.
    pub(super) fn end(mut self) {
        self.is_answered = true;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let slot = &self.slot;
        if slot.under_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            slot.enter(Phase::Idle);
        }
        if !self.is_answered && slot.given_up.fetch_add(1, Ordering::Relaxed) >= GIVEN_UP_MAX {
            slot.tell_because(Order::End, Reason::Resets);
        }
    }
}
