//! Settings: one TOML text, read key by key, every mistake told at once with its line.
//!
//! serde alone would stop at the first mistake. Here a [`Section`] is asked for its keys one by one; what
//! is wrong is noted and reading goes on. What nobody asked for is an unknown key.

mod mistake;
mod section;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use self::mistake::Found;

pub use self::mistake::{Mistake, Mistakes};
pub use self::section::{Section, Word};

/// Why a file gives no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file can't be read.
    #[error("{}: can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has mistakes.
    #[error("{} has {}", path.display(), mistakes)]
    Mistaken {
        /// The file.
        path: PathBuf,
        /// All of them.
        mistakes: Mistakes,
    },
}

/// Reads a file of at most `bytes_max` bytes; `read` is given its root and the folder that it is in, where
/// the files that it names are looked for.
///
/// # Errors
///
/// When the file can't be read, or with every mistake in it.
pub fn load<T>(
    path: &Path,
    bytes_max: u64,
    read: impl FnOnce(&mut Section<'_, '_>, &Path) -> T,
) -> Result<T, SettingsError> {
    let text = text_of(path, bytes_max)
        .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    parse(&text, |root| read(root, folder))
        .map_err(|mistakes| SettingsError::Mistaken { path: path.to_owned(), mistakes })
}

/// Reads a text; `read` is given its root.
///
/// # Errors
///
/// With every mistake in it.
pub fn parse<T>(text: &str, read: impl FnOnce(&mut Section<'_, '_>) -> T) -> Result<T, Mistakes> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let found = Found::new(text, &errors);
    let value = Section::root(table.into_inner(), &found).read(read);
    found.into_result(value)
}

fn text_of(path: &Path, bytes_max: u64) -> io::Result<String> {
    let mut text = String::new();
    // One byte more, so that a text that is cut off is told from one that just fits.
    File::open(path)?.take(bytes_max.saturating_add(1)).read_to_string(&mut text)?;
    if text.len() as u64 > bytes_max {
        return Err(io::Error::other(format!("it has more than {bytes_max} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
