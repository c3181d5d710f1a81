//! Every limit of the probe in one place: what it takes from a site, from a collector, from its callers.

use std::time::Duration;

use graadmeter_base::serve;

/// Most redirects that one check follows, as in `blackbox_exporter`.
pub const REDIRECTS_MAX: usize = 10;
/// Most addresses of one name that are tried.
pub const ADDRESSES_MAX: usize = 8;
/// Largest head (status line and headers) of an answer, in bytes.
pub const RESPONSE_HEAD_BYTES_MAX: usize = 64 * 1024;
/// Largest body that a check may be told to read, in bytes. Bodies are read, never kept.
pub const BODY_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Largest body that a check reads when it isn't told, in bytes.
pub const BODY_BYTES_DEFAULT: u64 = 10 * 1024 * 1024;
/// Longest text that `body_contains` may ask for, in bytes: the part of a body that is held.
pub const NEEDLE_BYTES_MAX: usize = 1024;

/// Shortest time between two runs of a check.
pub const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// Longest time between two runs of a check.
pub const INTERVAL_MAX: Duration = Duration::from_hours(24);
/// Shortest time that a check may be given.
pub const TIMEOUT_MIN: Duration = Duration::from_millis(10);
/// Longest time that a check may be given; below the wire's longest timing, so that every result can be reported.
pub const TIMEOUT_MAX: Duration = Duration::from_mins(5);

/// Largest configuration file, in bytes.
pub const CONFIG_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Most checks of one probe: each has about two hundred series.
pub const CHECKS_MAX: usize = 1000;
/// Most checks that may be allowed to run at once.
pub const CONCURRENCY_MAX: usize = 1024;

/// Most reports that may be configured to wait.
pub const QUEUE_MAX: usize = 100_000;
/// Reports that are sent at once.
pub const REPORTS_IN_FLIGHT: usize = 8;
/// Oldest report that is still sent. A beacon carries no time of its own, so a late one would tell of the
/// wrong minute; and the collector knows a beacon's id again for ten minutes only.
pub const REPORT_AGE_MAX: Duration = Duration::from_mins(5);
/// First pause after a report failed; each further failure doubles it.
pub const RETRY_PAUSE_MIN: Duration = Duration::from_millis(500);
/// Longest pause between two attempts.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(30);

/// What the probe's own server takes from its callers.
pub const SERVING: serve::Limits = serve::Limits {
    connections: 64,
    connections_per_client: 64,
    head_bytes: 16 * 1024,
    head_time: Duration::from_secs(10),
    body_time: Duration::from_secs(10),
    idle_time: Duration::from_secs(75),
    requests: 10_000,
    streams: 32,
    drain_time: Duration::from_secs(1),
};
/// Most checks that run at once on behalf of `/probe`.
pub const PROBES_MAX: usize = 32;
/// What `/probe` leaves of Prometheus' own timeout, so that the answer still arrives in time.
pub const SCRAPE_MARGIN: Duration = Duration::from_millis(500);

/// Time that running checks have to end after a signal to stop; then they are cancelled.
pub const CHECKS_DRAIN: Duration = Duration::from_secs(5);
/// Time that waiting reports have to be sent after the last check has ended.
pub const REPORTS_DRAIN: Duration = Duration::from_secs(5);
