//! A copy of what a collector keeps, taken while it runs.
//!
//! The history is copied first: what the copy of the journal has beyond it is fed into it again, as after any restart.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::OptionalExtension;

use crate::history;
use crate::journal;
use crate::sqlite::{make_folder, open};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is kept there.
    #[error("{} is not there: name the folder that the collector has as --data-dir", .file.display())]
    Nothing {
        /// What is missing.
        file: PathBuf,
    },
    /// Something is there already.
    #[error("{} is there already: name a folder without one", .file.display())]
    Exists {
        /// What is in the way.
        file: PathBuf,
    },
    /// The collector had removed from the journal what the copied history lacks.
    #[error(
        "the history is more than ten minutes behind the journal: look at the collector's log, and try again later"
    )]
    Behind,
    /// A database can't be copied.
    #[error("{} can't be copied", .file.display())]
    Copy {
        /// Which.
        file: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A file can't be written.
    #[error("{} can't be written", .file.display())]
    Write {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Copies the journal and the history of a data folder into another folder, which is made if there is none; how many bytes
/// they have. A file of a copy has its name only when it is whole.
///
/// # Errors
///
/// When there is nothing to copy, or a copy already, or it can't be made.
pub fn backup(data: &Path, to: &Path) -> Result<u64, BackupError> {
    let names = [history::FILE, journal::FILE];
    if let Some(file) = names.map(|name| data.join(name)).into_iter().find(|file| !file.exists()) {
        return Err(BackupError::Nothing { file });
    }
    if let Some(file) = names.map(|name| to.join(name)).into_iter().find(|file| file.exists()) {
        return Err(BackupError::Exists { file });
    }
    let cant_write = |file: &Path| {
        let file = file.to_owned();
        |source| BackupError::Write { file, source }
    };
    make_folder(to).map_err(cant_write(to))?;
    let first = first_batch(&data.join(journal::FILE))?;
    let mut parts = Vec::new();
    for name in names {
        let part = to.join([name, ".part"].concat());
        match fs::remove_file(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cant_write(&part)(error)),
            _ => {}
        }
        copy(&data.join(name), &part)?;
        File::open(&part).and_then(|file| file.sync_all()).map_err(cant_write(&part))?;
        parts.push(part);
    }
    let [history, journal] = [&parts[0], &parts[1]];
    let begins = first_batch(journal)?;
    if begins > first && begins > last_fed(history)?.map(|fed| fed + 1) {
        return Err(BackupError::Behind);
    }
    let mut bytes = 0;
    for (part, name) in parts.iter().zip(names) {
        let file = to.join(name);
        bytes += fs::metadata(part).map(|part| part.len()).map_err(cant_write(part))?;
        fs::rename(part, &file).map_err(cant_write(&file))?;
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(cant_write(to))?;
    Ok(bytes)
}

/// Copies a database as of one moment, without keeping anybody who writes it waiting.
fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let copied =
        open(from).and_then(|connection| connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]));
    copied.map(drop).map_err(|source| BackupError::Copy { file: from.to_owned(), source })
}

fn first_batch(journal: &Path) -> Result<Option<i64>, BackupError> {
    number(journal, "SELECT min(batch) FROM journal_batches")
}

fn last_fed(history: &Path) -> Result<Option<i64>, BackupError> {
    number(history, "SELECT batch FROM history_fed")
}

fn number(file: &Path, select: &str) -> Result<Option<i64>, BackupError> {
    let read =
        open(file).and_then(|connection| connection.query_one(select, [], |row| row.get(0)).optional());
    read.map(Option::flatten).map_err(|source| BackupError::Copy { file: file.to_owned(), source })
}
