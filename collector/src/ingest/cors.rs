//! Cross-origin requests (the Fetch standard's CORS protocol): which pages may read the answer to a beacon.
//!
//! The beacon itself needs none of it: `sendBeacon` with text sends `no-cors` and looks at no answer. Pages that
//! send JSON by `fetch` or `sendBeacon` ask first, by `OPTIONS`, and would find an error on their console.
//! An origin that some site lists is named, and may come with credentials, because `sendBeacon` always does; there
//! is nothing in an answer that its reader may not know. Where a site takes any origin, all others get `*`.

use std::collections::HashSet;

use ahash::RandomState;
use bytes::Bytes;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, Request, Response, StatusCode};

use crate::admit::origin::Origins;
use crate::answer::{Body, whole};

use super::told::Told;

/// How long a browser may remember what it was told: a day, of which Chromium takes two hours.
const MAX_AGE_SECONDS: &str = "86400";

/// The origins of all sites.
#[derive(Debug)]
pub(super) struct Cors {
    listed: HashSet<Vec<u8>, RandomState>,
    any: bool,
}

/// Who may read an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// Pages of this origin, with credentials.
    Origin(HeaderValue),
    /// Pages of any origin, without.
    Any,
}

/// Whether a browser asks what it may send.
pub(super) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

impl Cors {
    pub(super) fn new<'a>(sites: impl Iterator<Item = &'a Origins>) -> Self {
        let (mut listed, mut any) = (HashSet::default(), false);
        for origins in sites {
            match origins {
                Origins::Any => any = true,
                Origins::Listed(origins) => {
                    listed.extend(origins.iter().map(|origin| serialized(origin)));
                }
            }
        }
        Self { listed, any }
    }

    /// Who may read the answer, if a page can look at it and its origin is allowed.
    pub(super) fn allowance(&self, told: &Told<'_>) -> Option<Allowance> {
        // So it is for most beacons, where the page can't look at the answer.
        if told.fetch_mode == Some(b"no-cors") {
            return None;
        }
        let origin = told.origin?;
        if self.listed.contains(origin) {
            return HeaderValue::from_bytes(origin).ok().map(Allowance::Origin);
        }
        self.any.then_some(Allowance::Any)
    }

    /// Answers a preflight. It is no beacon, and so is counted among none.
    pub(super) fn preflight(&self, headers: &HeaderMap) -> Response<Body> {
        let mut response = Response::new(whole(Bytes::new()));
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        if let Some(allowance) = self.allowance(&Told::of(headers, None)) {
            allowance.write(answer);
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            answer.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("content-type, content-encoding"),
            );
            answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_SECONDS));
        } else {
            answer.insert(VARY, HeaderValue::from_static("origin"));
        }
        response
    }
}

impl Allowance {
    /// Writes it among an answer's headers.
    pub(super) fn write(self, headers: &mut HeaderMap) {
        match self {
            Self::Origin(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
            Self::Any => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
        }
        headers.insert(VARY, HeaderValue::from_static("origin"));
    }
}

/// An origin as browsers write it: in lower case, and without the port that goes without saying.
fn serialized(origin: &str) -> Vec<u8> {
    let origin = origin.to_ascii_lowercase();
    let bare = match origin.split_once("://") {
        Some(("https", _)) => origin.strip_suffix(":443"),
        Some(("http", _)) => origin.strip_suffix(":80"),
        _ => None,
    };
    bare.unwrap_or(&origin).into()
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderName;

    use super::*;

    fn allowance(cors: &Cors, headers: &[(&'static str, &'static str)]) -> Option<Allowance> {
        let headers: HeaderMap = headers
            .iter()
            .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        cors.allowance(&Told::of(&headers, None))
    }

    fn origin(origin: &'static str) -> Allowance {
        Allowance::Origin(HeaderValue::from_static(origin))
    }

    #[test]
    fn only_an_origin_that_is_listed_is_named() {
        let origins =
            Origins::Listed(vec!["https://WWW.shop.example:443".into(), "http://b.example:8080".into()]);
        let cors = Cors::new([&origins].into_iter());
        let of = |value| allowance(&cors, &[("origin", value)]);
        assert_eq!(of("https://www.shop.example"), Some(origin("https://www.shop.example")));
        assert_eq!(of("http://b.example:8080"), Some(origin("http://b.example:8080")));
        for other in ["https://evil.example", "http://www.shop.example", "null", "https://b.example:8080", ""]
        {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(allowance(&cors, &[]), None);
    }

    #[test]
    fn where_any_may_come_nobody_is_named_who_is_not_listed() {
        let listed = Origins::Listed(vec!["https://www.shop.example".into()]);
        let cors = Cors::new([&listed, &Origins::Any].into_iter());
        assert_eq!(allowance(&cors, &[("origin", "https://evil.example")]), Some(Allowance::Any));
        assert_eq!(
            allowance(&cors, &[("origin", "https://www.shop.example")]),
            Some(origin("https://www.shop.example"))
        );
    }

    #[test]
    fn who_can_not_look_is_told_nothing() {
        let cors = Cors::new([&Origins::Any].into_iter());
        assert_eq!(allowance(&cors, &[("origin", "https://a.example"), ("sec-fetch-mode", "no-cors")]), None);
        let cors_mode = [("origin", "https://a.example"), ("sec-fetch-mode", "cors")];
        assert_eq!(allowance(&cors, &cors_mode), Some(Allowance::Any));
    }
}
