//! Is what a collector keeps sound, and does counting the journal again give what it has counted?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::aggregate::budget::Budgets;
use crate::config::{Config, Site};
use crate::history::{self, Checked, HistoryError};
use crate::journal::{self, AllCells, Durability, JournalError, Opened};
use crate::tally::Tallies;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Nothing is kept there.
    #[error("{} is not there: name the folder that the collector has as --data-dir", .file.display())]
    Nothing {
        /// What is missing.
        file: PathBuf,
    },
    /// It was counted with another configuration.
    #[error("{} is counted here and not configured: name the collector's own configuration with --config", .sites.iter().map(|site| format!("site `{site}`")).collect::<Vec<_>>().join(", "))]
    OtherSites {
        /// The sites that are not configured.
        sites: BTreeSet<String>,
    },
    /// The journal can't be read to its end.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The history can't be read to its end.
    #[error("the history can't be read")]
    History(#[from] HistoryError),
}

/// What was found.
#[derive(Debug)]
pub struct Verified {
    /// Batches in the journal, and the reports in them.
    pub batches: u64,
    /// Reports in these.
    pub reports: u64,
    /// Whether the journal has everything since its beginning, and so all was counted again.
    pub is_whole: bool,
    /// Cells that were compared.
    pub cells: usize,
    /// What was found of the history.
    pub history: Checked,
    /// What is wrong, each in words.
    pub wrong: Vec<String>,
}

/// Reads all that is in a data folder which no collector uses.
///
/// # Errors
///
/// When there is nothing, a collector uses it, or it can't be read to its end: the error says where it is damaged.
pub fn verify(folder: &Path, config: &Config) -> Result<Verified, VerifyError> {
    let files = [journal::FILE, history::FILE].map(|name| folder.join(name));
    if let Some(file) = files.iter().find(|file| !file.exists()) {
        return Err(VerifyError::Nothing { file: file.clone() });
    }
    let opened = Opened::open(folder, Durability::Process)?;
    let mut wrong = opened.integrity()?;
    let sites: Vec<_> = config.sites.iter().collect();
    let counting =
        Counting { opened: &opened, sites: &sites, budgets: &config.budgets(), cores: opened.cores()? };

    let (restored, batches, reports) = counting.cells_first()?;
    let is_whole = opened.is_whole()?;
    let again = if is_whole { counting.journal_alone()? } else { counting.twice(&restored)? };
    wrong.extend(differences(&restored, &again));

    let history = history::check(&folder.join(history::FILE))?;
    wrong.extend(history.wrong.iter().cloned());
    Ok(Verified { batches, reports, is_whole, cells: restored.len(), history, wrong })
}

/// Ways to what all cores have counted: each cell with its core.
struct Counting<'a> {
    opened: &'a Opened,
    sites: &'a [&'a Site],
    budgets: &'a Budgets,
    cores: usize,
}

impl Counting<'_> {
    /// As a start does it: from the stored cells, and what each has not counted. Counts batches and reports, too.
    fn cells_first(&self) -> Result<(AllCells, u64, u64), VerifyError> {
        let tallies = self.tallies();
        let (_, sites) = self.opened.restore(&tallies, self.sites)?;
        if !sites.is_empty() {
            return Err(VerifyError::OtherSites { sites });
        }
        let (mut batches, mut reports) = (0, 0);
        self.replay(&tallies, || batches += 1, || reports += 1)?;
        Ok((journal::cells_of(&tallies, self.sites), batches, reports))
    }

    /// From the journal alone.
    fn journal_alone(&self) -> Result<AllCells, JournalError> {
        let tallies = self.tallies();
        self.replay(&tallies, || {}, || {})?;
        Ok(journal::cells_of(&tallies, self.sites))
    }

    /// From cells that have counted everything, and so must not count any of it again.
    fn twice(&self, cells: &AllCells) -> Result<AllCells, JournalError> {
        let tallies = self.tallies();
        journal::put_back(&tallies, self.sites, cells);
        self.replay(&tallies, || {}, || {})?;
        Ok(journal::cells_of(&tallies, self.sites))
    }

    fn tallies(&self) -> Tallies {
        Tallies::new(self.cores, self.sites.len())
    }

    fn replay(
        &self,
        tallies: &Tallies,
        mut batch: impl FnMut(),
        mut report: impl FnMut(),
    ) -> Result<(), JournalError> {
        self.opened.replay(self.sites, |earlier| {
            batch();
            // What is damaged ends in an error: its checksum was right.
            let _counted = earlier.count(tallies, self.budgets, |_| report());
        })
    }
}

/// How many cells are not the same, in words.
fn differences(left: &AllCells, right: &AllCells) -> Option<String> {
    let differ = left.difference(right).count().max(right.difference(left).count());
    (differ > 0).then(|| format!("{differ} cells are not what counting the journal again gives"))
}
