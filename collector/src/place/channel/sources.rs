//! What kind of site a source of traffic is: a search engine, a social network, a video or shopping site,
//! a web mailer.

use std::collections::HashMap;

use ahash::RandomState;

/// Source and category, a line each; its head says what the three ways to write a source mean.
const TABLE: &str = include_str!("sources.tsv");

/// Second-level labels under which countries register names (`co.uk`, `com.tr`).
const SHARED_LABELS: [&str; 7] = ["co", "com", "net", "org", "ne", "or", "gov"];

/// Longest host that names anything (RFC 1035, section 2.3.4, as text).
const HOST_BYTES_MAX: usize = 253;

/// What kind of site a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Search,
    Social,
    Video,
    Shopping,
    Mail,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
struct Known {
    category: Category,
    /// Whether the company's sites under every top-level domain are meant too.
    everywhere: bool,
}

/// The known sources.
#[derive(Debug)]
pub struct Sources(HashMap<&'static str, Known, RandomState>);

impl Sources {
    /// Reads the table, once at start.
    #[must_use]
    pub fn new() -> Self {
        Self(TABLE.lines().filter_map(row).collect())
    }

    /// The category of a source's name or host, in lower case.
    pub(super) fn category(&self, source: &str) -> Option<Category> {
        if source.len() > HOST_BYTES_MAX {
            return None;
        }
        if let Some(known) = self.0.get(source) {
            return Some(known.category);
        }
        // The longest name that the host stands under decides: mail.google.com before google.com.
        let mut dots = dots(source).peekable();
        while let (Some(dot), Some(_)) = (dots.next(), dots.peek()) {
            let (before, parent) = source.split_at(dot + 1);
            if let Some(known) = self.0.get(parent) {
                return known.of_site(before);
            }
        }
        let (before, brand) = brand(source)?;
        self.0.get(brand).filter(|known| known.everywhere)?.of_site(before)
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}

impl Known {
    /// The category of a site with these labels before the company's name. A search engine's company has other
    /// sites too (`docs.google.com`), which are no search: only its start pages and its search are.
    fn of_site(self, before: &str) -> Option<Category> {
        // Countries and numbered machines: nl.search.yahoo.com, r.search.yahoo.com.
        let is_search = |label: &str| {
            label.len() <= 2
                || matches!(label, "www" | "search" | "websearch" | "images" | "lite" | "wap" | "ntp")
        };
        let labels = before.split_terminator('.');
        (self.category != Category::Search || labels.into_iter().all(is_search)).then_some(self.category)
    }
}

fn row(line: &'static str) -> Option<(&'static str, Known)> {
    let (source, word) = line.split_once('\t')?;
    let category = match word {
        "search" => Category::Search,
        "social" => Category::Social,
        "video" => Category::Video,
        "shopping" => Category::Shopping,
        "mail" => Category::Mail,
        _ => return None,
    };
    let brand = source.strip_suffix(".*");
    Some((brand.unwrap_or(source), Known { category, everywhere: brand.is_some() }))
}

/// The places of a host's dots. Labels are so short that looking at each byte is the fastest way.
fn dots(host: &str) -> impl DoubleEndedIterator<Item = usize> {
    host.bytes().enumerate().filter(|(_, byte)| *byte == b'.').map(|(place, _)| place)
}

/// The label that a company registers, and what stands before it: `google` of `www.google.com` and of `google.co.uk`.
fn brand(host: &str) -> Option<(&str, &str)> {
    let mut dots = dots(host).rev();
    let mut end = dots.next()?;
    let mut before = dots.next();
    if let Some(dot) = before
        && SHARED_LABELS.contains(&&host[dot + 1..end])
    {
        end = dot;
        before = dots.next();
    }
    Some(host[..end].split_at(before.map_or(0, |dot| dot + 1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_row_has_a_category_of_its_own() {
        assert_eq!(Sources::new().0.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
    }

    #[test]
    fn the_longest_name_decides() {
        let sources = Sources::new();
        for (source, category) in [
            ("google", Some(Category::Search)),
            ("google.com", Some(Category::Search)),
            ("www.google.com.tr", Some(Category::Search)),
            ("www.google.co.uk", Some(Category::Search)),
            ("nl.search.yahoo.com", Some(Category::Search)),
            ("search.yahoo.co.jp", Some(Category::Search)),
            ("m.baidu.com", Some(Category::Search)),
            ("mail.google.com", Some(Category::Mail)),
            ("mail.yahoo.co.jp", Some(Category::Mail)),
            ("shopping.google.com", Some(Category::Shopping)),
            ("groups.google.com", Some(Category::Social)),
            ("docs.google.com", None),
            ("finance.yahoo.com", None),
            ("google.evil.example", None),
            ("line", Some(Category::Social)),
            ("line.me", Some(Category::Social)),
            ("line.example", None),
            ("de.linkedin.com", Some(Category::Social)),
            ("l.facebook.com", Some(Category::Social)),
            ("nl.pinterest.com", Some(Category::Social)),
            ("smile.amazon.de", Some(Category::Shopping)),
            ("music.youtube.com", Some(Category::Video)),
            ("com", None),
            ("com.tr", None),
            (".", None),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(sources.category(source), category, "{source}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_category_or_none(source in any::<String>(), before in "[a-z.]{0,300}") {
            let sources = Sources::new();
            sources.category(&source);
            sources.category(&before);
            sources.category(&format!("{before}.google.com"));
        }

        #[test]
        fn below_a_social_network_everything_is_social(before in "[a-z]{1,9}(\\.[a-z]{1,9}){0,3}") {
            prop_assert_eq!(Sources::new().category(&format!("{before}.pinterest.com")), Some(Category::Social));
        }
    }
}
