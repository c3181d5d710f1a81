//! Which channel brought the visitor: the page's word, the site's rules, then Google Analytics 4's default
//! channel grouping (support.google.com/analytics/answer/9756891), from what is known of the landing.
//!
//! As in Google Analytics, campaign parameters come before click ids, and those before the referrer.

mod grouping;
mod origin;
mod sources;

use std::borrow::Cow;

use globset::GlobMatcher;
use graadmeter_wire::{Campaign, UrlParts};

use crate::observation::Channel;

pub use self::grouping::Standard;
pub use self::sources::Sources;

use self::origin::TrafficSource;

/// A site's own rule: every pattern that it has must match, whatever the letters' case.
#[derive(Debug, Clone)]
pub struct ChannelRule {
    /// The channel's name.
    pub name: String,
    /// Pattern of the source: `utm_source`, or the referrer's host.
    pub source: Option<GlobMatcher>,
    /// Pattern of the medium: `utm_medium`.
    pub medium: Option<GlobMatcher>,
    /// Pattern of the campaign's name: `utm_campaign`.
    pub campaign: Option<GlobMatcher>,
    /// Pattern of the referrer's host.
    pub referrer: Option<GlobMatcher>,
}

/// What is known of a landing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Landing<'a> {
    /// The page's own word for the channel.
    pub word: Option<&'a str>,
    /// Campaign parameters and click id.
    pub campaign: Option<&'a Campaign<'a>>,
    /// `document.referrer`
    pub referrer: Option<&'a str>,
    /// The host of the shop itself, which refers nobody to itself.
    pub own_host: &'a str,
}

/// The channels of one site: the standard ones, then its own.
#[derive(Debug, Clone)]
pub struct Channels {
    rules: Vec<(ChannelRule, Channel)>,
    names: Vec<String>,
}

impl Channels {
    /// The standard channels, and those of the site's rules.
    #[must_use]
    pub fn new(rules: Vec<ChannelRule>) -> Self {
        let mut names: Vec<String> = Standard::ALL.iter().map(|channel| channel.name().to_owned()).collect();
        let mut number = |name: &str| {
            let known = names.iter().position(|known| known == name);
            Channel(known.unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            }) as u16)
        };
        let rules = rules
            .into_iter()
            .map(|rule| {
                let channel = number(&rule.name);
                (rule, channel)
            })
            .collect();
        Self { rules, names }
    }

    /// The name of one of these channels, its label value.
    #[must_use]
    pub fn name(&self, channel: Channel) -> &str {
        self.names.get(usize::from(channel.0)).map_or(Standard::Other.name(), String::as_str)
    }

    /// The names of all, in the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The channel that brought the visitor.
    #[must_use]
    pub fn place(&self, landing: &Landing<'_>, sources: &Sources) -> Channel {
        if let Some(channel) = landing.word.and_then(|word| self.named(word)) {
            return channel;
        }
        let referrer = landing.referrer.and_then(UrlParts::split).map(|parts| lower_case(parts.host()));
        let referrer = referrer.filter(|host| !is_same_site(host, landing.own_host));
        let traffic = TrafficSource::of(landing.campaign, referrer.as_deref(), sources);
        let own = self.rules.iter().find(|(rule, _)| rule.matches(&traffic, referrer.as_deref()));
        own.map_or_else(|| Channel(grouping::group(&traffic) as u16), |(_, channel)| *channel)
    }

    fn named(&self, word: &str) -> Option<Channel> {
        self.names.iter().position(|name| name == word).map(|number| Channel(number as u16))
    }
}

/// Whether a visitor who comes from `host`, in lower case, never left the shop; `www.` makes no difference.
fn is_same_site(host: &str, own_host: &str) -> bool {
    let (host, own_host) = (without_www(host), without_www(own_host));
    // Browsers write hosts in ASCII.
    if own_host.is_ascii() { host.eq_ignore_ascii_case(own_host) } else { host == lower_case(own_host) }
}

fn without_www(host: &str) -> &str {
    match host.split_at_checked(4) {
        Some((www, rest)) if www.eq_ignore_ascii_case("www.") => rest,
        _ => host,
    }
}

/// Text and patterns are compared in lower case. Browsers and most campaigns write it so, and nothing is copied.
pub(crate) fn lower_case(text: &str) -> Cow<'_, str> {
    let is_lower = |byte: &u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    // Eight at a time without a branch, which the compiler makes one comparison.
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let all_lower = eights.iter().all(|eight| eight.iter().fold(true, |all, byte| all & is_lower(byte)))
        && rest.iter().all(is_lower);
    if all_lower || text.chars().all(|letter| letter.to_lowercase().eq([letter])) {
        Cow::Borrowed(text)
    } else {
        // Letter by letter: `str::to_lowercase` makes of a sigma what its neighbours ask for, and so a host without
        // `www.` would be another.
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    }
}

impl ChannelRule {
    fn matches(&self, traffic: &TrafficSource<'_>, referrer: Option<&str>) -> bool {
        let fits = |pattern: &Option<GlobMatcher>, value: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(value))
        };
        fits(&self.source, &traffic.source)
            && fits(&self.medium, &traffic.medium)
            && fits(&self.campaign, &traffic.name)
            && fits(&self.referrer, referrer.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
