//! The beacon's built scripts, embedded, with an ETag and sensible caching: `GET /beacon.js`, which changes with the
//! collector, and `GET /beacon-VERSION.js`, which never does.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, IF_NONE_MATCH, VARY,
};
use hyper::{Method, Response, StatusCode};

use crate::address::Version;
use crate::answer::{Body, whole};

/// The script of every page, as `beacon-js` builds it.
pub const BEACON: &[u8] = include_bytes!("../../../beacon-js/dist/beacon.js");
/// What it fetches on the pages of some shops.
const MORE: &[u8] = include_bytes!("../../../beacon-js/dist/beacon-more.js");

/// An hour without asking, then a day in which the old one still serves while the new one is fetched.
const CACHING: &str = "public, max-age=3600, stale-while-revalidate=86400";
/// A year, which is as good as for ever, where the address names this very file (RFC 8246).
const CACHING_PINNED: &str = "public, max-age=31536000, immutable";

/// A script, ready to be sent plain or compressed.
#[derive(Debug)]
pub(super) struct Script {
    plain: &'static [u8],
    gzip: Option<Bytes>,
    version: Version,
    etag: HeaderValue,
}

impl Script {
    /// The script of every page.
    pub(super) fn beacon() -> Self {
        Self::new(BEACON)
    }

    /// What it fetches where its tag asks for more.
    pub(super) fn more() -> Self {
        Self::new(MORE)
    }

    fn new(plain: &'static [u8]) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let gzip = encoder.write_all(plain).and_then(|()| encoder.finish());
        let version = Version::of(plain);
        // Weak, because the compressed script is the same one in other bytes.
        let etag = format!("W/\"{version}\"");
        Self {
            plain,
            // Writing to memory does not fail; were it to, the plain script would serve.
            gzip: gzip.ok().map(Bytes::from),
            version,
            etag: HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("W/\"beacon\"")),
        }
    }

    /// Answers a request to an address that may be pinned to a version. One that is pinned to another gets this script
    /// all the same, so that pages go on reporting after an upgrade, but not for ever: nobody knows what will be there.
    pub(super) fn answer(
        &self,
        method: &Method,
        headers: &HeaderMap,
        pinned: Option<Version>,
    ) -> Response<Body> {
        if method != Method::GET && method != Method::HEAD {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        let mut response = if self.is_known(headers) {
            empty(StatusCode::NOT_MODIFIED)
        } else {
            self.whole(method, headers)
        };
        let answer = response.headers_mut();
        answer.insert(ETAG, self.etag.clone());
        let caching = if pinned == Some(self.version) { CACHING_PINNED } else { CACHING };
        answer.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        answer.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        response
    }

    fn whole(&self, method: &Method, headers: &HeaderMap) -> Response<Body> {
        let gzip = self.gzip.as_ref().filter(|_| accepts_gzip(headers));
        let script = gzip.cloned().unwrap_or(Bytes::from_static(self.plain));
        let length = HeaderValue::from(script.len());
        let mut response = Response::new(whole(if method == Method::HEAD { Bytes::new() } else { script }));
        let answer = response.headers_mut();
        answer.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
        answer.insert(CONTENT_LENGTH, length);
        if gzip.is_some() {
            answer.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        // Any page may load it, also with `crossorigin` and `integrity`, and under a cross-origin policy, and
        // may see in its own Resource Timing what that costs.
        answer.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        answer.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        answer.insert("timing-allow-origin", HeaderValue::from_static("*"));
        answer.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
        response
    }

    /// Whether the client has this very script (RFC 9110, section 13.1.2: weak comparison).
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let etag = self.etag.to_str().unwrap_or_default();
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        lists(headers, &IF_NONE_MATCH).any(|tag| tag.trim() == "*" || bare(tag) == bare(etag))
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(whole(Bytes::new()));
    *response.status_mut() = status;
    response
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    lists(headers, &ACCEPT_ENCODING).any(|coding| {
        let mut parts = coding.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let refused = parts.any(|part| matches!(part.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        name.eq_ignore_ascii_case("gzip") && !refused
    })
}

fn lists<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','))
}
