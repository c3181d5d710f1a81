//! Every limit of the collector on what it does not trust, in one place. Those of the wire format stand in
//! [`graadmeter_wire::limits`]; those that a shop may want to change, in its configuration.

use std::time::Duration;

/// How long a request's head, and then its body, may take to arrive.
pub const ARRIVAL_MAX: Duration = Duration::from_secs(10);
/// Bytes of a too large body that are read and dropped, so that its sender sees the answer.
pub const DRAINED_BYTES_MAX: usize = 256 * 1024;
/// Connections that one core holds at the same time.
pub const CONNECTIONS_PER_CORE_MAX: usize = 10_000;
/// Beacons whose bodies one core reads at the same time; past that, it answers 503 instead of growing.
pub const IN_FLIGHT_PER_CORE_MAX: usize = 2_000;
/// Headers of a request.
pub const HEADERS_MAX: usize = 64;
/// Bytes of a connection's read buffer, and so of a request's head.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long a shutdown waits for what is in flight.
pub const SHUTDOWN_MAX: Duration = Duration::from_secs(10);
/// Reports that are remembered to count each once.
pub const REPORTS_REMEMBERED_MAX: usize = 2_000_000;
/// Clients whose share is watched.
pub const CLIENTS_WATCHED_MAX: usize = 500_000;
