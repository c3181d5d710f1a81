//! The journal's tables in `SQLite`, and nothing but their statements.
//!
//! A batch is what one core accepted between two commits. It is one row, since a row for each report would cost more than
//! everything else that is done for it. Numbers of batches only grow, over restarts too.

mod cells;
mod transaction;

use std::cmp::Ordering;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::Duration;

use flate2::Crc;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::sqlite;

pub use self::cells::StoredCell;
pub(super) use self::cells::{for_each_cell, for_each_counts, put_cells, put_counts, remove_cells};
pub(super) use self::transaction::{Transaction, in_transaction};

/// The file in the data folder.
pub const FILE: &str = "graadmeter.db";
/// The form of the tables and of the entries; any other is refused.
const VERSION: i64 = 2;
/// Bytes of `SQLite`'s log from which on it is made to begin anew; so many are kept for its next round.
const LOG_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// How long that may keep a commit waiting, if somebody reads what is in the log.
const RESTART_MAX: Duration = Duration::from_millis(50);
/// How long somebody else, a backup for example, may hold the database before a write fails.
const BUSY_MAX: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
CREATE TABLE journal_meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE journal_runs (run INTEGER PRIMARY KEY, names TEXT NOT NULL) STRICT;
CREATE TABLE journal_batches (
    batch INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    core INTEGER NOT NULL,
    unix_seconds INTEGER NOT NULL,
    entries BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
CREATE TABLE journal_cells (
    core INTEGER NOT NULL,
    site TEXT NOT NULL,
    view INTEGER NOT NULL,
    name BLOB NOT NULL,
    batch INTEGER NOT NULL,
    state BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (core, site, view, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal_sent (
    id INTEGER PRIMARY KEY,
    until INTEGER NOT NULL,
    last INTEGER,
    token TEXT
) STRICT;
CREATE TABLE journal_counts (
    core INTEGER PRIMARY KEY,
    until INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    state BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
";

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` says no.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The thread that writes has ended.
    #[error("the journal's thread has ended")]
    Gone,
    /// No thread can be had.
    #[error("no thread can be had for the journal")]
    Thread(#[source] std::io::Error),
    /// What a run's numbers stand for can't be read.
    #[error("the names of a run can't be read")]
    Names(#[from] serde_json::Error),
    /// A batch is not what was written.
    #[error("batch {number} of the journal is damaged: the disk has changed it")]
    Damaged {
        /// Its number.
        number: u64,
    },
    /// The counts of a cell are not what was written.
    #[error(
        "{cells} stored cells are damaged: the disk has changed them; nothing is counted until they are put back from a copy"
    )]
    DamagedCells {
        /// How many.
        cells: usize,
    },
    /// It is of a later program.
    #[error(
        "the database has version {found}, this program knows versions up to {VERSION}: use the newer program"
    )]
    Newer {
        /// Its version.
        found: i64,
    },
    /// It is of a program from before the first release.
    #[error(
        "the database has version {found}, of which this program, for {VERSION}, can't read the batches: use the program that wrote it, \
         or begin anew in an empty folder"
    )]
    Older {
        /// Its version.
        found: i64,
    },
}

/// How safe a batch is when it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It survives the end of the process, however that ends; a crash of the machine loses what came since the last
    /// second's sync.
    Process,
    /// It survives a crash of the machine: every commit waits for the disk.
    Disk,
}

/// A batch as it is stored.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub number: u64,
    /// The run of the program, and its core, that accepted it.
    pub run: i64,
    pub core: usize,
    /// The entries, one after the other.
    pub entries: &'a [u8],
}

/// Opens the database in a folder, and makes it if there is none.
///
/// # Errors
///
/// When it can't be opened, or is of a later program.
pub(super) fn open(folder: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(BUSY_MAX)?;
    // Before the first table, or never.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Process => "NORMAL",
        Durability::Disk => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // See `sync`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let is_made =
        transaction.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'journal_meta'")?.exists([])?;
    if !is_made {
        transaction.execute_batch(SCHEMA)?;
        transaction.execute("INSERT INTO journal_meta VALUES ('version', ?1)", [VERSION.to_le_bytes()])?;
    }
    let found: Vec<u8> =
        transaction
            .query_one("SELECT value FROM journal_meta WHERE key = 'version'", [], |row| row.get(0))?;
    let found = found.try_into().map_or(i64::MAX, i64::from_le_bytes);
    match found.cmp(&VERSION) {
        Ordering::Less => return Err(StoreError::Older { found }),
        Ordering::Equal => {}
        Ordering::Greater => return Err(StoreError::Newer { found }),
    }
    transaction.commit()?;
    Ok(connection)
}

/// Opens the database once more.
pub(super) fn open_again(folder: &Path) -> Result<Connection, StoreError> {
    let connection = sqlite::open(&folder.join(FILE))?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Syncs the log of `SQLite` to the disk, and moves what it holds into the database, without keeping a writer waiting.
///
/// A log begins anew when all of it has been moved. With many commits a second there always is one more, and it would grow for
/// ever; so when it is large, a commit has to wait until the last ones are moved, too.
pub(super) fn sync(connection: &Connection) -> Result<(), StoreError> {
    let pages = checkpoint(connection, "PASSIVE")?;
    let page_bytes: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    if pages * page_bytes >= LOG_BYTES_MAX {
        connection.busy_timeout(RESTART_MAX)?;
        let restarted = checkpoint(connection, "RESTART");
        connection.busy_timeout(BUSY_MAX)?;
        restarted?;
    }
    Ok(())
}

/// Moves what the log holds; how many pages it had. That somebody is in the way is no error.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<i64> {
    connection.query_one(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| row.get(1))
}

/// The keys of the hashes by which reports are known again, made by `make` when there are none yet.
pub(super) fn hash_keys(
    connection: &Connection,
    make: impl FnOnce() -> [u64; 4],
) -> Result<[u64; 4], StoreError> {
    const KEY: &str = "hash_keys";
    let select = "SELECT value FROM journal_meta WHERE key = ?1";
    let known: Option<Vec<u8>> = connection.query_one(select, [KEY], |row| row.get(0)).optional()?;
    let mut keys = make();
    if let Some(known) = known {
        for (key, bytes) in keys.iter_mut().zip(known.as_chunks().0) {
            *key = u64::from_le_bytes(*bytes);
        }
    } else {
        let bytes = keys.map(u64::to_le_bytes).concat();
        connection.execute("INSERT INTO journal_meta VALUES (?1, ?2)", params![KEY, bytes])?;
    }
    Ok(keys)
}

/// Notes that a run of the program begins, with the names that its numbers stand for.
pub(super) fn begin_run(connection: &Connection, names: &str) -> Result<i64, StoreError> {
    connection.execute("DELETE FROM journal_runs WHERE run NOT IN (SELECT run FROM journal_batches)", [])?;
    connection.execute("INSERT INTO journal_runs (names) VALUES (?1)", [names])?;
    Ok(connection.last_insert_rowid())
}

/// The names of a run.
pub(super) fn names_of_run(connection: &Connection, run: i64) -> Result<String, StoreError> {
    Ok(connection.query_one("SELECT names FROM journal_runs WHERE run = ?1", [run], |row| row.get(0))?)
}

/// The number of the last batch there ever was.
pub(super) fn last_batch(connection: &Connection) -> Result<u64, StoreError> {
    // A batch may be gone whose number stands in a cell: its next one, which is 1 more.
    let select = "SELECT max(
        ifnull((SELECT max(batch) FROM journal_batches), 0),
        ifnull((SELECT max(batch) FROM journal_cells), 0),
        ifnull((SELECT max(batch) FROM journal_counts), 0),
        ifnull((SELECT max(until, ifnull(last, 0)) FROM journal_sent), 0)
    )";
    let last: i64 = connection.query_one(select, [], |row| row.get(0))?;
    Ok(last.cast_unsigned())
}

/// Adds a batch.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    batch: u64,
    run: i64,
    core: usize,
    unix_seconds: i64,
    entries: &[u8],
) -> Result<(), StoreError> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO journal_batches VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    insert.execute(params![
        batch.cast_signed(),
        run,
        number(core),
        unix_seconds,
        entries,
        checksum([entries])
    ])?;
    Ok(())
}

/// Writes something that means nothing, and takes more room than a few reports.
pub(super) fn touch(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .execute("INSERT OR REPLACE INTO journal_meta VALUES ('touched', zeroblob(16384))", [])
        .map(drop)
        .map_err(Into::into)
}

/// Of what is stored together, to find out what a disk has done to it.
fn checksum<const PARTS: usize>(parts: [&[u8]; PARTS]) -> i64 {
    let mut sum = Crc::new();
    for part in parts {
        sum.update(part);
    }
    sum.sum().into()
}

/// Reads the batches after one in the order of their numbers, for as long as more are wanted.
pub(super) fn for_each_batch(
    connection: &Connection,
    after: u64,
    mut each: impl FnMut(&Batch<'_>) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let mut select = connection.prepare(
        "SELECT batch, run, core, entries, checksum FROM journal_batches WHERE batch > ?1 ORDER BY batch",
    )?;
    let mut rows = select.query([after.cast_signed()])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)?.cast_unsigned();
        let entries = row.get_ref(3)?.as_blob().map_err(|_| StoreError::Damaged { number })?;
        if row.get::<_, i64>(4)? != checksum([entries]) {
            return Err(StoreError::Damaged { number });
        }
        let core = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        if each(&Batch { number, run: row.get(1)?, core, entries })?.is_break() {
            break;
        }
    }
    Ok(())
}

/// The numbers of the batches that are older than a Unix time in seconds: numbers and times grow together.
pub(super) fn batches_before(
    transaction: &Transaction<'_>,
    unix_seconds: i64,
) -> Result<Range<u64>, StoreError> {
    let select = "SELECT ifnull(min(batch), 0), ifnull(max(batch) + 1, 0) FROM journal_batches";
    let (first, end): (i64, i64) = transaction.query_one(select, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut select = transaction.prepare_cached(
        "SELECT unix_seconds FROM journal_batches WHERE batch >= ?1 ORDER BY batch LIMIT 1",
    )?;
    let (mut old, mut young) = (first, end);
    while old < young {
        let middle = old + (young - old) / 2;
        let seconds: i64 = select.query_one([middle], |row| row.get(0))?;
        if seconds < unix_seconds {
            old = middle + 1;
        } else {
            young = middle;
        }
    }
    Ok(first.cast_unsigned()..old.cast_unsigned())
}

/// Removes batches of a core.
pub(super) fn remove_batches(
    transaction: &Transaction<'_>,
    core: usize,
    batches: Range<u64>,
) -> Result<(), StoreError> {
    let mut remove = transaction
        .prepare_cached("DELETE FROM journal_batches WHERE batch >= ?1 AND batch < ?2 AND core = ?3")?;
    remove.execute(params![batches.start.cast_signed(), batches.end.cast_signed(), number(core)])?;
    Ok(())
}

/// How far everything is sent to another store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// The last batch that needs not be sent any more.
    pub until: u64,
    /// The last batch of an attempt that is not known to have ended well, and its token.
    pub attempt: Option<(u64, String)>,
}

/// What was noted last; if nothing ever was, whatever there is has to be sent.
pub(super) fn sent(connection: &Connection) -> Result<Sent, StoreError> {
    let select = "SELECT until, last, token FROM journal_sent";
    let noted = connection.query_one(select, [], |row| {
        let (until, last, token): (i64, Option<i64>, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Sent { until: until.cast_unsigned(), attempt: last.map(i64::cast_unsigned).zip(token) })
    });
    Ok(noted.optional()?.unwrap_or_default())
}

/// Notes how far everything is sent.
pub(super) fn set_sent(transaction: &Transaction<'_>, sent: &Sent) -> Result<(), StoreError> {
    let (last, token) = sent.attempt.as_ref().map(|(last, token)| (last.cast_signed(), token)).unzip();
    let put = "INSERT OR REPLACE INTO journal_sent VALUES (1, ?1, ?2, ?3)";
    transaction.execute(put, params![sent.until.cast_signed(), last, token])?;
    Ok(())
}

/// Bytes of the entries of all batches after one.
pub(super) fn bytes_after(connection: &Connection, batch: u64) -> Result<u64, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT ifnull(sum(length(entries)), 0) FROM journal_batches WHERE batch > ?1")?;
    let bytes: i64 = select.query_one([batch.cast_signed()], |row| row.get(0))?;
    Ok(bytes.cast_unsigned())
}

/// Whether there is every batch since the first one.
pub(super) fn is_whole(connection: &Connection) -> Result<bool, StoreError> {
    let first: Option<i64> =
        connection.query_one("SELECT min(batch) FROM journal_batches", [], |row| row.get(0))?;
    Ok(first == Some(1))
}

/// As many cores as anything is stored of.
pub(super) fn cores(connection: &Connection) -> Result<usize, StoreError> {
    let select = "SELECT max(
        ifnull((SELECT max(core) + 1 FROM journal_batches), 0),
        ifnull((SELECT max(core) + 1 FROM journal_counts), 0)
    )";
    let cores: i64 = connection.query_one(select, [], |row| row.get(0))?;
    Ok(usize::try_from(cores).unwrap_or(0))
}

fn number(core: usize) -> i64 {
    i64::try_from(core).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(folder.path(), Durability::Process).unwrap();
        let set = |version: i64| {
            let set = "UPDATE journal_meta SET value = ?1 WHERE key = 'version'";
            connection.execute(set, [version.to_le_bytes()]).unwrap();
            open(folder.path(), Durability::Process).map(drop)
        };
        assert!(matches!(set(VERSION - 1), Err(StoreError::Older { found }) if found == VERSION - 1));
        assert!(matches!(set(VERSION + 1), Err(StoreError::Newer { found }) if found == VERSION + 1));
        assert!(set(VERSION).is_ok());
    }
}
