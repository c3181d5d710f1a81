//! All connections of one listener, on however many cores they are served: how many there are, from whom,
//! and which of them have to go.
//!
//! One rule keeps attackers from locking others out, in a full house as within one client's share: whoever
//! has been waited for longest gives way to the newcomer. An honest request is there within moments, so idle
//! connections go first, and then those that send a byte now and then.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ahash::RandomState;

use super::limits::Limits;
use super::slot::{Clock, Order, Phase, Slot};
use crate::network::network;

/// Shards of the clients' table, so that cores seldom meet; a power of two.
const SHARDS: usize = 64;
/// The share of a limit that gives way at once, so that a crowd at the door is not counted for each newcomer.
const GIVING_WAY: usize = 32;

/// Why a connection was closed before its client wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// There were too many in all.
    Full,
    /// There were too many of its client.
    Client,
    /// The TLS handshake failed or took too long.
    Handshake,
    /// A request's head took too long.
    Head,
    /// A request's body took too long.
    Body,
    /// No request came.
    Idle,
    /// Its client gave up too many requests.
    Resets,
    /// It has had all requests that one connection may carry.
    Requests,
}

impl Reason {
    /// Every reason, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::Full,
        Self::Client,
        Self::Handshake,
        Self::Head,
        Self::Body,
        Self::Idle,
        Self::Resets,
        Self::Requests,
    ];

    /// The label value.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Client => "client",
            Self::Handshake => "handshake",
            Self::Head => "head",
            Self::Body => "body",
            Self::Idle => "idle",
            Self::Resets => "resets",
            Self::Requests => "requests",
        }
    }
}

/// Who is bound by no limit per client: proxies, which bring everybody's requests.
type Exempt = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// The connections of one listener.
pub struct Connections {
    pub(super) limits: Limits,
    exempt: Exempt,
    started: Instant,
    clock: Clock,
    open: AtomicUsize,
    clients: Clients,
    /// The connections of each accept loop, those that are closed included until the next look.
    halls: Mutex<Vec<Arc<Hall>>>,
    closed: [AtomicU64; Reason::ALL.len()],
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("open", &self.open()).finish_non_exhaustive()
    }
}

/// The connections of one accept loop.
#[derive(Debug, Default)]
pub(super) struct Hall(Mutex<Vec<Arc<Slot>>>);

impl Hall {
    fn slots(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// No connections yet; `exempt` says who is bound by no limit per client.
    pub fn new(limits: Limits, exempt: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            limits,
            exempt: Box::new(exempt),
            started: Instant::now(),
            clock: Clock::default(),
            open: AtomicUsize::default(),
            clients: Clients::default(),
            halls: Mutex::default(),
            closed: Default::default(),
        })
    }

    /// How many are open now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// How many were closed, or not let in, for this reason since the start.
    #[must_use]
    pub fn closed(&self, reason: Reason) -> u64 {
        self.closed[reason as usize].load(Ordering::Relaxed)
    }

    /// A place for the connections of one more accept loop.
    pub(super) fn hall(&self) -> Arc<Hall> {
        let hall = Arc::new(Hall::default());
        self.halls.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&hall));
        hall
    }

    /// Lets a connection in, if need be in place of others.
    pub(super) fn admit(self: &Arc<Self>, hall: &Hall, peer: IpAddr) -> Option<Guest> {
        let (client, exempt) = (network(peer), (self.exempt)(peer));
        // From here on the guest is counted, and leaves when it is dropped.
        self.open.fetch_add(1, Ordering::Relaxed);
        let of_client = if exempt { 0 } else { self.clients.enter(client) };
        let slot = Arc::new(Slot::new(client, exempt, self.clock.clone()));
        let guest = Guest { slot, connections: Arc::clone(self) };
        let (all_max, client_max) = (self.limits.connections, self.limits.connections_per_client);
        let refused = if of_client > client_max
            && !self.make_room(client_max, Reason::Client, |slot| slot.client == client && !slot.exempt)
        {
            Some(Reason::Client)
        } else if self.open() > all_max && !self.make_room(all_max, Reason::Full, |_| true) {
            Some(Reason::Full)
        } else {
            None
        };
        if let Some(reason) = refused {
            guest.slot.tell_because(Order::End, reason);
            return None;
        }
        hall.slots().push(Arc::clone(&guest.slot));
        Some(guest)
    }

    /// Sends those away that have been waited for longest, until there is room for one more among those whom
    /// `concerns`; says whether there is.
    fn make_room(&self, max: usize, reason: Reason, concerns: impl Fn(&Slot) -> bool) -> bool {
        let mut staying = 0;
        let mut waited_for = Vec::new();
        for hall in &*self.halls.lock().unwrap_or_else(PoisonError::into_inner) {
            let stays = |slot: &&Arc<Slot>| is_open(slot) && slot.order() < Order::End && concerns(slot);
            for slot in hall.slots().iter().filter(stays) {
                staying += 1;
                let (phase, since) = slot.phase();
                if phase != Phase::Answer {
                    waited_for.push((slot.exempt, since, Arc::clone(slot)));
                }
            }
        }
        if staying < max {
            return true; // some are about to leave
        }
        let leaving = (staying + 1 - max).max(max / GIVING_WAY);
        if waited_for.len() > leaving {
            waited_for.select_nth_unstable_by_key(leaving, |(exempt, since, _)| (*exempt, *since));
            waited_for.truncate(leaving);
        }
        for (.., slot) in &waited_for {
            slot.tell_because(Order::End, reason);
        }
        staying - waited_for.len() < max
    }

    /// Looks after the connections of a hall: forgets those that are closed, ends those that take too long.
    pub(super) fn look_after(&self, hall: &Hall) {
        self.clock.set(self.started.elapsed());
        let (limits, now) = (&self.limits, Duration::from_millis(self.clock.now_ms()));
        hall.slots().retain(|slot| {
            let (phase, since) = slot.phase();
            let age = now.saturating_sub(since);
            match phase {
                Phase::Handshake if age > limits.head_time => {
                    slot.tell_because(Order::End, Reason::Handshake);
                }
                Phase::Head if age > limits.head_time => slot.tell_because(Order::End, Reason::Head),
                // Asked politely first: so a body's sender is told, and an HTTP/2 client says no more.
                Phase::Body if age > limits.body_time + limits.head_time => slot.tell(Order::End),
                Phase::Body if age > limits.body_time => slot.tell_because(Order::GiveUp, Reason::Body),
                Phase::Idle if age > limits.idle_time + limits.head_time => slot.tell(Order::End),
                Phase::Idle if age > limits.idle_time => slot.tell_because(Order::Finish, Reason::Idle),
                _ => {}
            }
            is_open(slot)
        });
    }

    /// Asks all connections of a hall to finish; says whether none is left.
    pub(super) fn finish(&self, hall: &Hall) -> bool {
        self.look_after(hall);
        let slots = hall.slots();
        for slot in &*slots {
            slot.tell(Order::Finish);
        }
        slots.is_empty()
    }
}

/// Whether a connection is still there: its guest holds the slot too.
fn is_open(slot: &Arc<Slot>) -> bool {
    Arc::strong_count(slot) > 1
}

/// A connection that was let in; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) slot: Arc<Slot>,
    pub(super) connections: Arc<Connections>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        if !self.slot.exempt {
            self.connections.clients.leave(self.slot.client);
        }
        if let Some(reason) = self.slot.reason() {
            self.connections.closed[reason as usize].fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How many connections each client has; as many entries as there are connections at the most.
#[derive(Debug)]
struct Clients {
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<u128, usize, RandomState>>>,
}

impl Default for Clients {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Clients {
    fn shard(&self, client: u128) -> MutexGuard<'_, HashMap<u128, usize, RandomState>> {
        let shard = &self.shards[self.hasher.hash_one(client) as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more; says how many there are now.
    fn enter(&self, client: u128) -> usize {
        let mut shard = self.shard(client);
        let count = shard.entry(client).or_default();
        *count += 1;
        *count
    }

    fn leave(&self, client: u128) {
        let mut shard = self.shard(client);
        if let Some(count) = shard.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                shard.remove(&client);
            }
        }
    }
}
