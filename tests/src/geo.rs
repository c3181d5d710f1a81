//! A MaxMind database with a few networks, for tests that want a country from an address.

use std::path::Path;

use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::Serialize;

#[derive(Serialize)]
struct City<'a> {
    country: Country<'a>,
}

#[derive(Serialize)]
struct Country<'a> {
    iso_code: &'a str,
}

/// Writes a database that knows the countries of these IPv4 networks, such as `203.0.113.0/24`.
pub fn write_database(file: &Path, networks: &[(&str, &str)]) {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V4;
    database.metadata.binary_format_major_version = 2;
    database.metadata.database_type = "GeoLite2-City".into();
    for (network, iso_code) in networks {
        let country = database.insert_value(City { country: Country { iso_code } }).expect("serializable");
        database.insert_node(network.parse::<IpAddrWithMask>().expect("a network"), country);
    }
    let temporary = file.with_extension("new");
    let writer = std::fs::File::create(&temporary).expect("a temporary file");
    database.write_to(std::io::BufWriter::new(writer)).expect("a database");
    std::fs::rename(temporary, file).expect("the same folder");
}
