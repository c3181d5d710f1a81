//! The history: what visitors measured, by site, device, channel, country and page, for as long as it is kept.
//!
//! Observations become roll-ups in memory: counts, and an HDR histogram for each metric. [`Feed`] writes them into
//! the history's SQLite database as roll-ups of minutes. Its upkeep merges minutes into hours and hours into days when
//! their time has come, and deletes days in the end; so every observation is in exactly one of the three tables, and
//! what is late needs no special care. [`Reader`] answers questions by merging what is stored.
//!
//! One thread writes, the one that has the [`Feed`]. Readers have connections of their own.
//!
//! Nothing in here asks a clock. All times are of the Unix epoch, and all spans are UTC's.

mod cell;
mod check;
mod compact;
mod dimension;
mod feed;
mod names;
mod query;
mod rollup;
mod schema;
mod span;
mod sparse;
mod store;
#[cfg(test)]
mod tests;
mod v2;

use std::time::Duration;

pub use self::cell::Damage;
pub use self::check::{Checked, check};
pub use self::dimension::Dimension;
pub use self::feed::{Counts, Feed};
pub use self::query::{By, Group, GroupName, Question, Reader, Timings};
pub use self::span::{Span, UnixSeconds};
pub use self::v2::Malformed;

/// Its file in the data folder.
pub const FILE: &str = "history.db";

/// How long roll-ups are kept before they become coarser, or are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of minutes, which then become hours.
    pub minutes: Duration,
    /// Of hours, which then become days.
    pub hours: Duration,
    /// Of days.
    pub days: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            minutes: Duration::from_hours(24),
            hours: Duration::from_hours(14 * 24),
            days: Duration::from_hours(400 * 24),
        }
    }
}

/// Why the history can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The database says no.
    #[error("the history's database can't be used")]
    Database(#[from] rusqlite::Error),
    /// A newer version wrote it.
    #[error(
        "the history is of format {found}, and this version knows {known}: start the version that wrote it, \
         or give this one another --data-dir"
    )]
    Newer {
        /// The format in the database.
        found: i64,
        /// The format of this version.
        known: i64,
    },
    /// A roll-up is not what was written.
    #[error("roll-up {id} of the table {table} is damaged")]
    Damaged {
        /// Its table.
        table: &'static str,
        /// Its `id` there.
        id: i64,
        /// What is wrong.
        source: Damage,
    },
    /// A roll-up can't be packed.
    #[error("a roll-up can't be written")]
    Unwritable(#[source] Damage),
}
