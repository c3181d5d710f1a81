//! The journal's tables in `SQLite`, and nothing but their statements.
//!
//! A batch is what one core accepted between two commits. It is one row, since a row for each report would cost more than
//! everything else that is done for it. Numbers of batches only grow, over restarts too.

use std::path::Path;
use std::time::Duration;

use flate2::Crc;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

/// The file in the data folder.
pub(super) const FILE: &str = "graadmeter.db";
/// The form of the tables; a newer one is refused.
const VERSION: i64 = 1;
/// How long somebody else, a backup for example, may hold the database before a write fails.
const BUSY_MAX: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
CREATE TABLE journal_meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE journal_runs (run INTEGER PRIMARY KEY, names TEXT NOT NULL) STRICT;
CREATE TABLE journal_batches (
    batch INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    core INTEGER NOT NULL,
    entries BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;
";

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `SQLite` says no.
    #[error("the database says no")]
    Sqlite(#[from] rusqlite::Error),
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
    /// It is of a later program.
    #[error(
        "the database has version {found}, this program knows versions up to {VERSION}: use the newer program"
    )]
    Newer {
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
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Process => "NORMAL",
        Durability::Disk => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
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
    if found > VERSION {
        return Err(StoreError::Newer { found });
    }
    transaction.commit()?;
    Ok(connection)
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
    connection.execute("INSERT INTO journal_runs (names) VALUES (?1)", [names])?;
    Ok(connection.last_insert_rowid())
}

/// The names of a run.
pub(super) fn names_of_run(connection: &Connection, run: i64) -> Result<String, StoreError> {
    Ok(connection.query_one("SELECT names FROM journal_runs WHERE run = ?1", [run], |row| row.get(0))?)
}

/// The number of the last batch there ever was.
pub(super) fn last_batch(connection: &Connection) -> Result<u64, StoreError> {
    let last: Option<i64> =
        connection.query_one("SELECT max(batch) FROM journal_batches", [], |row| row.get(0))?;
    Ok(last.unwrap_or(0).cast_unsigned())
}

/// Adds a batch.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    number: u64,
    run: i64,
    core: usize,
    entries: &[u8],
) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached("INSERT INTO journal_batches VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let core = i64::try_from(core).unwrap_or(i64::MAX);
    insert.execute(params![number.cast_signed(), run, core, entries, checksum(entries)])?;
    Ok(())
}

/// Of a batch's entries, to find out what a disk has done to them.
fn checksum(entries: &[u8]) -> i64 {
    let mut sum = Crc::new();
    sum.update(entries);
    sum.sum().into()
}

/// Reads all batches in the order of their numbers.
pub(super) fn for_each_batch(
    connection: &Connection,
    mut each: impl FnMut(&Batch<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut select = connection
        .prepare("SELECT batch, run, core, entries, checksum FROM journal_batches ORDER BY batch")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)?.cast_unsigned();
        let entries = row.get_ref(3)?.as_blob().map_err(|_| StoreError::Damaged { number })?;
        if row.get::<_, i64>(4)? != checksum(entries) {
            return Err(StoreError::Damaged { number });
        }
        let core = usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0);
        each(&Batch { number, run: row.get(1)?, core, entries })?;
    }
    Ok(())
}
