//! Google Analytics 4's default channel grouping: the first rule that fits, in Google's order.

use super::origin::TrafficSource;
use super::sources::Category;

/// The standard channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
#[allow(missing_docs)] // Google's names.
pub enum Standard {
    Direct,
    OrganicSearch,
    PaidSearch,
    OrganicSocial,
    PaidSocial,
    Email,
    Affiliate,
    Referral,
    Display,
    OrganicShopping,
    PaidShopping,
    OrganicVideo,
    PaidVideo,
    Sms,
    Push,
    Audio,
    CrossNetwork,
    Other,
}

impl Standard {
    /// Every standard channel, in the order of its number.
    pub const ALL: [Self; 18] = [
        Self::Direct,
        Self::OrganicSearch,
        Self::PaidSearch,
        Self::OrganicSocial,
        Self::PaidSocial,
        Self::Email,
        Self::Affiliate,
        Self::Referral,
        Self::Display,
        Self::OrganicShopping,
        Self::PaidShopping,
        Self::OrganicVideo,
        Self::PaidVideo,
        Self::Sms,
        Self::Push,
        Self::Audio,
        Self::CrossNetwork,
        Self::Other,
    ];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::OrganicSearch => "organic_search",
            Self::PaidSearch => "paid_search",
            Self::OrganicSocial => "organic_social",
            Self::PaidSocial => "paid_social",
            Self::Email => "email",
            Self::Affiliate => "affiliate",
            Self::Referral => "referral",
            Self::Display => "display",
            Self::OrganicShopping => "organic_shopping",
            Self::PaidShopping => "paid_shopping",
            Self::OrganicVideo => "organic_video",
            Self::PaidVideo => "paid_video",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Audio => "audio",
            Self::CrossNetwork => "cross_network",
            Self::Other => "other",
        }
    }
}

/// The channel of a traffic source. Google's "Paid Other" is `other` here.
pub(super) fn group(traffic: &TrafficSource<'_>) -> Standard {
    let (category, source, medium, name) =
        (traffic.category, &*traffic.source, &*traffic.medium, &*traffic.name);
    let unset = |text: &str| matches!(text, "" | "(none)" | "(not set)");
    if matches!(source, "" | "(direct)") && unset(medium) {
        Standard::Direct
    } else if contains(name, "cross-network") {
        Standard::CrossNetwork
    } else if is_paid(medium) {
        paid(category, medium, name)
    } else if is_display(medium) {
        Standard::Display
    } else if category == Some(Category::Shopping) || is_shopping(name) {
        Standard::OrganicShopping
    } else if category == Some(Category::Social) || is_social(medium) {
        Standard::OrganicSocial
    } else if category == Some(Category::Video) || contains(medium, "video") {
        Standard::OrganicVideo
    } else if category == Some(Category::Search) || medium == "organic" {
        Standard::OrganicSearch
    } else {
        by_medium(source, medium)
    }
}

fn paid(category: Option<Category>, medium: &str, name: &str) -> Standard {
    match category {
        Some(Category::Shopping) => Standard::PaidShopping,
        _ if is_shopping(name) => Standard::PaidShopping,
        Some(Category::Search) => Standard::PaidSearch,
        Some(Category::Social) => Standard::PaidSocial,
        Some(Category::Video) => Standard::PaidVideo,
        _ if is_display(medium) => Standard::Display,
        _ => Standard::Other,
    }
}

fn by_medium(source: &str, medium: &str) -> Standard {
    let is_email = |text: &str| matches!(text, "email" | "e-mail" | "e_mail" | "e mail");
    match medium {
        "referral" | "app" | "link" => Standard::Referral,
        _ if is_email(source) || is_email(medium) => Standard::Email,
        "affiliate" => Standard::Affiliate,
        "audio" => Standard::Audio,
        _ if source == "sms" || medium == "sms" => Standard::Sms,
        _ if medium.ends_with("push") || contains(medium, "mobile") || contains(medium, "notification") => {
            Standard::Push
        }
        _ if source == "firebase" => Standard::Push,
        _ => Standard::Other,
    }
}

/// `text.contains(word)`, which for text as short as this costs more than comparing at each place.
#[inline]
fn contains(text: &str, word: &'static str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part == word.as_bytes())
}

/// Google's `^(.*cp.*|ppc|retargeting|paid.*)$`.
fn is_paid(medium: &str) -> bool {
    contains(medium, "cp") || medium == "ppc" || medium == "retargeting" || medium.starts_with("paid")
}

fn is_display(medium: &str) -> bool {
    matches!(medium, "display" | "banner" | "expandable" | "interstitial" | "cpm")
}

/// Google's `^(.*(([^a-df-z]|^)shop|shopping).*)$`: "shop" not inside a word, but "eshop" is fine.
fn is_shopping(name: &str) -> bool {
    let starts_a_word = |at: usize| {
        name[..at].chars().next_back().is_none_or(|before| !matches!(before, 'a'..='d' | 'f'..='z'))
    };
    // Most campaigns have no shop in their name, and are done with one look.
    contains(name, "shop")
        && (contains(name, "shopping") || name.match_indices("shop").any(|(at, _)| starts_a_word(at)))
}

fn is_social(medium: &str) -> bool {
    matches!(medium, "social" | "social-network" | "social-media" | "sm" | "social network" | "social media")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_numbered_in_order() {
        assert!(Standard::ALL.iter().enumerate().all(|(number, &channel)| channel as usize == number));
    }

    #[test]
    fn a_shopping_campaign_is_one_by_its_words() {
        for name in ["shop", "my shop", "eshop", "winter-shop-nl", "google shopping", "xshopping"] {
            assert!(is_shopping(name), "{name}");
        }
        for name in ["workshop", "bishop", "winter", ""] {
            assert!(!is_shopping(name), "{name}");
        }
    }
}
