//! Every limit of the collector on what it does not trust, in one place. Those of the wire format stand in
//! [`graadmeter_wire::limits`]; those that a shop may want to change, in its configuration.

use std::time::Duration;

use graadmeter_base::serve;

/// How long a request's head, and then its body, may take to arrive.
pub const ARRIVAL_MAX: Duration = Duration::from_secs(10);
/// For how long, and how many bytes of, a too large body are read and dropped, so that its sender sees the answer.
pub const DRAIN_MAX: Duration = Duration::from_millis(500);
/// See [`DRAIN_MAX`].
pub const DRAINED_BYTES_MAX: usize = 256 * 1024;
/// Beacons whose bodies one core reads at the same time; past that, it answers 503 instead of growing.
pub const IN_FLIGHT_PER_CORE_MAX: usize = 2_000;
/// What each core takes from visitors, and the admin listener from its readers.
pub const SERVING: serve::Limits = serve::Limits {
    connections: 10_000,
    head_bytes: 16 * 1024,
    headers: 64,
    head_time: ARRIVAL_MAX,
    drain_time: Duration::from_secs(10),
};
/// Bytes of a configuration.
pub const CONFIG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Reports that are remembered to count each once, in 9 bytes each: what 3,300 a second make in ten minutes.
pub const REPORTS_REMEMBERED_MAX: usize = 2_000_000;
/// Clients whose share is watched, in 9 bytes each.
pub const CLIENTS_WATCHED_MAX: usize = 500_000;
/// After how long without any count a cell may be forgotten, when its view has no room for new names.
pub const CELL_IDLE_MAX: Duration = Duration::from_hours(24);
/// Bytes of a user agent that are looked at; real ones are shorter.
pub const AGENT_BYTES_READ_MAX: usize = 512;
/// User agents of which each thread remembers what they say.
pub const AGENTS_REMEMBERED_PER_THREAD: usize = 4_096;
