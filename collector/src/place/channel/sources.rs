//! What kind of site a source of traffic is: a search engine, a social network, a video or shopping site,
//! a web mailer.

use std::collections::HashMap;

/// Source and category, a line each.
const TABLE: &str = include_str!("sources.tsv");

/// Second-level labels under which countries register names (`co.uk`, `com.tr`).
const SHARED_LABELS: [&str; 7] = ["co", "com", "net", "org", "ne", "or", "gov"];

/// What kind of site a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Search,
    Social,
    Video,
    Shopping,
    Mail,
}

/// The known sources.
#[derive(Debug)]
pub struct Sources(HashMap<&'static str, Category>);

impl Sources {
    /// Reads the table, once at start.
    #[must_use]
    pub fn new() -> Self {
        let rows = TABLE.lines().filter_map(|line| line.split_once('\t'));
        let category = |word| match word {
            "search" => Some(Category::Search),
            "social" => Some(Category::Social),
            "video" => Some(Category::Video),
            "shopping" => Some(Category::Shopping),
            "mail" => Some(Category::Mail),
            _ => None,
        };
        Self(rows.filter_map(|(source, word)| Some((source, category(word)?))).collect())
    }

    /// The category of a source's name or host, in lower case.
    pub(super) fn category(&self, source: &str) -> Option<Category> {
        let known = |name: &str| self.0.get(name).copied();
        let mut domain = Some(source);
        while let Some(name) = domain {
            if let Some(category) = known(name) {
                return Some(category);
            }
            domain = name.split_once('.').map(|(_, parent)| parent).filter(|parent| parent.contains('.'));
        }
        brand(source).and_then(known)
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::new()
    }
}

/// The label that a company registers: `google` of `www.google.com` and of `google.co.uk`.
fn brand(host: &str) -> Option<&str> {
    let mut labels = host.rsplit('.');
    let _top = labels.next()?;
    let second = labels.next()?;
    if SHARED_LABELS.contains(&second) { labels.next() } else { Some(second) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_category() {
        assert_eq!(Sources::new().0.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
    }

    #[test]
    fn the_longest_name_decides() {
        let sources = Sources::new();
        assert_eq!(sources.category("mail.google.com"), Some(Category::Mail));
        assert_eq!(sources.category("shopping.google.com"), Some(Category::Shopping));
        assert_eq!(sources.category("www.google.com.tr"), Some(Category::Search));
        assert_eq!(sources.category("google"), Some(Category::Search));
        assert_eq!(sources.category("google.evil.example"), None);
        assert_eq!(sources.category("com"), None);
        assert_eq!(sources.category(""), None);
    }
}
