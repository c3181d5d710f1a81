//! Reading the journal while it is written, with the names of the time, for those who keep what was accepted for longer than
//! the journal does.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Entries;
use std::ops::ControlFlow;

use rusqlite::Connection;

use super::StoreError;
use super::entry::{Damaged, Entry};
use super::names::Names;
use super::store;

/// A connection of its own, which keeps no writer waiting.
#[derive(Debug)]
pub struct Reading {
    connection: Connection,
    /// The names of runs that were met.
    runs: HashMap<i64, Names>,
}

/// What one core accepted between two commits.
#[derive(Debug, Clone, Copy)]
pub struct Accepted<'a> {
    /// The batch's number.
    pub batch: u64,
    entries: &'a [u8],
    names: &'a Names,
}

impl Reading {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, runs: HashMap::new() }
    }

    /// Bytes of all that was accepted after a batch.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub fn bytes_after(&self, batch: u64) -> Result<u64, StoreError> {
        store::bytes_after(&self.connection, batch)
    }

    /// Gives all that was accepted after a batch, in order, for as long as more is wanted.
    ///
    /// # Errors
    ///
    /// When the database can't be read, or has changed by itself.
    pub fn for_each_after(
        &mut self,
        batch: u64,
        mut each: impl FnMut(Accepted<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let Self { connection, runs } = self;
        store::for_each_batch(connection, batch, |batch| {
            let names = match runs.entry(batch.run) {
                Entries::Occupied(known) => known.into_mut(),
                Entries::Vacant(new) => {
                    new.insert(Names::parse(&store::names_of_run(connection, batch.run)?)?)
                }
            };
            Ok(each(Accepted { batch: batch.number, entries: batch.entries, names }))
        })
    }
}

impl Accepted<'_> {
    /// Bytes of its entries.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Gives each entry, with the names of its site and of its visitor's channel; a probe has none.
    ///
    /// # Errors
    ///
    /// When the batch is damaged.
    pub fn for_each(&self, mut each: impl FnMut(&str, &str, &Entry<'_>)) -> Result<(), Damaged> {
        super::for_each_entry(self.entries, |entry| {
            if let Some((site, channel)) = self.names.of_observation(&entry.observation) {
                each(site, channel, entry);
            }
        })
    }
}
