//! The addresses of the public listener: its own, and the other names that a shop may give the script and the place
//! where reports go, because blockers match words.
//!
//! A script at `X.js` stands at `X-VERSION.js` too, and its second file at `X-more.js` and `X-VERSION-more.js`: the script
//! finds that one by its own address.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::limits::ADDRESS_BYTES_MAX;

/// Where beacons go.
pub const BEACON: &str = "/v1/beacon";
/// Where the shop's server reports sales.
const CONVERSION: &str = "/v1/conversion";
/// Where the script stands, without `.js`.
const SCRIPT: &str = "/beacon";
/// How every script ends.
const JS: &str = ".js";

/// What begins an address of the collector, of either listener: a proxy in front may know both by one name.
const OWN: [&str; 5] = ["v1", "api", "metrics", "healthz", "readyz"];

/// What stands at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// Beacons are taken.
    Beacon,
    /// Signed conversions are taken.
    Conversion,
    /// The script; the address may name a version of it, this one or another.
    Script(Option<Version>),
    /// The script's second file.
    More,
}

/// Which file it is: the first 64 bits of its SHA-256, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(u64);

impl Version {
    /// The version of this file.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        let digest = Sha256::digest(file);
        Self(digest.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        // `from_str_radix` alone would take a sign.
        let is_number = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_number.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or(NoVersion)
    }
}

/// Something else than 16 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("a version has 16 hexadecimal digits")]
pub struct NoVersion;

/// Why a path can't be a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no path, or one that browsers and proxies may write in another way.
    #[error(
        "`{0}` is no path that stays as it is: begin it with /, and write letters, digits and - . _ ~ between single \
         slashes, such as \"/a/pulse.js\""
    )]
    NoPath(String),
    /// It is too long.
    #[error("a path has at most {ADDRESS_BYTES_MAX} characters")]
    TooLong,
    /// The script would not be called one.
    #[error("`{0}` does not end in a name with .js, such as \"/a/pulse.js\"")]
    NoScript(String),
    /// Something else stands there.
    #[error("`{0}` is an address that the collector has already: choose another one")]
    Taken(String),
}

/// The addresses of one collector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The script's other path, without `.js`.
    script: Option<String>,
    /// The other path of beacons.
    report_to: Option<String>,
}

impl Addresses {
    /// The collector's own addresses, and the script at another path too.
    ///
    /// # Errors
    ///
    /// When it can't stand there.
    pub fn with_script(path: &str) -> Result<Self, AddressError> {
        let own = Self::default();
        own.check(path)?;
        let stem = path.strip_suffix(JS).filter(|stem| !stem.ends_with('/'));
        let stem = stem.ok_or_else(|| AddressError::NoScript(path.to_owned()))?;
        Ok(Self { script: Some(stem.to_owned()), ..own })
    }

    /// Has beacons taken at another path too.
    ///
    /// # Errors
    ///
    /// When they can't be.
    pub fn report_to(&mut self, path: &str) -> Result<(), AddressError> {
        self.check(path)?;
        self.report_to = Some(path.to_owned());
        Ok(())
    }

    /// Whether beacons are taken at this path. Every request asks, so the usual path comes first.
    #[must_use]
    pub fn takes_beacons(&self, path: &str) -> bool {
        path == BEACON || self.report_to.as_deref() == Some(path)
    }

    /// What stands at this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Address> {
        if self.takes_beacons(path) {
            return Some(Address::Beacon);
        }
        if path == CONVERSION {
            return Some(Address::Conversion);
        }
        let file = path.strip_suffix(JS)?;
        let stems = [Some(SCRIPT), self.script.as_deref()];
        stems.into_iter().flatten().find_map(|stem| script(file.strip_prefix(stem)?))
    }

    /// The script's path for a tag, pinned to a version or not.
    #[must_use]
    pub fn script_path(&self, version: Option<Version>) -> String {
        let stem = self.script.as_deref().unwrap_or(SCRIPT);
        match version {
            Some(version) => format!("{stem}-{version}{JS}"),
            None => format!("{stem}{JS}"),
        }
    }

    /// The path for a tag's `data-endpoint`, if it needs one: the script alone looks for it beside itself.
    #[must_use]
    pub fn endpoint_path(&self) -> Option<&str> {
        match (&self.report_to, &self.script) {
            (Some(path), _) => Some(path),
            (None, Some(_)) => Some(BEACON),
            (None, None) => None,
        }
    }

    fn check(&self, path: &str) -> Result<(), AddressError> {
        if path.len() > ADDRESS_BYTES_MAX {
            return Err(AddressError::TooLong);
        }
        let segments = path.strip_prefix('/').ok_or_else(|| AddressError::NoPath(path.to_owned()))?;
        if !segments.split('/').all(is_segment) {
            return Err(AddressError::NoPath(path.to_owned()));
        }
        let is_own = segments.split('/').next().is_some_and(|first| OWN.contains(&first));
        if is_own || self.find(path).is_some() {
            return Err(AddressError::Taken(path.to_owned()));
        }
        Ok(())
    }
}

/// What stands where, after the script's stem, its address goes on so.
fn script(rest: &str) -> Option<Address> {
    let (version, is_more) = rest.strip_suffix("-more").map_or((rest, false), |version| (version, true));
    let version = match version {
        "" => None,
        _ => Some(version.strip_prefix('-')?.parse().ok()?),
    };
    Some(if is_more { Address::More } else { Address::Script(version) })
}

/// Whether everybody writes a segment of a path in the same way: unreserved characters only (RFC 3986, section 2.3), and
/// neither `.` nor `..`, which browsers resolve.
fn is_segment(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named() -> Addresses {
        let mut addresses = Addresses::with_script("/a/pulse.js").unwrap();
        addresses.report_to("/a/p").unwrap();
        addresses
    }

    #[test]
    fn a_version_is_the_beginning_of_the_sha_256() {
        // NIST's example of FIPS 180-4 for "abc".
        assert_eq!(Version::of(b"abc").to_string(), "ba7816bf8f01cfea");
        assert_eq!("00000000000000ff".parse::<Version>().unwrap().to_string(), "00000000000000ff");
        for wrong in ["", "ff", "+0000000000000ff", "00000000000000fg", "000000000000000ff", "０000000000000"]
        {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_collectors_own_addresses_always_stand() {
        let version = Some(Version(0xff));
        for addresses in [Addresses::default(), named()] {
            for (path, address) in [
                ("/v1/beacon", Address::Beacon),
                ("/v1/conversion", Address::Conversion),
                ("/beacon.js", Address::Script(None)),
                ("/beacon-00000000000000ff.js", Address::Script(version)),
                ("/beacon-more.js", Address::More),
                ("/beacon-00000000000000ff-more.js", Address::More),
            ] {
                assert_eq!(addresses.find(path), Some(address), "{path}");
            }
        }
    }

    #[test]
    fn other_names_stand_where_they_were_given() {
        for (path, address) in [
            ("/a/p", Address::Beacon),
            ("/a/pulse.js", Address::Script(None)),
            ("/a/pulse-0123456789abcdef.js", Address::Script(Some(Version(0x0123_4567_89ab_cdef)))),
            ("/a/pulse-more.js", Address::More),
            ("/a/pulse-0123456789abcdef-more.js", Address::More),
        ] {
            assert_eq!(
                (named().find(path), Addresses::default().find(path)),
                (Some(address), None),
                "{path}"
            );
        }
        // Where one stem begins with the other, each has its own.
        let longer = Addresses::with_script("/beacons/x.js").unwrap();
        assert_eq!(longer.find("/beacons/x.js"), Some(Address::Script(None)));
        assert_eq!(longer.find("/beacon.js"), Some(Address::Script(None)));
    }

    #[test]
    fn nothing_else_is_there() {
        for path in [
            "",
            "/",
            ".js",
            "/beacon",
            "/beacon.j",
            "/beacon.js/",
            "/Beacon.js",
            "/beacon-.js",
            "/beacon-more-more.js",
            "/beacon--more.js",
            "/beacon-more-00000000000000ff.js",
            "/beacon00000000000000ff.js",
            "/beacon-00000000000000f.js",
            "/beacon-00000000000000fff.js",
            "/beacon-00000000000000fg.js",
            "/beaconmore.js",
            "/v1/beacon/",
            "/a/p/",
            "/a/pulse",
            "/pulse.js",
        ] {
            assert_eq!(named().find(path), None, "{path}");
        }
    }

    #[test]
    fn a_name_is_a_path_that_is_free() {
        let no_path = |path: &str| AddressError::NoPath(path.to_owned());
        let taken = |path: &str| AddressError::Taken(path.to_owned());
        let no_script = |path: &str| AddressError::NoScript(path.to_owned());
        for path in
            ["", "a.js", "/", "//a.js", "/a//b.js", "/a/../b.js", "/./b.js", "/a b.js", "/ä.js", "/%61.js"]
        {
            assert_eq!(Addresses::with_script(path), Err(no_path(path)), "{path}");
        }
        for path in ["/a/pulse", "/a/pulse.mjs", "/.js", "/a/.js"] {
            assert_eq!(Addresses::with_script(path), Err(no_script(path)), "{path}");
        }
        for path in [
            "/v1/x.js",
            "/api/x.js",
            "/metrics",
            "/beacon.js",
            "/beacon-more.js",
            "/beacon-00000000000000ff.js",
        ] {
            assert_eq!(Addresses::with_script(path), Err(taken(path)), "{path}");
        }
        for path in
            ["/v1/beacon", "/healthz", "/a/pulse.js", "/a/pulse-more.js", "/a/pulse-00000000000000ff.js"]
        {
            assert_eq!(named().report_to(path), Err(taken(path)), "{path}");
        }
        let long = |length: usize| format!("/{}.js", "a".repeat(length - "/.js".len()));
        assert!(Addresses::with_script(&long(ADDRESS_BYTES_MAX)).is_ok());
        assert_eq!(Addresses::with_script(&long(ADDRESS_BYTES_MAX + 1)), Err(AddressError::TooLong));
    }

    #[test]
    fn a_tag_says_where_reports_go_when_that_is_not_beside_the_script() {
        assert_eq!(Addresses::default().endpoint_path(), None);
        assert_eq!(named().endpoint_path(), Some("/a/p"));
        assert_eq!(Addresses::with_script("/a/pulse.js").unwrap().endpoint_path(), Some("/v1/beacon"));
    }

    proptest! {
        #[test]
        fn whatever_a_tag_says_is_found(stem in "/[a-z0-9~_.-]{1,20}/[a-z0-9]{1,20}", number: u64) {
            let Ok(addresses) = Addresses::with_script(&format!("{stem}.js")) else { return Ok(()) };
            for version in [None, Some(Version(number))] {
                let path = addresses.script_path(version);
                prop_assert_eq!(addresses.find(&path), Some(Address::Script(version)));
                let more = format!("{}-more.js", path.strip_suffix(".js").unwrap());
                prop_assert_eq!(addresses.find(&more), Some(Address::More));
            }
        }

        #[test]
        fn what_is_found_is_written_as_it_was_asked_for(path in "/(beacon|a/pulse)(-[0-9a-f]{15,17}|-more|\\PC{0,4}){0,3}(\\.js)?") {
            if let Some(Address::Script(version)) = named().find(&path) {
                let stems = [Addresses::default(), named()];
                prop_assert!(stems.iter().any(|addresses| addresses.script_path(version) == path));
            }
        }
    }
}
