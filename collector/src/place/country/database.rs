//! A MaxMind database (GeoLite2 or GeoIP2, City or Country) in memory.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;

use crate::observation::Country;

/// A database that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("geo database {path}: can't be read as a MaxMind database")]
pub struct DatabaseError {
    path: PathBuf,
    source: MaxMindDbError,
}

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

/// The part of a record that is looked at.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country: Option<Place<'a>>,
    #[serde(borrow)]
    registered_country: Option<Place<'a>>,
}

#[derive(Deserialize)]
struct Place<'a> {
    iso_code: Option<&'a str>,
}

impl Database {
    /// Reads a whole file.
    ///
    /// # Errors
    ///
    /// When the file can't be read or is no MaxMind database.
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        // Asked for first: a file that changes while it is read is another edition afterwards.
        let edition = edition(path);
        let reader = Reader::open_readfile(path);
        let reader = reader.map_err(|source| DatabaseError { path: path.to_owned(), source })?;
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

    /// The country of an address, else the one in which its network is registered.
    #[must_use]
    pub fn country(&self, client: IpAddr) -> Option<Country> {
        let record: Record = self.reader.lookup(client.to_canonical()).ok()?.decode().ok()??;
        let code = |place: Option<Place>| place.and_then(|place| Country::from_code(place.iso_code?));
        code(record.country).or_else(|| code(record.registered_country))
    }
}
