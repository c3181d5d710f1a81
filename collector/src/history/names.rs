//! The table of names: rows say them by number, so they stay small, and a configuration that changes confuses no old row.
//!
//! A name knows on which day it was first and last used. The first bounds how many are learned in a day; after the last
//! and the retention of days, no row can have it any more, and it is deleted.

use rusqlite::{Connection, OptionalExtension};

use super::{HistoryError, Span, UnixSeconds};
use crate::limits::NEW_NAMES_PER_DAY_MAX;

/// Whether a name may be turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sites, devices, channels and countries: there are only so many.
    Bounded,
    /// Pages, whose names come from strangers.
    Free,
}

/// The number of a name, if it was ever used.
pub(super) fn find(connection: &Connection, name: &str) -> Result<Option<i64>, HistoryError> {
    let mut statement = connection.prepare_cached("SELECT id FROM history_name WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| row.get(0)).optional()?)
}

/// The name with a number.
pub(super) fn name(connection: &Connection, id: i64) -> Result<String, HistoryError> {
    let mut statement = connection.prepare_cached("SELECT name FROM history_name WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| row.get(0))?)
}

/// The number of a name that is used at a time; none if it is new and may not be learned.
pub(super) fn learn(
    connection: &Connection,
    name: &str,
    kind: Kind,
    used: UnixSeconds,
) -> Result<Option<i64>, HistoryError> {
    let day = Span::Day.start(used).0;
    let mut statement = connection.prepare_cached("SELECT id, last_day FROM history_name WHERE name = ?1")?;
    let known: Option<(i64, i64)> =
        statement.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((id, last_day)) = known {
        if last_day < day {
            connection
                .prepare_cached("UPDATE history_name SET last_day = ?2 WHERE id = ?1")?
                .execute([id, day])?;
        }
        return Ok(Some(id));
    }
    if kind == Kind::Free && learned(connection, day)? >= NEW_NAMES_PER_DAY_MAX {
        return Ok(None);
    }
    connection
        .prepare_cached("INSERT INTO history_name (name, first_day, last_day) VALUES (?1, ?2, ?2)")?
        .execute((name, day))?;
    Ok(Some(connection.last_insert_rowid()))
}

/// How many names were first used on a day.
fn learned(connection: &Connection, day: i64) -> Result<u32, HistoryError> {
    let mut statement =
        connection.prepare_cached("SELECT count(*) FROM history_name WHERE first_day = ?1")?;
    Ok(statement.query_row([day], |row| row.get(0))?)
}

/// Deletes some names that were last used before a day; returns how many.
pub(super) fn forget(connection: &Connection, day: UnixSeconds) -> Result<usize, HistoryError> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM history_name WHERE id IN (SELECT id FROM history_name WHERE last_day < ?1 LIMIT ?2)",
    )?;
    Ok(statement.execute((day.0, NEW_NAMES_PER_DAY_MAX))?)
}
