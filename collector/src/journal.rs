//! The journal: what was accepted is kept before it is answered, so that it survives whatever ends the program.
//!
//! A core writes each report that it accepts into its outbox, and the connection waits. The journal's thread stores what
//! the outboxes of all cores hold in one transaction of the embedded database; then each core counts its part
//! and answers. What is counted is read from the very bytes that were stored, so reading them again after a restart
//! gives the same counts.

mod accepting;
mod cell_name;
mod checkpoint;
pub mod entry;
mod names;
mod outbox;
mod outgoing;
mod reading;
mod store;
mod values;
mod writer;

use std::collections::{BTreeSet, HashMap, hash_map};
use std::fs::{File, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rusqlite::Connection;

use crate::admit::duplicates::REMEMBERED;
use crate::aggregate::Readmitted;
use crate::aggregate::budget::Budgets;
use crate::aggregate::cells::{Moment, Seconds};
use crate::config::Site;
use crate::observation::Observation;
use crate::sqlite::{self, make_folder};
use crate::tally::Tallies;

use self::entry::{Damaged, Entries, Entry};
use self::names::{Names, Numbers};
use self::outbox::Outbox;
use self::writer::Writer;

pub use self::accepting::{Accepting, Ticket};
use self::checkpoint::Kept;
pub use self::checkpoint::{AllCells, Checkpoints, cells_of, put_back};
pub use self::outgoing::{Gather, Outgoing};
pub use self::reading::{Accepted, Reading};
pub use self::store::{Durability, FILE, StoreError, StoredCell};
pub use self::writer::Counts;

/// The file in the data folder that is locked while a collector uses the folder.
const LOCK: &str = "graadmeter.lock";

/// Why there is no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder can't be had.
    #[error("the data folder {folder} can't be made or written")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// Somebody else writes it.
    #[error("another collector uses the data folder {folder}: stop it, or choose another with --data-dir")]
    InUse {
        /// Which.
        folder: String,
    },
    /// The database can't be used.
    #[error("the journal in {folder} can't be used")]
    Store {
        /// Where.
        folder: String,
        /// Why.
        source: StoreError,
    },
}

/// A journal that is written.
#[derive(Debug)]
pub struct Journal {
    outboxes: Arc<[Outbox]>,
    writer: Writer,
    folder: PathBuf,
    /// Keeps others away.
    _lock: File,
}

/// A journal that may have been written before, and is not yet written again.
#[derive(Debug)]
pub struct Opened {
    connection: Connection,
    folder: String,
    hash_keys: [u64; 4],
    /// The highest number of a batch that somebody else has seen.
    known: u64,
    lock: File,
}

/// What one core accepted between two commits of an earlier run.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// The batch's number.
    pub batch: u64,
    /// The core that accepted it.
    pub core: usize,
    entries: &'a [u8],
    numbers: &'a Numbers,
}

impl Opened {
    /// Opens the journal in a folder, which is made if there is none.
    ///
    /// # Errors
    ///
    /// When the folder or the database can't be used.
    pub fn open(folder: &Path, durability: Durability) -> Result<Self, JournalError> {
        let name = folder.display().to_string();
        let lock = lock(folder).map_err(|source| JournalError::Folder { folder: name.clone(), source })?;
        let Some(lock) = lock else { return Err(JournalError::InUse { folder: name }) };
        let open = || {
            let connection = store::open(folder, durability)?;
            let hash_keys = store::hash_keys(&connection, rand::random)?;
            Ok((connection, hash_keys))
        };
        let (connection, hash_keys) =
            open().map_err(|source| JournalError::Store { folder: name.clone(), source })?;
        Ok(Self { connection, folder: name, hash_keys, known: 0, lock })
    }

    /// Gives batches higher numbers than this one, which somebody has seen: a crash of the machine may have made the journal
    /// forget it.
    #[must_use]
    pub fn numbering_after(self, batch: u64) -> Self {
        Self { known: batch.max(self.known), ..self }
    }

    /// The keys of the hashes by which reports are known again.
    #[must_use]
    pub fn hash_keys(&self) -> [u64; 4] {
        self.hash_keys
    }

    /// As many cores as earlier runs have left counts of.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub fn cores(&self) -> Result<usize, JournalError> {
        store::cores(&self.connection).map_err(|source| self.error(source))
    }

    /// Puts back what the last checkpoints have stored. `sites` are those of today, by their numbers; cells of others are left
    /// out, and those sites are named.
    ///
    /// # Errors
    ///
    /// When the database can't be read, or has changed by itself.
    pub fn restore(
        &self,
        tallies: &Tallies,
        sites: &[&Site],
    ) -> Result<(Checkpoints, BTreeSet<String>), JournalError> {
        let mut until = vec![0; tallies.cores()];
        let counts = store::for_each_counts(&self.connection, |core, stored_until, next, counts| {
            checkpoint::restore_own_counts(&mut tallies.of_core(core), next, counts);
            until[core % tallies.cores()] = stored_until;
        });
        counts.map_err(|source| self.error(source))?;
        let (mut other_sites, mut unreadable) = (BTreeSet::new(), 0_usize);
        let damaged = store::for_each_cell(&self.connection, |core, stored| {
            let Some(index) = sites.iter().position(|site| site.id == stored.site) else {
                other_sites.insert(stored.site.clone());
                return;
            };
            let mut tally = tallies.of_core(core);
            let site = &mut tally.aggregate.sites[index];
            unreadable += usize::from(checkpoint::restore_cell(sites[index], site, stored).is_none());
        });
        let damaged = damaged.map_err(|source| self.error(source))? + unreadable;
        if damaged > 0 {
            return Err(self.error(StoreError::DamagedCells { cells: damaged }));
        }
        Ok((Checkpoints::new(until), other_sites))
    }

    /// Reads everything that earlier runs accepted, in order. `sites` are those of today, by their numbers.
    ///
    /// # Errors
    ///
    /// When the database can't be read, or has changed by itself.
    pub fn replay(&self, sites: &[&Site], mut each: impl FnMut(Earlier<'_>)) -> Result<(), JournalError> {
        let mut runs = HashMap::new();
        let read = store::for_each_batch(&self.connection, 0, |batch| {
            let numbers = match runs.entry(batch.run) {
                hash_map::Entry::Occupied(known) => known.into_mut(),
                hash_map::Entry::Vacant(new) => {
                    let names = Names::parse(&store::names_of_run(&self.connection, batch.run)?)?;
                    new.insert(names.numbers(sites))
                }
            };
            each(Earlier { batch: batch.number, core: batch.core, entries: batch.entries, numbers });
            Ok(ControlFlow::Continue(()))
        });
        read.map_err(|source| self.error(source))
    }

    /// Whether it has everything since its beginning.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub fn is_whole(&self) -> Result<bool, JournalError> {
        store::is_whole(&self.connection).map_err(|source| self.error(source))
    }

    /// What is wrong with the database's structures, in `SQLite`'s words.
    ///
    /// # Errors
    ///
    /// When it can't be read.
    pub fn integrity(&self) -> Result<Vec<String>, JournalError> {
        sqlite::integrity(&self.connection).map_err(|source| self.error(source.into()))
    }

    /// Begins a run: from now on it is written.
    ///
    /// # Errors
    ///
    /// When the database can't be written, or no thread can be had.
    pub fn write(self, sites: &[&Site], cores: usize) -> Result<Journal, JournalError> {
        let Self { connection, folder, known, lock, .. } = self;
        let outboxes: Arc<[_]> = (0..cores.max(1)).map(|_| Outbox::default()).collect();
        let write = || {
            let run = store::begin_run(&connection, &Names::of(sites).to_json()?)?;
            let writer = Writer::start(connection, Arc::clone(&outboxes), run, known)?;
            writer::keep_in_sync(Path::new(&folder), &writer)?;
            Ok(writer)
        };
        let writer = write().map_err(|source| JournalError::Store { folder: folder.clone(), source })?;
        Ok(Journal { outboxes, writer, folder: folder.into(), _lock: lock })
    }

    fn error(&self, source: StoreError) -> JournalError {
        JournalError::Store { folder: self.folder.clone(), source }
    }
}

/// Makes the folder if there is none, and locks it, unless somebody else has: the system lets go of the lock when
/// its owner ends, however that is.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    make_folder(folder)?;
    let file = File::create(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl Earlier<'_> {
    /// Counts the batch where it was counted before, and gives each entry.
    ///
    /// # Errors
    ///
    /// When the batch is damaged.
    pub fn count(
        &self,
        tallies: &Tallies,
        budgets: &Budgets,
        mut each: impl FnMut(&Entry<'_>),
    ) -> Result<(), Damaged> {
        let mut tally = tallies.of_core(self.core);
        self.for_each(|entry| {
            let moment = Moment { now: Seconds(entry.unix_seconds), batch: self.batch };
            let admitted = &Readmitted { admitted: entry.admitted, budgets };
            tally.count(&entry.observation, admitted, entry.left_out, moment);
            each(entry);
        })
    }

    /// Gives each entry, with the numbers of today; those of sites that are not configured any more are left out.
    ///
    /// # Errors
    ///
    /// When the batch is damaged.
    pub fn for_each(&self, mut count: impl FnMut(&Entry<'_>)) -> Result<(), Damaged> {
        for_each_entry(self.entries, |entry| {
            let Observation { site, weight, event } = entry.observation.clone();
            if let Some((site, event)) = self.numbers.renumber(site, event) {
                count(&Entry { observation: Observation { site, weight, event }, ..entry.clone() });
            }
        })
    }
}

/// Gives each entry of a batch.
///
/// # Errors
///
/// When it is damaged.
pub fn for_each_entry(entries: &[u8], mut each: impl FnMut(&Entry<'_>)) -> Result<(), Damaged> {
    Entries::of(entries).try_for_each(|entry| entry.map(|entry| each(&entry)))
}

impl Journal {
    /// Lets a core accept something.
    #[must_use]
    pub fn accepting(&self, core: usize) -> Accepting<'_> {
        Accepting::new(core, self.outbox(core).filling())
    }

    /// The batch that has a report or an order with this hash, on any core, if it is not yet known whether it is stored.
    /// Nobody who looks may be accepting.
    #[must_use]
    pub fn find_unsettled(&self, hash: u64) -> Option<Ticket> {
        let mut outboxes = self.outboxes.iter().enumerate();
        outboxes.find_map(|(core, outbox)| outbox.find(hash).map(|number| Ticket::new(core, number)))
    }

    /// Whether a batch is stored, as soon as that is known.
    pub fn poll_stored(&self, ticket: Ticket, context: &mut Context<'_>) -> Poll<bool> {
        self.outbox(ticket.core()).poll_stored(ticket.number(), context)
    }

    /// Stores what a core accepts, for as long as it is polled. `stored` is given the entries of each batch before anybody is
    /// answered, and its number; or none, if it is lost.
    pub async fn keep(&self, core: usize, mut stored: impl FnMut(&[u8], Option<u64>)) {
        let outbox = self.outbox(core);
        let (mut spare, mut woken) = (Vec::new(), Vec::new());
        loop {
            outbox.filled().await;
            let written = self.writer.write(core, spare).await;
            let (entries, batch) = written.unwrap_or_else(|| (outbox.take(Vec::new()), None));
            stored(&entries, batch);
            outbox.settle(batch.is_some(), &mut woken);
            spare = entries;
        }
    }

    /// Reads what is stored, beside all that goes on.
    ///
    /// # Errors
    ///
    /// When the database can't be opened once more.
    pub fn read(&self) -> Result<Reading, JournalError> {
        let opened = store::open_again(&self.folder);
        opened
            .map(Reading::new)
            .map_err(|source| JournalError::Store { folder: self.folder.display().to_string(), source })
    }

    /// The way to another store.
    ///
    /// # Errors
    ///
    /// When the database can't be opened once more, or read.
    pub fn outgoing(&self) -> Result<Outgoing, JournalError> {
        let reading = self.read()?;
        Outgoing::new(reading, self.writer.clone())
            .map_err(|source| JournalError::Store { folder: self.folder.display().to_string(), source })
    }

    /// Stores what the cells have counted since the last checkpoint, and removes the batches that are in them, older than
    /// the time for which reports are known again, and not after `fed`.
    ///
    /// # Errors
    ///
    /// When the database can't be written; what is not stored is stored by the next one.
    pub fn checkpoint(
        &self,
        checkpoints: &mut Checkpoints,
        tallies: &Tallies,
        sites: &[&Site],
        unix_now: Duration,
        fed: u64,
    ) -> Result<(), StoreError> {
        let since = unix_now.saturating_sub(REMEMBERED);
        let since = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
        checkpoints.store(tallies, sites, &self.writer, Kept { since, after: fed })
    }

    /// What its thread has counted.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.writer.counts()
    }

    fn outbox(&self, core: usize) -> &Outbox {
        &self.outboxes[core % self.outboxes.len()]
    }
}
