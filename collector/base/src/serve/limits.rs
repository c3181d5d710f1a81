//! What a listener takes from those who connect.

use std::time::Duration;

/// What a listener takes from those who connect. Times hold give or take a tenth: one timer looks after all
/// connections, so that a request needs none of its own.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at the same time. In a full house, whoever has been waited for longest gives way.
    pub connections: usize,
    /// The same, from one address (IPv6: one /64).
    pub connections_per_client: usize,
    /// Bytes of a request's head, and so of a connection's read buffer. On HTTP/1.1 it has 100 headers at the most.
    pub head_bytes: usize,
    /// How long a TLS handshake may take, and a request's head from its first byte on.
    pub head_time: Duration,
    /// How long a body may take to arrive on HTTP/1.1; then reading it fails. On HTTP/2, where each request
    /// of a connection has a body of its own, the program has to look after the time.
    pub body_time: Duration,
    /// How long a connection may stay without any request.
    pub idle_time: Duration,
    /// Requests of one connection; then it is closed in peace, so that load balancers spread anew.
    pub requests: u32,
    /// Requests that are under way at the same time on one HTTP/2 connection.
    pub streams: u32,
    /// How long a shutdown waits for what is in flight.
    pub drain_time: Duration,
}

/// Requests of one connection that its client may give up before they are answered. Honest clients do it when
/// a page is left; an attacker resets HTTP/2 streams as fast as it opens them (CVE-2023-44487).
pub(super) const GIVEN_UP_MAX: u32 = 100;
/// Bytes of one HTTP/2 request's body that wait to be read.
pub(super) const STREAM_WINDOW: u32 = 32 * 1024;
/// The same of all requests of one connection: the least that HTTP/2 knows, because each of some thousands
/// of connections may fill it.
pub(super) const CONNECTION_WINDOW: u32 = 65_535;
/// Bytes of one HTTP/2 answer that wait to be sent.
pub(super) const SEND_BUFFER: usize = 64 * 1024;

/// Bytes of a usual request, head and body: a beacon has two or three kilobytes.
pub(super) const LANE_BYTES: usize = 8 * 1024;
/// Memory of that size that each core keeps for its next requests, as many as it answers side by side when it is busy.
pub(super) const LANE_INPUTS_KEPT: usize = 128;
/// Bytes for answers that a waiting connection keeps: for the usual one, not for those to a hundred requests at once.
pub(super) const LANE_OUTPUT_KEPT: usize = 256;
/// In how many pieces a usual request may come. Each time it is looked at from its beginning.
pub(super) const LANE_READS_MAX: usize = 8;

impl Limits {
    /// How often connections are looked after: ten times in the shortest time that something may take.
    pub(super) fn look_every(&self) -> Duration {
        let shortest = self.head_time.min(self.body_time).min(self.idle_time);
        (shortest / 10).clamp(Duration::from_millis(5), Duration::from_secs(1))
    }
}
