//! The SQL that makes the tables.
//!
//! On one server, `observations` is a `MergeTree` that remembers its latest blocks, so that a repeated insert is known
//! again. On a cluster, `observations_local` is a `ReplicatedMergeTree` on each server, and `observations` stands for all
//! of them. A batch goes to one shard as a whole: there it is one part, which is there or is not.
//!
//! Rows are ordered by site and time, since every question names both.

use std::fmt::{self, Display, Formatter};

use super::Name;
use super::columns::{TABLE, columns};

/// Blocks that a table remembers: an hour's, of a few collectors that each send one a second.
const BLOCKS_REMEMBERED: u32 = 10_000;

/// Tables of one server, or of a cluster. Displayed, it is SQL for `clickhouse-client --multiquery`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Where the tables are made.
    pub database: Name,
    /// The cluster on whose servers they are, as their configuration calls it.
    pub cluster: Option<Name>,
    /// After how many days rows are deleted; none keeps them.
    pub retention_days: Option<u32>,
}

impl Display for Schema {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let database = &self.database;
        let Some(cluster) = &self.cluster else {
            writeln!(f, "CREATE DATABASE IF NOT EXISTS `{database}`;\n")?;
            write!(f, "CREATE TABLE IF NOT EXISTS `{database}`.{TABLE}\n(")?;
            write_columns(f)?;
            writeln!(f, "\n)\nENGINE = MergeTree")?;
            self.storage(f)?;
            return writeln!(f, "SETTINGS non_replicated_deduplication_window = {BLOCKS_REMEMBERED};");
        };
        writeln!(f, "CREATE DATABASE IF NOT EXISTS `{database}` ON CLUSTER `{cluster}`;\n")?;
        write!(f, "CREATE TABLE IF NOT EXISTS `{database}`.{TABLE}_local ON CLUSTER `{cluster}`\n(")?;
        write_columns(f)?;
        let path = format!("/clickhouse/tables/{{shard}}/{database}/{TABLE}");
        writeln!(f, "\n)\nENGINE = ReplicatedMergeTree('{path}', '{{replica}}')")?;
        self.storage(f)?;
        writeln!(f, "SETTINGS replicated_deduplication_window = {BLOCKS_REMEMBERED};\n")?;
        write!(f, "CREATE TABLE IF NOT EXISTS `{database}`.{TABLE} ON CLUSTER `{cluster}`\n(")?;
        write_columns(f)?;
        writeln!(f, "\n)\nENGINE = Distributed('{cluster}', '{database}', '{TABLE}_local', batch);")
    }
}

impl Schema {
    fn storage(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "PARTITION BY toYYYYMM(time)\nORDER BY (site, time)")?;
        self.retention_days.map_or(Ok(()), |days| writeln!(f, "TTL time + INTERVAL {days} DAY"))
    }
}

fn write_columns(f: &mut Formatter<'_>) -> fmt::Result {
    for (number, (name, kind)) in columns().enumerate() {
        write!(f, "{}\n    `{name}` {kind}", if number > 0 { "," } else { "" })?;
    }
    Ok(())
}
