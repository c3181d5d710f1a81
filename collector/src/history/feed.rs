//! The end at which the history is written: what comes in is rolled up, saved together with the number of the last batch that
//! is in it, and kept for as long as it is to be kept.
//!
//! The history has a database of its own: SQLite lets one write at a time, and nobody who waits for an answer may wait for a
//! roll-up. The number stands in the same transaction as the roll-ups, so every batch is in them once, whatever
//! ends the program when.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, TransactionBehavior};

use super::compact::Upkeep;
use super::rollup::Rollups;
use super::{Damage, HistoryError, Reader, Retention, Span, UnixSeconds, schema, store};
use crate::limits::{DAMAGED_ROLLUPS_AT_ONCE_MAX, ROLLUPS_WAITING_MAX};
use crate::observation::Observation;

/// The only one that writes a history.
#[derive(Debug)]
pub struct Feed {
    connection: Connection,
    file: PathBuf,
    /// SQLite's log beside it.
    log: PathBuf,
    rollups: Rollups,
    upkeep: Upkeep,
    /// The last batch that is in the history.
    fed: u64,
    counts: Arc<Counts>,
}

/// What it counts.
#[derive(Debug, Default)]
pub struct Counts {
    /// Saves and steps of upkeep that failed.
    pub failures: AtomicU64,
    /// Roll-ups that were damaged, and are set aside.
    pub damaged: AtomicU64,
    /// Bytes of the database's files.
    pub disk_bytes: AtomicU64,
}

impl Feed {
    /// Opens the history in a file, which is made if there is none.
    ///
    /// # Errors
    ///
    /// When the database can't be used, or is of a newer version.
    pub fn open(file: &Path, retention: Retention) -> Result<Self, HistoryError> {
        let mut connection = Connection::open(file)?;
        // Before the first table, or never.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        schema::prepare(&mut connection)?;
        let fed = schema::fed(&connection)?;
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let opened = Self {
            connection,
            file: file.to_owned(),
            log: log.into(),
            rollups: Rollups::new(),
            upkeep: Upkeep::new(retention),
            fed,
            counts: Arc::new(Counts::default()),
        };
        opened.measure_disk();
        Ok(opened)
    }

    /// The last batch that is in the history, and stays there if the machine crashes.
    #[must_use]
    pub fn fed(&self) -> u64 {
        self.fed
    }

    /// Answers questions, beside all that goes on.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(&self.file)
    }

    /// What it counts.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    /// Counts one observation of a site in memory, made at a time; `channel` is the name of its visitor's channel. Checks of
    /// probes have no visitor, and are not part of the history.
    pub fn record(&mut self, site: &str, channel: &str, at: UnixSeconds, observation: &Observation<'_>) {
        self.rollups.record(site, channel, at, observation);
    }

    /// Whether what was counted in memory should be saved before there is more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.rollups.len() >= ROLLUPS_WAITING_MAX / 2
    }

    /// Saves what was counted in memory: all batches up to this one. If it can't be saved it is forgotten, and has to be
    /// counted again, from the batch after [`Self::fed`] on.
    ///
    /// # Errors
    ///
    /// When the database can't be written.
    pub fn save(&mut self, batch: u64) -> Result<(), HistoryError> {
        let saved = self.retrying(|this| {
            let transaction = this.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            store::add(&transaction, &this.rollups)?;
            schema::set_fed(&transaction, batch)?;
            Ok(transaction.commit()?)
        });
        self.rollups.clear();
        saved?;
        self.sync()?;
        self.fed = batch;
        Ok(())
    }

    /// Does a step of upkeep, and says whether there may be more to do.
    ///
    /// # Errors
    ///
    /// When the database can't be written.
    pub fn keep_up(&mut self, now: UnixSeconds) -> Result<bool, HistoryError> {
        let more = self.retrying(|this| this.upkeep.step(&mut this.connection, now))?;
        self.measure_disk();
        Ok(more)
    }

    /// Makes what was saved survive a crash of the machine.
    fn sync(&self) -> Result<(), HistoryError> {
        self.connection.query_one("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()))?;
        self.measure_disk();
        Ok(())
    }

    fn measure_disk(&self) {
        let bytes: u64 =
            [&self.file, &self.log].map(|file| fs::metadata(file).map_or(0, |file| file.len())).iter().sum();
        self.counts.disk_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Does something; where a damaged roll-up is in the way, sets it aside and tries again.
    fn retrying<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        for _ in 0..DAMAGED_ROLLUPS_AT_ONCE_MAX {
            match work(self) {
                Err(HistoryError::Damaged { table, id, source }) => self.set_aside(table, id, &source)?,
                Err(error) => {
                    self.counts.failures.fetch_add(1, Ordering::Relaxed);
                    return Err(error);
                }
                Ok(done) => return Ok(done),
            }
        }
        work(self)
    }

    /// Moves a damaged roll-up to where it is in nobody's way, and kept for whoever can mend it.
    fn set_aside(&mut self, table: &'static str, id: i64, why: &Damage) -> Result<(), HistoryError> {
        self.counts.damaged.fetch_add(1, Ordering::Relaxed);
        tracing::error!(table, id, %why, "a roll-up of the history is damaged: it is moved to history_damaged, and not counted");
        let Some(span) = Span::ALL.into_iter().find(|span| span.table() == table) else { return Ok(()) };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        schema::set_aside(&transaction, span, id)?;
        Ok(transaction.commit()?)
    }
}
