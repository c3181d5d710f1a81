//! Which pages may report for a site. A filter against mistakes and copied pages, not authentication.

use graadmeter_wire::UrlParts;

/// The origins that a site lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Any page may report: for trying out.
    Any,
    /// Pages of these origins, `https://www.shop.example`.
    Listed(Vec<String>),
}

impl Origins {
    /// Whether a beacon about `page`, sent with the header `Origin: header`, may count.
    ///
    /// Browsers write `null` (for privacy, or from a sandboxed frame) or nothing at all, and a probe has no
    /// origin; then the page that the beacon is about decides.
    #[must_use]
    pub fn allow(&self, header: Option<&str>, page: UrlParts<'_>) -> bool {
        let Self::Listed(origins) = self else { return true };
        let asked = match header {
            None | Some("null") => page,
            Some(origin) => match UrlParts::split(origin) {
                Some(parts) => parts,
                None => return false,
            },
        };
        origins.iter().any(|origin| asked.has_origin(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(header: Option<&str>, page: &str) -> bool {
        let origins = Origins::Listed(vec!["https://www.shop.example".to_owned()]);
        UrlParts::split(page).is_some_and(|page| origins.allow(header, page))
    }

    #[test]
    fn the_header_decides_where_there_is_one() {
        let page = "https://www.shop.example/p/1";
        assert!(allowed(Some("https://www.shop.example"), page));
        assert!(allowed(Some("HTTPS://WWW.SHOP.EXAMPLE"), page));
        for other in [
            "https://evil.example",
            "http://www.shop.example",
            "https://www.shop.example:444",
            "https://www.shop.example.evil.example",
            "x",
            "",
        ] {
            assert!(!allowed(Some(other), page), "{other}");
        }
    }

    #[test]
    fn the_page_decides_where_there_is_none() {
        assert!(allowed(None, "https://www.shop.example/"));
        assert!(allowed(Some("null"), "https://www.shop.example/"));
        assert!(!allowed(None, "https://evil.example/https://www.shop.example"));
        assert!(!allowed(Some("null"), "https://www.shop.example@evil.example/"));
    }

    #[test]
    fn any_is_any() {
        let page = UrlParts { scheme: "http", authority: "localhost", path: "/" };
        assert!(Origins::Any.allow(Some("https://evil.example"), page));
    }
}
