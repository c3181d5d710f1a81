//! A MaxMind database with a few networks, for tests that want a country from an address.

use std::path::Path;

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde_json::json;

/// Writes a City database that knows the countries (`NL`) or regions (`NL-NH`) of these IPv4 networks, such as
/// `203.0.113.0/24`.
pub fn write_database(file: &Path, networks: &[(&str, &str)]) {
    replace(file, &database("GeoLite2-City", networks));
}

/// The bytes of a database of this type.
#[must_use]
pub fn database(kind: &str, networks: &[(&str, &str)]) -> Vec<u8> {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V4;
    database.metadata.binary_format_major_version = 2;
    database.metadata.database_type = kind.into();
    database.metadata.description.insert("en".into(), "for tests".into());
    for (network, code) in networks {
        let (country, region) = code.split_once('-').unwrap_or((code, ""));
        let record = json!({"country": {"iso_code": country}, "subdivisions": [{"iso_code": region}]});
        let record = database.insert_value(record).expect("serializable");
        database.insert_node(network.parse::<IpAddrWithMask>().expect("a network"), record);
    }
    database.write_to(Vec::new()).expect("a database")
}

/// Puts a file of these bytes in the place of another at once, as a careful updater does.
pub fn replace(file: &Path, bytes: &[u8]) {
    let temporary = file.with_extension("new");
    std::fs::write(&temporary, bytes).expect("a temporary file");
    std::fs::rename(temporary, file).expect("the same folder");
}
