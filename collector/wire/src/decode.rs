//! From bytes to a beacon, in one pass where the body is right.

use crate::beacon::Beacon;
use crate::error::WireError;
use crate::key::LeftOut;
use crate::limits::BODY_BYTES_MAX;
use crate::object::Object;

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
    if body.len() > BODY_BYTES_MAX {
        return Err(WireError::TooLong);
    }
    let text = str::from_utf8(body).map_err(|_| WireError::NotUtf8)?;
    let Object(mut beacon) = serde_json::from_str::<Object<Beacon>>(text).map_err(|_| explain(text))?;
    let left_out = beacon.leave_out_impossible();
    Ok(Decoded { beacon, left_out })
}

/// Reads a wrong body once more, now following the path, which right bodies need not pay for.
#[cold]
fn explain(text: &str) -> WireError {
    let mut json = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Object<Beacon>>(&mut json) {
        Err(error) => WireError::from_json(&error.path().to_string(), error.inner()),
        // The beacon itself is right, so what follows it is not.
        Ok(_) => match json.end() {
            Err(error) => WireError::from_json(".", &error),
            Ok(()) => WireError::NotJson { line: 1, column: 1 },
        },
    }
}
