//! The history's tables, and which version of them is there.
//!
//! Rows of a span are inserted in the order of time, so a table's pages are full and a range of time is read in one go.
//! The key comes second, as an index: rows are larger than SQLite advises for `WITHOUT ROWID`.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::dimension::Projection;
use super::{HistoryError, Span, UnixSeconds};

/// The format that this version writes.
const FORMAT: i64 = 1;

/// Where damaged roll-ups go, with the table that they are of.
const DAMAGED: &str = "history_damaged";

/// The columns of a roll-up.
const COLUMNS: &str = "
    id INTEGER NOT NULL,
    site INTEGER NOT NULL,
    projection INTEGER NOT NULL,
    start INTEGER NOT NULL,
    device INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    country INTEGER NOT NULL,
    page INTEGER NOT NULL,
    views INTEGER NOT NULL,
    sessions INTEGER NOT NULL,
    conversions INTEGER NOT NULL,
    metrics BLOB NOT NULL";

/// Statements that a connection keeps prepared: all that writing and upkeep need, and as many again for others.
const STATEMENTS_KEPT: usize = 64;

/// Makes the tables where there are none.
///
/// Whoever makes the database sets `auto_vacuum = INCREMENTAL` before its first table: only then can
/// [`Upkeep`](super::compact::Upkeep) make the file smaller.
///
/// # Errors
///
/// When a newer version wrote them, or the database can't be written.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), HistoryError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .execute_batch("CREATE TABLE IF NOT EXISTS history_format (version INTEGER NOT NULL) STRICT")?;
    if check(&transaction)?.is_none() {
        transaction.execute_batch(
            "CREATE TABLE history_name (
                 id INTEGER PRIMARY KEY,
                 name TEXT NOT NULL UNIQUE,
                 first_day INTEGER NOT NULL,
                 last_day INTEGER NOT NULL
             ) STRICT;
             CREATE INDEX history_name_first_day ON history_name (first_day);
             CREATE TABLE history_fed (batch INTEGER NOT NULL) STRICT;
             INSERT INTO history_fed VALUES (0);",
        )?;
        for span in Span::ALL {
            transaction.execute_batch(&table(span))?;
        }
        transaction
            .execute_batch(&format!("CREATE TABLE {DAMAGED} (source TEXT NOT NULL, {COLUMNS}) STRICT"))?;
        transaction.execute("INSERT INTO history_format VALUES (?1)", [FORMAT])?;
    }
    Ok(transaction.commit()?)
}

/// The format that is there, if there is one, and it is known.
pub(super) fn check(connection: &Connection) -> Result<Option<i64>, HistoryError> {
    let found: Option<i64> =
        connection.query_row("SELECT version FROM history_format", [], |row| row.get(0)).optional()?;
    match found {
        Some(found) if found > FORMAT => Err(HistoryError::Newer { found, known: FORMAT }),
        found => Ok(found),
    }
}

/// The last batch of the journal that is in the history.
pub(super) fn fed(connection: &Connection) -> Result<u64, HistoryError> {
    let fed: i64 = connection.query_one("SELECT batch FROM history_fed", [], |row| row.get(0))?;
    Ok(fed.cast_unsigned())
}

/// Notes the last batch that is in the history.
pub(super) fn set_fed(transaction: &Transaction<'_>, batch: u64) -> Result<(), HistoryError> {
    transaction.execute("UPDATE history_fed SET batch = ?1", [batch.cast_signed()])?;
    Ok(())
}

/// Moves a damaged roll-up out of the way.
pub(super) fn set_aside(transaction: &Transaction<'_>, span: Span, id: i64) -> Result<(), HistoryError> {
    let table = span.table();
    let sql = format!("INSERT INTO {DAMAGED} SELECT '{table}', * FROM {table} WHERE id = ?1");
    transaction.execute(&sql, [id])?;
    transaction.execute(&format!("DELETE FROM {table} WHERE id = ?1"), [id])?;
    Ok(())
}

/// How many roll-ups are set aside.
pub(super) fn all_damaged(connection: &Connection) -> Result<u64, HistoryError> {
    let select = format!("SELECT count(*) FROM {DAMAGED}");
    let count: i64 = connection.query_one(&select, [], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// How many roll-ups that begin within a range are set aside.
pub(super) fn damaged(
    connection: &Connection,
    site: i64,
    projection: Projection,
    from: UnixSeconds,
    to: UnixSeconds,
) -> Result<u64, HistoryError> {
    let select = format!(
        "SELECT count(*) FROM {DAMAGED} WHERE site = ?1 AND projection = ?2 AND start >= ?3 AND start < ?4"
    );
    let count: i64 = connection.query_one(&select, (site, projection.0, from.0, to.0), |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

fn table(span: Span) -> String {
    let table = span.table();
    format!(
        "CREATE TABLE {table} ({COLUMNS}, PRIMARY KEY (id)) STRICT;
         CREATE UNIQUE INDEX {table}_key ON {table} (site, projection, start, device, channel, country, page);"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_history_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection).unwrap();
        prepare(&mut connection).unwrap();
        connection.execute("UPDATE history_format SET version = version + 1", []).unwrap();
        let error = prepare(&mut connection).unwrap_err().to_string();
        assert!(error.contains("format 2") && error.contains("--data-dir"), "{error}");
    }
}
