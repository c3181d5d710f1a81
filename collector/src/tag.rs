//! The tag for a shop's pages, as `graadmeter-collector tag` prints it: nobody should have to compute a digest by hand.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use graadmeter_wire::SiteId;
use sha2::{Digest, Sha384};
use url::Url;

use crate::address::{Addresses, Version};
use crate::config::Config;
use crate::ingest::script::BEACON;

/// The site of a collector without configuration.
const SITE_USUAL: &str = "default";

/// Why there is no tag.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// Pages can't load a script from there.
    #[error(
        "write the address by which pages reach the collector, without query and fragment, such as \
         https://metrics.shop.example"
    )]
    NoAddress,
    /// It can't be the id of a site.
    #[error("this is not {}", SiteId::SHAPE)]
    NoSite,
    /// The configuration does not have it.
    #[error("the configuration has no site `{0}`; it has {1}")]
    UnknownSite(String, String),
    /// It is not said which one.
    #[error("the configuration has several sites: say which one with --site, of {0}")]
    WhichSite(String),
}

/// Where pages reach the collector: its address on the web, with a path where a proxy gives it one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl FromStr for PublicUrl {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let url = Url::parse(text).map_err(|_| TagError::NoAddress)?;
        let is_plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let is_web = matches!(url.scheme(), "http" | "https");
        if is_plain && is_web { Ok(Self(url)) } else { Err(TagError::NoAddress) }
    }
}

impl PublicUrl {
    fn with(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}

/// The id of the site that a tag is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site(String);

impl FromStr for Site {
    type Err = TagError;

    fn from_str(id: &str) -> Result<Self, TagError> {
        SiteId::new(id).map(|id| Self(id.to_string())).ok_or(TagError::NoSite)
    }
}

/// The tag of one site, with its `integrity`, and the plain one in a comment.
#[derive(Debug)]
pub struct Tag<'a> {
    collector: &'a PublicUrl,
    addresses: Addresses,
    site: Site,
}

impl<'a> Tag<'a> {
    /// The tag of a site of this configuration, which need not be named where it is the only one. Without a
    /// configuration, whatever site is named is believed.
    ///
    /// # Errors
    ///
    /// When it is not one of the configuration's sites.
    pub fn new(
        config: Option<&Config>,
        collector: &'a PublicUrl,
        site: Option<Site>,
    ) -> Result<Self, TagError> {
        let Some(config) = config else {
            let site = site.unwrap_or_else(|| Site(SITE_USUAL.to_owned()));
            return Ok(Self { collector, addresses: Addresses::default(), site });
        };
        let sites: Vec<&str> = config.sites.iter().map(|site| &*site.id).collect();
        let site = match (site, &*sites) {
            (None, [only]) => Site((*only).to_owned()),
            (None, _) => return Err(TagError::WhichSite(sites.join(", "))),
            (Some(site), _) if sites.contains(&&*site.0) => site,
            (Some(site), _) => return Err(TagError::UnknownSite(site.0, sites.join(", "))),
        };
        Ok(Self { collector, addresses: config.addresses.clone(), site })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, pinned: Option<Version>) -> fmt::Result {
        let address = |path: &str| in_quotes(&self.collector.with(path));
        write!(f, "<script async src={}", address(&self.addresses.script_path(pinned)))?;
        if pinned.is_some() {
            write!(f, " integrity={} crossorigin=\"anonymous\"", in_quotes(&integrity(BEACON)))?;
        }
        if let Some(path) = self.addresses.endpoint_path() {
            write!(f, " data-endpoint={}", address(path))?;
        }
        write!(f, " data-site={}></script>", in_quotes(&self.site.0))
    }
}

impl fmt::Display for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Some(Version::of(BEACON)))?;
        f.write_str(
            "\n<!-- With `integrity` nothing is loaded once the collector has been upgraded, until the tag is printed \
             anew. The plain tag goes on:\n",
        )?;
        self.write(f, None)?;
        f.write_str("\n-->\n")
    }
}

/// The digest by which a browser knows a file (Subresource Integrity, section 3.1).
fn integrity(file: &[u8]) -> String {
    format!("sha384-{}", BASE64.encode(Sha384::digest(file)))
}

/// An attribute's value in HTML. A URL has no quotes, but may have what looks like a character reference.
fn in_quotes(value: &str) -> String {
    format!("\"{}\"", value.replace('&', "&amp;").replace('"', "&quot;"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        Config::parse(text, Path::new(".")).unwrap()
    }

    fn url(text: &str) -> PublicUrl {
        text.parse().unwrap()
    }

    fn site(id: &str) -> Site {
        id.parse().unwrap()
    }

    const SHOP: &str = "[[site]]\nid = \"shop\"\norigins = [\"*\"]\n";

    #[test]
    fn integrity_is_that_of_the_specification() {
        // The example of Subresource Integrity, section 3.1, which openssl computes too.
        let digest = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        assert_eq!(integrity(b"alert('Hello, world.');"), digest);
    }

    #[test]
    fn the_plain_tag_is_the_documented_one() {
        let collector = url("https://metrics.shop.example");
        let tag = Tag::new(Some(&config(SHOP)), &collector, None).unwrap().to_string();
        let plain =
            r#"<script async src="https://metrics.shop.example/beacon.js" data-site="shop"></script>"#;
        assert_eq!(tag.lines().nth(2), Some(plain));
        let named = format!("[script]\npath = \"/a/pulse.js\"\nreport_to = \"/a/p\"\n{SHOP}");
        let tag = Tag::new(Some(&config(&named)), &collector, Some(site("shop"))).unwrap().to_string();
        let plain = r#"<script async src="https://metrics.shop.example/a/pulse.js" data-endpoint="https://metrics.shop.example/a/p" data-site="shop"></script>"#;
        assert_eq!(tag.lines().nth(2), Some(plain));
    }

    #[test]
    fn a_proxy_may_give_the_collector_a_path() {
        let collector = url("https://www.shop.example/r&copy=/");
        let tag = Tag::new(None, &collector, Some(site("a"))).unwrap().to_string();
        assert!(
            tag.contains(r#"src="https://www.shop.example/r&amp;copy=/beacon.js" data-site="a""#),
            "{tag}"
        );
    }

    #[test]
    fn the_site_is_one_of_the_configuration() {
        let two = config(&format!("{SHOP}{}", SHOP.replace("shop", "outlet")));
        let collector = url("http://127.0.0.1:8787");
        let of = |config, site| Tag::new(config, &collector, site).map(|tag| tag.site.0);
        assert_eq!(of(None, None).unwrap(), "default");
        assert_eq!(of(Some(&two), Some(site("outlet"))).unwrap(), "outlet");
        assert_eq!(of(Some(&two), None), Err(TagError::WhichSite("shop, outlet".to_owned())));
        let unknown = TagError::UnknownSite("shoq".to_owned(), "shop, outlet".to_owned());
        assert_eq!(of(Some(&two), Some(site("shoq"))), Err(unknown));
        for wrong in ["", "a b", "\"", "ü"] {
            assert_eq!(wrong.parse::<Site>(), Err(TagError::NoSite), "{wrong}");
        }
    }

    #[test]
    fn pages_load_scripts_from_the_web_alone() {
        for wrong in [
            "",
            "metrics.shop.example",
            "ftp://a",
            "file:///a",
            "https://me@a",
            "https://a?b",
            "https://a#b",
            "data:,",
        ] {
            assert_eq!(wrong.parse::<PublicUrl>(), Err(TagError::NoAddress), "{wrong}");
        }
    }
}
