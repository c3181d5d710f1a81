//! ClickHouse: every observation as a row, for shops that have outgrown one machine, and the API's questions answered
//! from the rows.
//!
//! [`Schema`] is the SQL that makes the tables. [`Rows`] turns observations into rows, in memory; [`Sink::send`] inserts
//! them as one batch, exactly once however often it is tried: the server knows a batch again by its token or, where it
//! is too old for tokens, by its bytes, which are the same at each attempt and the same for no other batch.
//! [`Store`] answers questions as [`crate::history::Reader`] does, bucket for bucket.
//!
//! A row has the names that the metrics have, and what was measured: no address, URL, user agent, order number or
//! report id.
//!
//! All that is said to the server works from ClickHouse 18.16 on, which is Debian's; what only newer ones know is asked
//! for first.

mod client;
mod columns;
mod error;
mod query;
mod rows;
mod schema;
mod sink;

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::AtomicU64;

use url::Url;

use crate::config::Secret;

pub use self::error::ClickHouseError;
pub use self::query::Store;
pub use self::rows::Rows;
pub use self::schema::Schema;
pub use self::sink::Sink;

/// `[clickhouse]`: where it is, and who we are there.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `url`: its HTTP interface.
    pub url: Url,
    /// `database`: where [`Schema`] made the tables.
    pub database: Name,
    /// `user`
    pub user: String,
    /// The content of `password_file`.
    pub password: Option<Secret>,
    /// `spool_bytes_max`: how much may wait in the journal while it is away; past it, the oldest is dropped.
    pub spool_bytes_max: u64,
}

/// What is counted of all that is sent.
#[derive(Debug, Default)]
pub struct Counts {
    /// Rows that arrived.
    pub rows: AtomicU64,
    /// Attempts that failed.
    pub failures: AtomicU64,
    /// Observations that were given up.
    pub dropped: AtomicU64,
    /// Bytes of the journal that wait.
    pub waiting_bytes: AtomicU64,
}

/// The name of a database or a cluster: letters, digits, `_` and `-`, so that it is safe wherever SQL has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// Why a text is no [`Name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name here has 1 to 64 letters, digits, `_` and `-`")]
pub struct NoName;

impl FromStr for Name {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_known);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoName) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_needs_no_quotes() {
        for name in ["graadmeter", "shop-1_eu", "A"] {
            assert_eq!(name.parse::<Name>().map(|name| name.to_string()).as_deref(), Ok(name));
        }
        for name in ["", "a b", "a`b", "a'b", "a.b", "é", &"a".repeat(65)] {
            assert_eq!(name.parse::<Name>(), Err(NoName), "{name}");
        }
    }
}
