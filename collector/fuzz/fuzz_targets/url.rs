//! URLs of pages, referrers and origins, against the parser of the WHATWG's rules.

#![no_main]

use graadmeter_wire::{HttpUrl, UrlParts, limits};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|input: &str| {
    if let Some(parts) = UrlParts::split(input) {
        assert!(!parts.host().is_empty() && parts.path.starts_with('/'), "{parts:?}");
        assert!(!parts.authority.contains(['/', '?', '#', '@']), "{parts:?}");
        assert!(parts.authority.starts_with(parts.host()), "{parts:?}");
        assert!(!parts.path.contains(['?', '#']), "{parts:?}");
    }
    if let Some(url) = HttpUrl::new(input) {
        assert_eq!(url.to_string(), input);
        assert_eq!(Some(url.parts()), UrlParts::split(input));
        assert!(!input.contains(char::is_whitespace) || !input.is_ascii(), "{input:?}");
    }
    // A browser has normalised what it sends.
    let Ok(truth) = Url::parse(input) else { return };
    let sent = truth.as_str();
    if !matches!(truth.scheme(), "http" | "https") {
        assert!(HttpUrl::new(sent).is_none(), "{sent}");
        return;
    }
    if sent.len() > limits::URL_BYTES_MAX {
        return;
    }
    let url = HttpUrl::new(sent).unwrap_or_else(|| panic!("a browser may send {sent}"));
    let parts = url.parts();
    assert_eq!((Some(parts.host()), parts.path), (truth.host_str(), truth.path()), "{sent}");
    assert!(parts.has_origin(&truth.origin().ascii_serialization()), "{sent}");
});
