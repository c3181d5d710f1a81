//! A MaxMind database (GeoLite2 or GeoIP2, City or Country) in memory.
//!
//! A file is believed only after its whole tree and all that it points to was walked: a download that broke off,
//! or a disk that lost a bit, is found before any visitor is placed by it.

use std::net::IpAddr;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use maxminddb::{MaxMindDbError, PathElement, Reader};

use crate::observation::Country;

/// A database that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("geo database {path} {why}")]
pub struct DatabaseError {
    path: PathBuf,
    why: Why,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("can't be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("is no MaxMind database, or a broken one, so download it again: {0}")]
    Broken(#[from] MaxMindDbError),
    #[error("is a broken MaxMind database: download it again")]
    Unsound,
    #[error("is a database of type `{0}`, which tells no countries: a City or Country database does")]
    OfOtherThings(String),
}

/// Words of the types of databases that tell countries: `GeoLite2-City`, `GeoIP2-Enterprise`, `DBIP-Location`.
const TYPES: [&str; 5] = ["City", "Country", "Enterprise", "Insights", "Location"];

/// An opened database.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    edition: Edition,
    reader: Reader<Vec<u8>>,
}

/// What tells one edition of a file from the next: when it was written, and its size.
pub type Edition = Option<(SystemTime, u64)>;

/// The edition of a file that is there now; nothing while it is away.
#[must_use]
pub fn edition(path: &Path) -> Edition {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

impl Database {
    /// Reads and checks a whole file, which takes some seconds for a large one.
    ///
    /// # Errors
    ///
    /// When the file can't be read, is no sound MaxMind database, or one that tells no countries.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        // Asked for first: a file that changes while it is read is another edition afterwards.
        let edition = edition(path);
        let reader = fs::read(path).map_err(Why::from).and_then(check);
        let reader = reader.map_err(|why| DatabaseError { path: path.to_owned(), why })?;
        Ok(Self { path: path.to_owned(), edition, reader })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The edition of the file that was read.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.edition
    }

    /// The country of an address, else the one in which its network is registered; with `regions`, the region of
    /// the country that it is in, when that is known. Nothing for what the database does not know, or tells wrongly.
    #[must_use]
    pub fn place(&self, client: IpAddr, regions: bool) -> Option<Country> {
        let found = self.reader.lookup(client.to_canonical()).ok()?;
        // Only the codes are decoded, not the whole record with its names in eight languages.
        let code = |path: &[PathElement<'_>]| found.decode_path::<&str>(path).ok().flatten();
        let key = PathElement::Key;
        let country = code(&[key("country"), key("iso_code")]).and_then(Country::from_code);
        let Some(country) = country else {
            return code(&[key("registered_country"), key("iso_code")]).and_then(Country::from_code);
        };
        let region = || {
            let code = code(&[key("subdivisions"), PathElement::Index(0), key("iso_code")])?;
            country.region(code)
        };
        regions.then(region).flatten().or(Some(country))
    }
}

/// Walks everything that a lookup could meet.
fn check(bytes: Vec<u8>) -> Result<Reader<Vec<u8>>, Why> {
    // The crate's own checks return errors; should one of them panic over a strange file, that is an answer too.
    let checked = panic::catch_unwind(AssertUnwindSafe(|| {
        let reader = Reader::from_source(bytes)?;
        reader.verify()?;
        Ok::<_, MaxMindDbError>(reader)
    }));
    let reader = checked.map_err(|_| Why::Unsound)??;
    let kind = &reader.metadata().database_type;
    if TYPES.iter().any(|word| kind.contains(word)) {
        Ok(reader)
    } else {
        Err(Why::OfOtherThings(kind.escape_default().to_string()))
    }
}

#[cfg(test)]
mod tests;
