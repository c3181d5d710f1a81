//! How much one client, and how much one site, may send: token buckets.
//!
//! A bucket holds a minute's worth, so a shop's visitor never meets it, and a flood is cut to its share. The
//! generic cell rate algorithm keeps one number for each bucket: when it will be full again.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use graadmeter_base::network::network;

use ahash::RandomState;

use super::recent::Recent;

const MINUTE: Duration = Duration::from_mins(1);

/// What a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimit {
    /// Beacons a minute; 0 is no limit.
    pub beacons_per_minute: u32,
    /// Whether it holds for the machine itself too: a proxy here that is not configured as trusted would
    /// make all visitors one client.
    pub loopback: bool,
}

/// The buckets of all clients that sent lately, in a table of fixed size: when it is full, the client whose bucket
/// is the fullest is forgotten, which lets nobody send more than a new client may.
#[derive(Debug)]
pub struct ClientLimiter {
    loopback: bool,
    /// What one beacon takes out of its bucket, in [`TICK`]s; nothing is no limit.
    each: Option<u64>,
    /// For each client the time at which its bucket will be full again, in [`TICK`]s.
    clients: Recent<40>,
}

/// How finely the table knows time: so 40 bits last for 20 months.
const TICK: Duration = Duration::from_micros(50);

const fn ticks(time: Duration) -> u64 {
    time.as_micros() as u64 / TICK.as_micros() as u64
}

impl ClientLimiter {
    /// Knows about `clients_max` clients.
    #[must_use]
    pub fn new(limit: ClientLimit, clients_max: usize) -> Self {
        // Rounded down: a client has at least its share.
        let each = ticks(MINUTE).checked_div(limit.beacons_per_minute.into());
        let clients_max = if each.is_some() { clients_max } else { 0 };
        Self { loopback: limit.loopback, each, clients: Recent::new(clients_max, RandomState::new()) }
    }

    /// Has the memory come that knows a client who is judged soon.
    pub fn expect(&self, client: IpAddr) {
        self.clients.expect(self.clients.hash(network(client)));
    }

    /// Whether `client` may send one more at `now`, the time since any fixed moment.
    #[must_use]
    pub fn allows(&self, client: IpAddr, now: Duration) -> bool {
        let Some(each) = self.each.filter(|_| self.loopback || !client.is_loopback()) else { return true };
        let now = ticks(now);
        let found = self.clients.find(network(client));
        let full_at = found.note().unwrap_or(0).max(now);
        let after = full_at + each;
        let allowed = after <= now + ticks(MINUTE);
        if allowed {
            found.set(after);
        }
        allowed
    }
}

/// The bucket of one site.
#[derive(Debug)]
pub struct SiteLimiter {
    /// What one beacon takes out of the bucket, in nanoseconds; nothing is no limit.
    each: Option<u64>,
    /// When the bucket will be full again, in nanoseconds.
    full_at: AtomicU64,
}

impl SiteLimiter {
    /// Beacons a minute; 0 is no limit.
    #[must_use]
    pub fn new(beacons_per_minute: u32) -> Self {
        let each = nanoseconds(MINUTE).checked_div(beacons_per_minute.into());
        Self { each, full_at: AtomicU64::new(0) }
    }

    /// Whether the site may send one more at `now`, the time since any fixed moment.
    pub fn allows(&self, now: Duration) -> bool {
        let Some(each) = self.each else { return true };
        let now = nanoseconds(now);
        let take = |full_at: u64| {
            let after = full_at.max(now).saturating_add(each);
            (after <= now.saturating_add(nanoseconds(MINUTE))).then_some(after)
        };
        self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(beacons_per_minute: u32, loopback: bool, clients_max: usize) -> ClientLimiter {
        ClientLimiter::new(ClientLimit { beacons_per_minute, loopback }, clients_max)
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
    fn a_site_has_its_share() {
        let site = SiteLimiter::new(600);
        let allowed = |at_ms: u64, tries: usize| {
            (0..tries).filter(|_| site.allows(Duration::from_millis(at_ms))).count()
        };
        assert_eq!(
            [allowed(0, 1000), allowed(99, 10), allowed(100, 10), allowed(2_100, 100)],
            [600, 0, 1, 20]
        );
        let free = SiteLimiter::new(0);
        assert!((0..1000).all(|_| free.allows(Duration::ZERO)));
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
        let free = |limiter: ClientLimiter| (0..1000).all(|_| limiter.allows(local, Duration::ZERO));
        assert!(free(limiter(1, false, 1000)));
        assert!(free(limiter(0, true, 1000)));
        assert!(!free(limiter(1, true, 1000)));
    }

    #[test]
    fn a_flood_of_addresses_shuts_nobody_out() {
        let limiter = limiter(1, false, 256);
        let allowed = (0..100_000_u32)
            .filter(|&client| limiter.allows(IpAddr::V4(client.into()), Duration::ZERO))
            .count();
        // Once in some millions a client is taken for another.
        assert!(allowed >= 99_990, "{allowed}");
        assert!(limiter.allows(address("192.0.2.1"), Duration::ZERO));
        assert!(!limiter.allows(address("192.0.2.1"), Duration::ZERO));
    }
}
