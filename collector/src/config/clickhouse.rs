//! `[clickhouse]`: where every observation goes as a row.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use graadmeter_base::settings::Section;
use url::Url;

use super::Secret;
use crate::clickhouse::{Name, Settings};

const DATABASE_USUAL: &str = "graadmeter";
const USER_USUAL: &str = "default";
/// An hour of a thousand beacons a second, of some 150 bytes each with its entry in the journal.
const SPOOL_BYTES_USUAL: u64 = 1024 * 1024 * 1024;
/// Less would be gone within moments, more is a disk's worth.
const SPOOL_BYTES: RangeInclusive<u64> = 1024 * 1024..=1024 * SPOOL_BYTES_USUAL;

pub(super) fn read(section: &mut Section<'_, '_>, folder: &Path) -> Option<Settings> {
    section.require("url", "\"http://127.0.0.1:8123\"");
    let url = section.text("url", read_url);
    let database = section.text("database", str::parse::<Name>);
    let user = section.text("user", |user| {
        let is_plain = !user.is_empty() && user.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if is_plain { Ok(user.to_owned()) } else { Err("a user's name is of plain ASCII characters") }
    });
    let password = section.text("password_file", |path| read_password(&folder.join(path)));
    let spool_bytes_max = section.number("spool_bytes_max", SPOOL_BYTES);
    Some(Settings {
        url: url?,
        database: database.or_else(|| DATABASE_USUAL.parse().ok())?,
        user: user.unwrap_or_else(|| USER_USUAL.to_owned()),
        password,
        spool_bytes_max: spool_bytes_max.unwrap_or(SPOOL_BYTES_USUAL),
    })
}

fn read_url(text: &str) -> Result<Url, String> {
    let wrong = || "expected the address of its HTTP interface, such as \"http://127.0.0.1:8123\"".to_owned();
    let url = Url::parse(text).map_err(|_| wrong())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("write the user as `user`, and the password into `password_file`".to_owned());
    }
    let is_plain = url.query().is_none() && url.fragment().is_none();
    if matches!(url.scheme(), "http" | "https") && is_plain { Ok(url) } else { Err(wrong()) }
}

fn read_password(path: &Path) -> Result<Secret, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let password = text.trim_end_matches(['\r', '\n']).as_bytes();
    let is_sendable = !password.is_empty() && password.iter().all(|&byte| byte >= b' ' && byte != 0x7F);
    if is_sendable {
        Ok(Secret(password.to_vec()))
    } else {
        Err(format!("{}: expected a password, in one line", path.display()))
    }
}
