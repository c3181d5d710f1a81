//! Which page group: the page's own word, else the first of the site's path rules, else `other`.
//! Never a raw URL.

use globset::GlobMatcher;

/// The group of pages that no word and no rule names.
pub const OTHER: &str = "other";

/// A step of the buying path (AIDA) that a page group belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The four words of the model.
pub enum Stage {
    Awareness,
    Interest,
    Desire,
    Action,
}

impl Stage {
    /// Every stage, in the order of the path.
    pub const ALL: [Self; 4] = [Self::Awareness, Self::Interest, Self::Desire, Self::Action];

    /// Its word in the configuration, and its label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Awareness => "awareness",
            Self::Interest => "interest",
            Self::Desire => "desire",
            Self::Action => "action",
        }
    }
}

/// A rule that names pages by their path.
#[derive(Debug, Clone)]
pub struct PageRule {
    /// The group's name.
    pub name: String,
    /// Which paths: `*` within a segment, `**` across segments.
    pub path: GlobMatcher,
    /// The group's step of the buying path, if it has one.
    pub stage: Option<Stage>,
}

/// Names the group of the page at `path`, whose own word is `word`.
#[must_use]
pub fn place<'a>(rules: &'a [PageRule], word: Option<&'a str>, path: &str) -> &'a str {
    word.or_else(|| rules.iter().find(|rule| rule.path.is_match(path)).map(|rule| &*rule.name))
        .unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[(&str, &str)]) -> Vec<PageRule> {
        let rule = |&(name, path): &(&str, &str)| PageRule {
            name: name.to_owned(),
            path: globset::GlobBuilder::new(path).literal_separator(true).build().unwrap().compile_matcher(),
            stage: None,
        };
        rules.iter().map(rule).collect()
    }

    #[test]
    fn the_first_rule_wins() {
        let rules =
            rules(&[("home", "/"), ("sale", "/p/sale/**"), ("product", "/p/**"), ("category", "/c/*")]);
        let name = |path| place(&rules, None, path);
        assert_eq!(name("/"), "home");
        assert_eq!(name("/p/sale/1"), "sale");
        assert_eq!(name("/p/1/reviews"), "product");
        assert_eq!(name("/c/bags"), "category");
        assert_eq!(name("/c/bags/red"), OTHER);
    }

    #[test]
    fn the_pages_own_word_comes_first() {
        assert_eq!(place(&rules(&[("product", "/**")]), Some("story"), "/p/1"), "story");
    }
}
