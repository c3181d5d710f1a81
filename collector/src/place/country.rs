//! Which country: the MaxMind database, else a trusted CDN's header, else the browser's time zone.
//!
//! The time zone is never exact at a border, but it needs no database and no address: geography works on
//! the first day.

mod database;
mod zones;

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::arrival::Arrival;
use crate::observation::Country;

pub use self::database::{Database, DatabaseError, Edition, edition};
pub use self::zones::Zones;

/// Everything that tells a country.
#[derive(Debug)]
pub struct Geography {
    database: Option<ArcSwap<Database>>,
    zones: Zones,
}

impl Geography {
    /// With or without a database.
    #[must_use]
    pub fn new(database: Option<Database>) -> Self {
        Self { database: database.map(ArcSwap::from_pointee), zones: Zones::new() }
    }

    /// The database in use, if there is one.
    #[must_use]
    pub fn database(&self) -> Option<Arc<Database>> {
        self.database.as_ref().map(ArcSwap::load_full)
    }

    /// Uses another edition of the database from now on.
    pub fn replace_database(&self, edition: Database) {
        if let Some(database) = &self.database {
            database.store(Arc::new(edition));
        }
    }

    /// The visitor's country, `ZZ` when nothing tells it; with `regions`, its region where the database knows that.
    #[must_use]
    pub fn place(&self, arrival: &Arrival<'_>, time_zone: Option<&str>, regions: bool) -> Country {
        self.database
            .as_ref()
            .and_then(|database| database.load().place(arrival.client, regions))
            .or_else(|| arrival.country.and_then(header_country))
            .or_else(|| time_zone.and_then(|name| self.zones.country(name)))
            .unwrap_or(Country::UNKNOWN)
    }
}

/// CDNs say `XX` for "unknown" and `T1` for the Tor network; both tell nothing.
fn header_country(code: &str) -> Option<Country> {
    Country::from_code(code).filter(|country| !matches!(country.code(), "XX" | "ZZ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(header: Option<&str>, time_zone: Option<&str>) -> String {
        let arrival = Arrival { country: header, ..Arrival::NOBODY };
        Geography::new(None).place(&arrival, time_zone, true).code().to_owned()
    }

    #[test]
    fn the_header_comes_before_the_time_zone() {
        assert_eq!(placed(Some("de"), Some("Europe/Amsterdam")), "DE");
        for nothing in ["XX", "T1", "", "Germany"] {
            assert_eq!(placed(Some(nothing), Some("Europe/Amsterdam")), "NL", "{nothing}");
        }
    }

    #[test]
    fn nobody_knows_everything() {
        assert_eq!(placed(None, None), "ZZ");
        assert_eq!(placed(None, Some("UTC")), "ZZ");
        assert_eq!(placed(None, Some("Mars/Olympus")), "ZZ");
    }
}
