//! A MaxMind database (GeoLite2 or GeoIP2, City or Country) in memory.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

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
pub struct Database(Reader<Vec<u8>>);

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
        Reader::open_readfile(path)
            .map(Self)
            .map_err(|source| DatabaseError { path: path.to_owned(), source })
    }

    /// The country of an address, else the one in which its network is registered.
    #[must_use]
    pub fn country(&self, client: IpAddr) -> Option<Country> {
        let record: Record = self.0.lookup(client.to_canonical()).ok()?.decode().ok()??;
        let code = |place: Option<Place>| place.and_then(|place| Country::from_code(place.iso_code?));
        code(record.country).or_else(|| code(record.registered_country))
    }
}
