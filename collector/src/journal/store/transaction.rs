//! A transaction of the journal: all of it is stored, or nothing.
//!
//! rusqlite's own has its beginning and its end parsed each time, which is a noticeable part of what a commit costs when there
//! are a thousand of them a second.

use std::ops::Deref;

use rusqlite::Connection;

use super::StoreError;

/// What is done with this connection is stored together.
#[derive(Debug)]
pub(in crate::journal) struct Transaction<'a>(&'a Connection);

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

/// Does `work` in a transaction, of which nothing is left if it fails.
pub(in crate::journal) fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = work(&Transaction(connection)).and_then(|done| {
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(done)
    });
    // SQLite has ended it by itself after some errors; after others it would go on.
    if done.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK")?.execute([])?;
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_stored_or_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)").unwrap();
        let mut insert = |numbers: &[i64]| {
            in_transaction(&mut connection, |transaction| {
                for number in numbers {
                    transaction.execute("INSERT INTO t VALUES (?1)", [number])?;
                }
                Ok(numbers.len())
            })
        };
        assert!(matches!(insert(&[1, 2]), Ok(2)));
        // 1 is there already, so 3 is not left.
        assert!(insert(&[3, 1]).is_err());
        assert!(matches!(insert(&[4]), Ok(1)));
        let stored: Vec<i64> = connection
            .prepare("SELECT n FROM t ORDER BY n")
            .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
            .unwrap();
        assert_eq!(stored, [1, 2, 4]);
    }
}
