//! URLs of pages and referrers, split without allocating.
//!
//! Only three things are ever asked of them: the origin (may this site send?), the host (which channel?)
//! and the path (which page group?). Browsers send what the WHATWG URL parser made, so splitting is
//! enough; a test compares with that parser.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::{Serialize, Serializer};

use crate::eight::{below, equal, find};
use crate::limits::URL_BYTES_MAX;
use crate::text::Text;

/// The parts of an absolute URL that placing looks at, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// Before `://`, as written (browsers write it in lower case).
    pub scheme: &'a str,
    /// Between `://` and the path: host and, if written, port; without user information.
    pub authority: &'a str,
    /// From the first `/` up to the query or fragment; `/` when there is none.
    pub path: &'a str,
}

impl<'a> UrlParts<'a> {
    /// Splits `scheme://authority/path?query#fragment`; nothing if it has no scheme or no host.
    #[must_use]
    pub fn split(url: &'a str) -> Option<Self> {
        Places::of(url).map(|places| places.parts(url))
    }

    /// The host without its port.
    #[must_use]
    pub fn host(&self) -> &'a str {
        host(self.authority)
    }

    /// Whether this is the `scheme://authority` that `origin` writes, letter case aside.
    #[must_use]
    pub fn has_origin(&self, origin: &str) -> bool {
        origin.split_once("://").is_some_and(|(scheme, authority)| {
            scheme.eq_ignore_ascii_case(self.scheme) && authority.eq_ignore_ascii_case(self.authority)
        })
    }
}

/// An authority without its port.
fn host(authority: &str) -> &str {
    // Most have none.
    if find(authority.as_bytes(), |bytes| equal(bytes, b':')).is_none() {
        return authority;
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Where the parts of a URL are: it is split once, and asked for them often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places {
    scheme_end: usize,
    authority_start: usize,
    authority_end: usize,
    path_end: usize,
}

impl Places {
    fn of(url: &str) -> Option<Self> {
        let bytes = url.as_bytes();
        let scheme_end = if bytes.starts_with(b"https:") { "https".len() } else { scheme_length(bytes)? };
        let after_scheme = scheme_end + "://".len();
        let rest = bytes[scheme_end..].strip_prefix(b"://")?;
        let authority_length =
            find(rest, |bytes| equal(bytes, b'/') | equal(bytes, b'?') | equal(bytes, b'#'))
                .unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(authority_length);
        let authority_end = after_scheme + authority_length;
        let path_length = find(rest, |bytes| equal(bytes, b'?') | equal(bytes, b'#')).unwrap_or(rest.len());
        // Few have user information before their host.
        let user_length = match find(authority, |bytes| equal(bytes, b'@')) {
            Some(_) => authority.iter().rposition(|&byte| byte == b'@').map_or(0, |at| at + 1),
            None => 0,
        };
        let has_host = match authority[user_length..] {
            [] => false,
            // Perhaps nothing but a port.
            [b':', ..] => !host(&url[after_scheme + user_length..authority_end]).is_empty(),
            _ => true,
        };
        has_host.then_some(Self {
            scheme_end,
            authority_start: after_scheme + user_length,
            authority_end,
            path_end: authority_end + path_length,
        })
    }

    #[inline]
    fn parts(self, url: &str) -> UrlParts<'_> {
        let part = |from, to| url.get(from..to).unwrap_or_default();
        let path = part(self.authority_end, self.path_end);
        UrlParts {
            scheme: part(0, self.scheme_end),
            authority: part(self.authority_start, self.authority_end),
            path: if path.is_empty() { "/" } else { path },
        }
    }
}

/// The length of any scheme (RFC 3986, section 3.1).
fn scheme_length(url: &[u8]) -> Option<usize> {
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let length = url.iter().position(|&byte| !is_scheme(byte))?;
    url.first()?.is_ascii_alphabetic().then_some(length)
}

/// An absolute `http` or `https` URL of at most 4,096 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl<'a> {
    text: Cow<'a, str>,
    places: Places,
}

impl<'a> HttpUrl<'a> {
    /// A page that nobody named: a host that can't be (RFC 2606, section 2).
    pub const UNKNOWN: HttpUrl<'static> = HttpUrl {
        text: Cow::Borrowed("https://unknown.invalid/"),
        places: Places { scheme_end: 5, authority_start: 8, authority_end: 23, path_end: 24 },
    };

    /// What a page's URL looks like, for error messages.
    pub const SHAPE: &'static str = "an absolute http or https URL of at most 4096 bytes";

    /// Takes `url` if it is absolute, `http` or `https`, and keeps the limit.
    pub fn new(url: impl Into<Cow<'a, str>>) -> Option<Self> {
        let text = url.into();
        let is_no_part_of_a_url = |bytes| below(bytes, b' ' + 1) | equal(bytes, 0x7f);
        if text.len() > URL_BYTES_MAX || find(text.as_bytes(), is_no_part_of_a_url).is_some() {
            return None;
        }
        let places = Places::of(&text)?;
        let scheme = &text[..places.scheme_end];
        let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        is_web.then_some(Self { text, places })
    }

    /// Its parts.
    #[must_use]
    #[inline]
    pub fn parts(&self) -> UrlParts<'_> {
        self.places.parts(&self.text)
    }
}

impl fmt::Display for HttpUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for HttpUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for HttpUrl<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::<'de, URL_BYTES_MAX>::deserialize(deserializer)?;
        Self::new(text.into_inner())
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Other("text"), &Self::SHAPE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splits_what_browsers_send() {
        let parts = UrlParts::split("https://www.shop.example:8443/p/123?q=1#top");
        assert_eq!(
            parts,
            Some(UrlParts { scheme: "https", authority: "www.shop.example:8443", path: "/p/123" })
        );
        assert_eq!(parts.map(|parts| parts.host()), Some("www.shop.example"));
        assert_eq!(UrlParts::split("http://[::1]:80/").map(|parts| parts.host()), Some("[::1]"));
        assert_eq!(UrlParts::split("http://[::1]").map(|parts| parts.host()), Some("[::1]"));
        assert_eq!(UrlParts::split("https://shop.example?x=/y").map(|parts| parts.path), Some("/"));
        assert_eq!(
            UrlParts::split("android-app://com.google.android.gm/").map(|parts| parts.host()),
            Some("com.google.android.gm")
        );
    }

    #[test]
    fn refuses_what_is_no_page() {
        let long = format!("https://a.example/{}", "x".repeat(URL_BYTES_MAX));
        for url in
            ["", "/p/1", "https://", "https:///p", "ftp://a.example/", "javascript:alert(1)", "://a", &long]
        {
            assert!(HttpUrl::new(url).is_none(), "{url}");
        }
        assert!(HttpUrl::new("https://a.example/a b").is_none());
        assert!(HttpUrl::new("https://:80/").is_none());
    }

    #[test]
    fn the_unknown_page_is_split_like_any() {
        assert_eq!(HttpUrl::new("https://unknown.invalid/"), Some(HttpUrl::UNKNOWN));
    }

    proptest! {
        #[test]
        fn agrees_with_the_whatwg_parser(url in r"https?://([a-z]{1,5}(:[a-z]{0,3})?@)?[a-z0-9]{1,8}(\.[a-z]{2,5}){0,2}(:[0-9]{2,4})?(/[a-zA-Z0-9._~-]{0,6}){0,3}(\?[a-z=&/]{0,9})?(#[a-z/?@]{0,6})?") {
            let Ok(truth) = ::url::Url::parse(&url) else { return Ok(()) };
            // A browser has normalised what it sends; so does the test.
            let sent = truth.as_str();
            let parts = HttpUrl::new(sent).map(|url| (url.parts().host().to_owned(), url.parts().path.to_owned()));
            prop_assert_eq!(parts, Some((truth.host_str().unwrap_or("").to_owned(), truth.path().to_owned())));
            let origin = truth.origin().ascii_serialization();
            prop_assert!(UrlParts::split(sent).is_some_and(|parts| parts.has_origin(&origin)));
        }

        #[test]
        fn never_panics(url in any::<String>()) {
            if let Some(parts) = UrlParts::split(&url) {
                prop_assert!(!parts.host().is_empty() && parts.path.starts_with('/'));
            }
        }
    }
}
