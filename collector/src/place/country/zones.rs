//! From a browser's time zone to a country, by the tables of the tz database.

use std::collections::HashMap;

use ahash::RandomState;

use crate::observation::Country;

/// Zone and country, a line each; names that browsers still use for older ones are among them.
const TABLE: &str = include_str!("zones.tsv");

/// The country of each IANA time zone that lies in one.
#[derive(Debug)]
pub struct Zones(HashMap<&'static str, Country, RandomState>);

impl Zones {
    /// Reads the table, once at start.
    #[must_use]
    pub fn new() -> Self {
        let rows = TABLE.lines().filter_map(|line| line.split_once('\t'));
        Self(rows.filter_map(|(zone, code)| Some((zone, Country::from_code(code)?))).collect())
    }

    /// The country of a zone; nothing for zones like `UTC`.
    #[must_use]
    pub fn country(&self, zone: &str) -> Option<Country> {
        self.0.get(zone).copied()
    }
}

impl Default for Zones {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_new_and_old_names() {
        let zones = Zones::new();
        for (zone, code) in [
            ("Europe/Amsterdam", "NL"),
            ("Europe/Brussels", "BE"),
            ("America/New_York", "US"),
            ("Asia/Calcutta", "IN"),
            ("Asia/Kolkata", "IN"),
            ("Europe/Kiev", "UA"),
            ("Europe/Kyiv", "UA"),
            ("Asia/Saigon", "VN"),
            ("America/Buenos_Aires", "AR"),
            ("Pacific/Auckland", "NZ"),
            ("Iceland", "IS"),
        ] {
            assert_eq!(zones.country(zone), Country::from_code(code), "{zone}");
        }
    }

    #[test]
    fn reads_every_row() {
        assert_eq!(Zones::new().0.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
    }
}
