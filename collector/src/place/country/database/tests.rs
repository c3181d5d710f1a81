use maxminddb_writer::Database as Writer;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde_json::json;

use super::*;

fn bytes(kind: &str) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.metadata.ip_version = IpVersion::V4;
    writer.metadata.binary_format_major_version = 2;
    writer.metadata.database_type = kind.into();
    writer.metadata.description.insert("en".into(), "for tests".into());
    for (network, record) in [
        (
            "203.0.113.0/24",
            json!({"city": {"names": {"en": "Haarlem"}}, "country": {"iso_code": "NL"},
            "registered_country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "NH"}, {"iso_code": "XX"}]}),
        ),
        ("198.51.100.0/24", json!({"country": {"iso_code": "BE"}})),
        (
            "192.0.2.0/25",
            json!({"registered_country": {"iso_code": "SE"}, "subdivisions": [{"iso_code": "AB"}]}),
        ),
        ("192.0.2.128/25", json!({"country": {"iso_code": 7}})),
        ("10.0.0.0/8", json!("no map at all")),
    ] {
        let record = writer.insert_value(record).unwrap();
        writer.insert_node(network.parse::<IpAddrWithMask>().unwrap(), record);
    }
    writer.write_to(Vec::new()).unwrap()
}

fn database(bytes: Vec<u8>) -> Result<Database, Why> {
    check(bytes).map(|reader| Database { path: PathBuf::new(), edition: None, reader })
}

fn placed(database: &Database, client: &str, regions: bool) -> Option<String> {
    database.place(client.parse().unwrap(), regions).map(|country| country.code().to_owned())
}

#[test]
fn tells_countries_and_regions() {
    let database = database(bytes("GeoLite2-City")).unwrap();
    for (client, country, region) in [
        ("203.0.113.9", Some("NL"), Some("NL-NH")),
        ("::ffff:203.0.113.9", Some("NL"), Some("NL-NH")),
        ("198.51.100.1", Some("BE"), Some("BE")),
        ("192.0.2.1", Some("SE"), Some("SE")), // registered there, so its region says nothing
        ("192.0.2.200", None, None),
        ("10.0.0.1", None, None),
        ("172.16.0.1", None, None),
        ("2001:db8::1", None, None),
    ] {
        assert_eq!(placed(&database, client, false).as_deref(), country, "{client}");
        assert_eq!(placed(&database, client, true).as_deref(), region, "{client}");
    }
}

#[test]
fn refuses_databases_of_other_things() {
    for kind in ["GeoLite2-Country", "GeoIP2-City", "GeoIP2-Enterprise", "DBIP-City-Lite"] {
        assert!(database(bytes(kind)).is_ok(), "{kind}");
    }
    for kind in ["GeoLite2-ASN", "GeoIP2-Anonymous-IP", "Test\n"] {
        let message = database(bytes(kind)).unwrap_err().to_string();
        assert!(message.contains("tells no countries") && !message.contains('\n'), "{message}");
    }
}

/// Every lookup of a database that was let in.
fn look_up_everywhere(database: &Database) {
    for client in ["203.0.113.9", "198.51.100.1", "192.0.2.1", "192.0.2.200", "10.0.0.1", "172.16.0.1"] {
        placed(database, client, true);
    }
}

#[test]
fn refuses_every_truncated_file() {
    let whole = bytes("GeoLite2-City");
    for length in 0..whole.len() - 1 {
        assert!(database(whole[..length].to_vec()).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn survives_every_flipped_byte() {
    let whole = bytes("GeoLite2-City");
    let mut refused = 0;
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut flipped = whole.clone();
            flipped[at] ^= flip;
            match database(flipped) {
                Ok(database) => look_up_everywhere(&database),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > whole.len() / 2, "only {refused} of {} flips were seen", 3 * whole.len());
}
