//! From bytes to a beacon, in one pass where the body is right.

use serde::Deserialize;

use crate::beacon::Beacon;
use crate::error::WireError;
use crate::json;
use crate::key::LeftOut;
use crate::limits::BODY_BYTES_MAX;
use crate::object::Object;
use crate::sale::Sale;

/// A beacon, and which of its values were impossible.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The beacon with possible values only.
    pub beacon: Beacon<'a>,
    /// The keys of the values that were left out.
    pub left_out: LeftOut,
}

/// Reads a body (already decompressed) as a beacon of version 1.
///
/// # Errors
///
/// When the body is too long, not UTF-8, not JSON, lacks a required key or has a known key of the wrong
/// type. The error names the key and never repeats the body.
pub fn decode(body: &[u8]) -> Result<Decoded<'_>, WireError> {
    let text = text(body)?;
    let mut decoded = Decoded { beacon: Beacon::blank(), left_out: LeftOut::default() };
    if json::read(text, |reader| decoded.beacon.read(reader)).is_err() {
        decoded.beacon = read_slowly(text)?;
    }
    decoded.left_out = decoded.beacon.leave_out_impossible();
    Ok(decoded)
}

/// Reads a body (already decompressed) as a sale that a shop's server reports.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_sale(body: &[u8]) -> Result<Sale<'_>, WireError> {
    read_slowly(text(body)?)
}

impl<'a> Decoded<'a> {
    /// Takes out of a beacon what can't be.
    #[must_use]
    pub fn new(mut beacon: Beacon<'a>) -> Self {
        let left_out = beacon.leave_out_impossible();
        Self { beacon, left_out }
    }
}

fn text(body: &[u8]) -> Result<&str, WireError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(WireError::TooLong);
    }
    str::from_utf8(body).map_err(|_| WireError::NotUtf8)
}

/// Reads what is not simple, or wrong.
#[cold]
fn read_slowly<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WireError> {
    let Object(value) = serde_json::from_str(text).map_err(|_| explain::<T>(text))?;
    Ok(value)
}

/// Reads a wrong body once more, now following the path, which right bodies need not pay for.
#[cold]
fn explain<'a, T: Deserialize<'a>>(text: &'a str) -> WireError {
    let mut json = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Object<T>>(&mut json) {
        Err(error) => WireError::from_json(&error.path().to_string(), error.inner()),
        // The value itself is right, so what follows it is not.
        Ok(_) => match json.end() {
            Err(error) => WireError::from_json(".", &error),
            Ok(()) => WireError::NotJson { line: 1, column: 1 },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::HexId;

    const LEAST: &str =
        r#""v":1,"site":"shop","id":"5e0c1f5e0c1f5e0c","kind":"page","url":"https://a.example/""#;

    fn error(keys: &str) -> String {
        decode(format!("{{{keys}}}").as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn names_the_key_and_what_was_expected() {
        assert_eq!(error(r#""v":1,"site":"shop""#), "id: required, but missing");
        assert_eq!(error(&format!(r#"{LEAST},"vitals":{{"lcp":"fast"}}"#)), "vitals.lcp: expected a number");
        assert_eq!(
            error(&format!(r#"{LEAST},"third_party":[{{}}]"#)),
            "third_party[0].host: required, but missing"
        );
        assert_eq!(error(&format!(r#"{LEAST},"site":"b""#)), "site: given twice");
        assert_eq!(error(&format!(r#"{LEAST},"device":[390]"#)), "device: expected an object");
    }

    #[test]
    fn never_repeats_what_was_sent() {
        let evil = "<script>, expected <b>";
        for keys in [
            format!(r#""v":1,"site":"{evil}""#),
            format!(r#"{LEAST},"nav":"{evil}""#),
            format!(r#"{LEAST},"vitals":"{evil}""#),
            format!(r#"{LEAST},"{evil}":{{"{evil}":}}"#),
            format!(r#"{LEAST},"conversion":{{"value":"{evil}"}}"#),
            format!(r#"{LEAST},"marks":{{"{evil}":"{evil}"}}"#),
            format!(r#"{LEAST},"marks":{{"{evil}":1,"{evil}":1}}"#),
            format!(r#"{LEAST},"cause":{{"lcp":{{"until":"{evil}"}}}}"#),
        ] {
            assert!(!error(&keys).contains('<'), "{}", error(&keys));
        }
    }

    #[test]
    fn borrows_from_the_body() {
        let body = format!(r#"{{{LEAST},"page":"product"}}"#);
        let decoded = decode(body.as_bytes()).unwrap();
        let page = decoded.beacon.page.unwrap().into_inner();
        assert!(matches!(page, std::borrow::Cow::Borrowed("product")));
    }

    #[test]
    fn a_sale_is_the_conversion_that_its_browser_would_have_sent() {
        let visit = r#""url":"https://a.example/","tz":"Europe/Amsterdam","session":{"id":"9f8a9f8a9f8a9f8a","n":3,"landing":{"lcp":1830}}"#;
        let bought = r#""conversion":{"value":"59.95","currency":"EUR","order":"A123"}"#;
        let sale = format!(r#"{{"v":1,"site":"shop","context":{{{visit}}},{bought}}}"#);
        let sent = format!(
            r#"{{"v":1,"site":"shop","id":"00000000000000000000000000000007","kind":"conversion",{visit},{bought}}}"#
        );
        let beacon = decode_sale(sale.as_bytes()).unwrap().into_beacon(HexId::from(7));
        assert_eq!(Decoded::new(beacon), decode(sent.as_bytes()).unwrap());
        assert_eq!(decode_sale(br#"{"v":1,"site":"shop","context":{}}"#).unwrap_err().key(), "conversion");
    }
}
