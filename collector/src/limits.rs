//! Every limit of the collector on what it does not trust, in one place. Those of the wire format stand in
//! [`graadmeter_wire::limits`]; those that a shop may want to change, in its configuration.

use std::time::Duration;

use graadmeter_base::serve;

/// How long a request's head, and then its body, may take to arrive. Both fit into a few packets, so even a phone
/// on a bad line needs a second; and whoever drips them byte by byte is through with it.
pub const ARRIVAL_MAX: Duration = Duration::from_secs(10);
/// For how long, and how many bytes of, a too large body are read and dropped, so that its sender sees the answer.
pub const DRAIN_MAX: Duration = Duration::from_millis(500);
/// See [`DRAIN_MAX`].
pub const DRAINED_BYTES_MAX: usize = 256 * 1024;
/// Beacons whose bodies one core reads at the same time; past that, it answers 503 instead of growing.
pub const IN_FLIGHT_PER_CORE_MAX: usize = 2_000;
/// Bytes of accepted beacons, about fifty each, that wait on one core to be stored; past that, it answers 503 instead of
/// growing.
pub const UNSTORED_PER_CORE_MAX: usize = 4 * 1024 * 1024;
/// What the public listener takes from visitors, on all cores together.
pub const SERVING: serve::Limits = serve::Limits {
    // About 20 KiB each while a request arrives, so 200 MiB at the very worst.
    connections: 10_000,
    // A browser opens six at the most, but an office, a school or a mobile provider has one address for many.
    connections_per_client: 256,
    // What a browser sends is below 2 KiB; proxies in front take 8 to 32 KiB, cookies and all.
    head_bytes: 16 * 1024,
    head_time: ARRIVAL_MAX,
    body_time: ARRIVAL_MAX,
    // A visitor reports when a page is left, and the next page is mostly left within a minute; also what
    // proxies in front keep open at least.
    idle_time: Duration::from_secs(75),
    // So high that a new connection's cost is lost among its requests.
    requests: 10_000,
    // What browsers and proxies take for granted (RFC 9113, section 6.5.2).
    streams: 100,
    drain_time: Duration::from_secs(10),
};
/// What the admin listener takes from its readers.
pub const SERVING_ADMIN: serve::Limits =
    serve::Limits { connections: 256, connections_per_client: 256, ..SERVING };
/// Scrapes that are answered at the same time: each takes two threads, and a few megabytes if its reader is slow.
pub const SCRAPES_MAX: usize = 16;
/// Files that stay free for everything that is no visitor's connection: readers of the admin listener, the
/// database, the runtimes.
pub const FILES_RESERVED: usize = 384;
/// How long before its end a certificate is complained about: time enough for somebody to look, and later
/// than any renewal by machine (30 days for a certificate of 90).
pub const CERTIFICATE_WARNING: Duration = Duration::from_hours(14 * 24);
/// Characters of a path that a shop gives the script or its reports: they are part of every page.
pub const ADDRESS_BYTES_MAX: usize = 128;
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
/// Roll-ups that wait in memory to be written, of about two kilobytes each; past it, views lose their names.
pub const ROLLUPS_WAITING_MAX: usize = 20_000;
/// Roll-ups of one site that a minute, an hour and a day may have, of each kind; past it, those of the least
/// frequent names are counted as `other`.
pub const ROLLUPS_MAX: [u32; 3] = [2_000, 5_000, 10_000];
/// Names that the history learns in a day; further pages are counted as `other`. So whoever invents pages crowds out
/// no known ones, and new ones for a day only.
pub const NEW_NAMES_PER_DAY_MAX: u32 = 2_000;
/// Bytes of one roll-up's histograms: more than all buckets of all metrics take.
pub const ROLLUP_BYTES_MAX: usize = 512 * 1024;
/// Roll-ups that one step of the history's upkeep moves or deletes, so that nobody waits for it for long.
pub const ROLLUPS_PER_STEP: u32 = 1_000;
/// Damaged roll-ups that are set aside before whatever they are in the way of is given up until the next time.
pub const DAMAGED_ROLLUPS_AT_ONCE_MAX: usize = 100;
/// Pages of the database that one step gives back to the file system.
pub const PAGES_PER_STEP: u32 = 1_000;
/// Questions about the history that are answered at the same time.
pub const QUESTIONS_MAX: usize = 4;
/// Quantiles that one question may ask for.
pub const QUANTILES_MAX: usize = 20;
/// Groups of one answer; further names are counted as `other`.
pub const GROUPS_MAX: usize = 1_000;
/// Rows of one insert into ClickHouse, and their bytes before they are compressed: few enough that the server makes one
/// block of them.
pub const INSERT_ROWS_MAX: usize = 100_000;
/// See [`INSERT_ROWS_MAX`].
pub const INSERT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long ClickHouse may take to accept a connection.
pub const CLICKHOUSE_CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long it may take for an insert, which waits for its replicas' coordinator and the other shards.
pub const CLICKHOUSE_INSERT_MAX: Duration = Duration::from_mins(1);
/// How long it may take for a question.
pub const CLICKHOUSE_QUERY_MAX: Duration = Duration::from_secs(30);
/// Bytes of its answers: more than all groups with all quantiles take.
pub const CLICKHOUSE_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
