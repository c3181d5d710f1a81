//! How much one client may send: a token bucket for each address, in a table of fixed size.
//!
//! The bucket holds a minute's worth, so a shop's visitor never meets it, and a flood is cut to its share.
//! The generic cell rate algorithm keeps one number for each client: when its bucket will be full again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ahash::RandomState;

const MINUTE: Duration = Duration::from_mins(1);
/// Shards, so that cores seldom meet; a power of two.
const SHARDS: usize = 64;

/// What a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimit {
    /// Beacons a minute; 0 is no limit.
    pub beacons_per_minute: u32,
    /// Whether it holds for the machine itself too: a proxy here that is not configured as trusted would
    /// make all visitors one client.
    pub loopback: bool,
}

/// The state of every client that sent lately.
#[derive(Debug)]
pub struct Limiter {
    limit: ClientLimit,
    hasher: RandomState,
    clients_max: usize,
    /// For each client the time at which its bucket will be full again.
    shards: Vec<Mutex<HashMap<u128, Duration, RandomState>>>,
}

impl Limiter {
    /// Knows about `clients_max` clients at the most.
    #[must_use]
    pub fn new(limit: ClientLimit, clients_max: usize) -> Self {
        Self {
            limit,
            hasher: RandomState::new(),
            clients_max: (clients_max / SHARDS).max(1),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Whether `client` may send one more at `now`, the time since any fixed moment.
    pub fn allows(&self, client: IpAddr, now: Duration) -> bool {
        if self.limit.beacons_per_minute == 0 || client.is_loopback() && !self.limit.loopback {
            return true;
        }
        let key = network(client);
        let shard = &self.shards[self.hasher.hash_one(key) as usize % SHARDS];
        let mut clients = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= self.clients_max && !clients.contains_key(&key) {
            clients.retain(|_, full_at| *full_at > now);
            // Still full: all of them are sending right now. Forgetting them costs no memory and shuts nobody out.
            if clients.len() >= self.clients_max {
                clients.clear();
            }
        }
        let full_at = clients.entry(key).or_insert(now);
        let after = (*full_at).max(now) + MINUTE / self.limit.beacons_per_minute;
        let allowed = after <= now + MINUTE;
        if allowed {
            *full_at = after;
        }
        allowed
    }
}

/// An IPv4 address, or the /64 of an IPv6 address, which one customer has whole (RFC 6177).
fn network(client: IpAddr) -> u128 {
    match client.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(beacons_per_minute: u32, loopback: bool, clients_max: usize) -> Limiter {
        Limiter::new(ClientLimit { beacons_per_minute, loopback }, clients_max)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_minutes_worth_then_the_share() {
        let limiter = limiter(60, false, 1000);
        let client = address("192.0.2.1");
        let allowed = |at_ms: u64, tries: usize| {
            (0..tries).filter(|_| limiter.allows(client, Duration::from_millis(at_ms))).count()
        };
        assert_eq!(allowed(0, 200), 60);
        assert_eq!(allowed(999, 10), 0);
        assert_eq!(allowed(1000, 10), 1);
        assert_eq!(allowed(11_000, 100), 10);
        assert!(limiter.allows(address("192.0.2.2"), Duration::ZERO));
    }

    #[test]
    fn ipv6_counts_by_its_64() {
        let limiter = limiter(1, false, 1000);
        assert!(limiter.allows(address("2001:db8::1"), Duration::ZERO));
        assert!(!limiter.allows(address("2001:db8::2"), Duration::ZERO));
        assert!(limiter.allows(address("2001:db8:0:1::1"), Duration::ZERO));
        assert!(limiter.allows(address("::ffff:192.0.2.1"), Duration::ZERO));
        assert!(!limiter.allows(address("192.0.2.1"), Duration::ZERO));
    }

    #[test]
    fn loopback_and_zero_are_free() {
        let local = address("127.0.0.1");
        let free = |limiter: Limiter| (0..1000).all(|_| limiter.allows(local, Duration::ZERO));
        assert!(free(limiter(1, false, 1000)));
        assert!(free(limiter(0, true, 1000)));
        assert!(!free(limiter(1, true, 1000)));
    }

    #[test]
    fn the_table_has_a_ceiling() {
        let limiter = limiter(1, false, SHARDS * 4);
        for client in 0..100_000_u32 {
            assert!(limiter.allows(IpAddr::V4(client.into()), Duration::ZERO));
        }
        let known: usize = limiter.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(known <= SHARDS * 4, "{known}");
    }
}
