//! The statements of what has been counted: each core's cells, and its counts beside them.

use rusqlite::{Connection, params};

use super::{StoreError, Transaction, checksum, number};

/// A cell as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredCell {
    /// The site's id.
    pub site: String,
    /// The view's number.
    pub view: u8,
    /// What it counts.
    pub name: Vec<u8>,
    /// The first batch that it has not counted.
    pub batch: u64,
    /// What it has counted.
    pub state: Vec<u8>,
}

impl StoredCell {
    fn checksum(&self) -> i64 {
        let Self { site, view, name, batch, state } = self;
        checksum([site.as_bytes(), &[*view], name, &batch.to_le_bytes(), state])
    }
}

/// Stores cells of a core in the place of what there was of them.
pub(in crate::journal) fn put_cells(
    transaction: &Transaction<'_>,
    core: usize,
    cells: &[StoredCell],
) -> Result<(), StoreError> {
    let mut put = transaction
        .prepare_cached("INSERT OR REPLACE INTO journal_cells VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for cell in cells {
        let StoredCell { site, view, name, batch, state } = cell;
        put.execute(params![number(core), site, view, name, batch.cast_signed(), state, cell.checksum()])?;
    }
    Ok(())
}

/// Removes all cells of a core.
pub(in crate::journal) fn remove_cells(transaction: &Transaction<'_>, core: usize) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM journal_cells WHERE core = ?1", [number(core)])?;
    Ok(())
}

/// Stores what a core has counted beside its cells: up to which batch all is stored, and the first one that is not in it.
pub(in crate::journal) fn put_counts(
    transaction: &Transaction<'_>,
    core: usize,
    until: u64,
    batch: u64,
    counts: &[u8],
) -> Result<(), StoreError> {
    let mut put =
        transaction.prepare_cached("INSERT OR REPLACE INTO journal_counts VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let checksum = checksum([&until.to_le_bytes(), &batch.to_le_bytes(), counts]);
    put.execute(params![number(core), until.cast_signed(), batch.cast_signed(), counts, checksum])?;
    Ok(())
}

/// Reads all sound cells, each with its core; how many are damaged.
pub(in crate::journal) fn for_each_cell(
    connection: &Connection,
    mut each: impl FnMut(usize, &StoredCell),
) -> Result<usize, StoreError> {
    let mut select =
        connection.prepare("SELECT core, site, view, name, batch, state, checksum FROM journal_cells")?;
    let mut rows = select.query([])?;
    let mut damaged = 0;
    while let Some(row) = rows.next()? {
        let cell = StoredCell {
            site: row.get(1)?,
            view: row.get(2)?,
            name: row.get(3)?,
            batch: row.get::<_, i64>(4)?.cast_unsigned(),
            state: row.get(5)?,
        };
        if row.get::<_, i64>(6)? == cell.checksum() {
            each(usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0), &cell);
        } else {
            damaged += 1;
        }
    }
    Ok(damaged)
}

/// Reads what each core has counted beside its cells: the core, up to which batch all is stored, the first batch that is not
/// in it, and the counts.
pub(in crate::journal) fn for_each_counts(
    connection: &Connection,
    mut each: impl FnMut(usize, u64, u64, &[u8]),
) -> Result<(), StoreError> {
    let mut select = connection.prepare("SELECT core, until, batch, state, checksum FROM journal_counts")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let core = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        let [until, batch] = [row.get::<_, i64>(1)?, row.get(2)?].map(i64::cast_unsigned);
        let counts: Vec<u8> = row.get(3)?;
        if row.get::<_, i64>(4)? != checksum([&until.to_le_bytes(), &batch.to_le_bytes(), &counts]) {
            return Err(StoreError::DamagedCells { cells: 1 });
        }
        each(core, until, batch, &counts);
    }
    Ok(())
}
