//! Reading a beacon's body within its limits: as sent, chunked or not, and decompressed.

use std::error::Error;
use std::io::{self, Read};

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use graadmeter_wire::limits::BODY_BYTES_MAX;
use http_body_util::BodyExt;
use hyper::Version;
use hyper::body::{Body as _, Incoming};

use crate::limits::{ARRIVAL_MAX, DRAIN_MAX, DRAINED_BYTES_MAX};
use crate::outcome::Outcome;

use super::told::Told;

/// What `sendBeacon` writes, and so nearly everybody: known without a closer look.
const OF_SEND_BEACON: &[u8] = b"text/plain;charset=UTF-8";

/// Reads and decompresses a body, or says how the request ends.
pub(super) async fn read(version: Version, told: &Told<'_>, body: Incoming) -> Result<Bytes, Outcome> {
    if !is_beacon_type(told.content_type) {
        // On HTTP/1.1 hyper reads a small body on by itself. On HTTP/2 the stream would be reset, and some clients
        // (curl 7.88) then lose the answer.
        if version == Version::HTTP_2 {
            drain(body).await;
        }
        return Err(Outcome::UnsupportedMediaType);
    }
    let is_gzip = is_gzip(told.content_encoding)?;
    let sent = if version == Version::HTTP_2 {
        tokio::time::timeout(ARRIVAL_MAX, collect(body)).await.map_err(|_| Outcome::Timeout)??
    } else {
        // Without a timer for each request: the connection gives up reading (`serve::Limits::body_time`).
        collect(body).await?
    };
    if is_gzip { decompress(&sent) } else { Ok(sent) }
}

/// `text/plain` needs no preflight, so browsers send that; tools send `application/json`.
#[must_use]
pub fn is_beacon_type(content_type: Option<&[u8]>) -> bool {
    let value = content_type.unwrap_or_default();
    if value == OF_SEND_BEACON {
        return true;
    }
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"text/plain") || essence.eq_ignore_ascii_case(b"application/json")
}

/// Whether a body is compressed.
///
/// # Errors
///
/// [`Outcome::UnsupportedMediaType`] for an encoding that is not spoken here.
pub fn is_gzip(content_encoding: Option<&[u8]>) -> Result<bool, Outcome> {
    match content_encoding.map(<[u8]>::trim_ascii) {
        None | Some(b"" | b"identity") => Ok(false),
        Some(coding) if coding.eq_ignore_ascii_case(b"gzip") => Ok(true),
        Some(_) => Err(Outcome::UnsupportedMediaType),
    }
}

/// Collects a body up to its limit.
async fn collect(mut body: Incoming) -> Result<Bytes, Outcome> {
    let announced = body.size_hint().lower();
    if announced > BODY_BYTES_MAX as u64 {
        drain(body).await;
        return Err(Outcome::TooLarge);
    }
    let mut collected = BytesMut::with_capacity(announced as usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| how_it_broke(&error))?.into_data() else { continue };
        if collected.len() + data.len() > BODY_BYTES_MAX {
            drain(body).await;
            return Err(Outcome::TooLarge);
        }
        if collected.is_empty() && body.is_end_stream() {
            return Ok(data); // the usual beacon comes in one piece
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}

/// Whether a body broke off or came too slowly, or is no body by the rules of chunks.
fn how_it_broke(error: &hyper::Error) -> Outcome {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    match causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind).next() {
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Outcome::Invalid,
        _ => Outcome::Timeout,
    }
}

/// Reads on for a moment and drops it: who is still sending would not see the answer.
async fn drain(mut body: Incoming) {
    let reading = async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > DRAINED_BYTES_MAX {
                break;
            }
        }
    };
    // Whether it ended by itself or not, enough was done.
    let _ended = tokio::time::timeout(DRAIN_MAX, reading).await;
}

/// Decompresses at most one byte more than is allowed, whatever the archive claims.
///
/// # Errors
///
/// [`Outcome::TooLarge`] past the limit, [`Outcome::Invalid`] for what is no whole archive.
pub fn decompress(sent: &[u8]) -> Result<Bytes, Outcome> {
    let mut plain = Vec::new();
    let limit = BODY_BYTES_MAX as u64 + 1;
    MultiGzDecoder::new(sent).take(limit).read_to_end(&mut plain).map_err(|_| Outcome::Invalid)?;
    if plain.len() > BODY_BYTES_MAX { Err(Outcome::TooLarge) } else { Ok(plain.into()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn decompresses_up_to_the_limit() {
        let most = vec![b' '; BODY_BYTES_MAX];
        assert_eq!(decompress(&gzip(&most)), Ok(Bytes::from(most)));
        assert_eq!(decompress(&gzip(&vec![b' '; BODY_BYTES_MAX + 1])), Err(Outcome::TooLarge));
        assert_eq!(decompress(&gzip(&vec![0; 50_000_000])), Err(Outcome::TooLarge));
        assert_eq!(decompress(b"no gzip"), Err(Outcome::Invalid));
        assert_eq!(decompress(&gzip(b"{}")[..10]), Err(Outcome::Invalid));
    }

    #[test]
    fn knows_the_types_of_a_beacon() {
        for (value, is_beacon) in [
            ("text/plain;charset=UTF-8", true),
            ("application/json", true),
            ("Application/JSON ; charset=utf-8", true),
            ("text/html", false),
            ("text/plainer", false),
            ("", false),
        ] {
            assert_eq!(is_beacon_type(Some(value.as_bytes())), is_beacon, "{value}");
        }
        assert!(!is_beacon_type(None));
    }
}
