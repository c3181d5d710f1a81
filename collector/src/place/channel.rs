//! Which channel brought the visitor: the page's word, the site's rules, then Google Analytics 4's default
//! channel grouping (support.google.com/analytics/answer/9756891), from what is known of the landing.
//!
//! As in Google Analytics, campaign parameters come before click ids, and those before the referrer.

mod grouping;
mod origin;
mod sources;

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

    /// The channel that brought the visitor.
    #[must_use]
    pub fn place(&self, landing: &Landing<'_>, sources: &Sources) -> Channel {
        if let Some(channel) = landing.word.and_then(|word| self.named(word)) {
            return channel;
        }
        let referrer = landing
            .referrer
            .and_then(UrlParts::split)
            .filter(|parts| !is_same_site(parts.host(), landing.own_host));
        let referrer = referrer.map(|parts| parts.host().to_ascii_lowercase());
        let traffic = TrafficSource::of(landing.campaign, referrer.as_deref(), sources);
        let own = self.rules.iter().find(|(rule, _)| rule.matches(&traffic, referrer.as_deref()));
        own.map_or_else(|| Channel(grouping::group(&traffic, sources) as u16), |(_, channel)| *channel)
    }

    fn named(&self, word: &str) -> Option<Channel> {
        self.names.iter().position(|name| name == word).map(|number| Channel(number as u16))
    }
}

/// Whether a visitor who comes from `host` never left the shop; `www.` makes no difference.
fn is_same_site(host: &str, own_host: &str) -> bool {
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_ascii_lowercase();
    bare(host) == bare(own_host)
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
mod tests {
    use graadmeter_wire::Text;

    use super::*;

    fn place(source: &str, medium: &str, name: &str, click: &str, referrer: &str) -> &'static str {
        let text = |text: &str| Some(Text::new(text.to_owned()).unwrap());
        let campaign =
            Campaign { source: text(source), medium: text(medium), name: text(name), click: text(click) };
        let landing = Landing {
            word: None,
            campaign: Some(&campaign),
            referrer: Some(referrer),
            own_host: "www.shop.example",
        };
        let channel = Channels::new(vec![]).place(&landing, &Sources::new());
        Standard::ALL[usize::from(channel.0)].name()
    }

    #[test]
    fn groups_by_campaign_parameters_as_google_analytics_does() {
        for (source, medium, name, channel) in [
            ("google", "cpc", "winter", "paid_search"),
            ("bing", "PPC", "", "paid_search"),
            ("google", "cpc", "cross-network-7", "cross_network"),
            ("google", "cpc", "Shopping NL", "paid_shopping"),
            ("facebook", "paid-social", "", "paid_social"),
            ("instagram.com", "cpm", "", "paid_social"),
            ("youtube", "cpv", "", "paid_video"),
            ("youtube", "cpc", "", "paid_video"),
            ("newspaper", "banner", "", "display"),
            ("blog", "cpc", "", "other"),
            ("amazon", "organic", "", "organic_shopping"),
            ("anything", "social", "", "organic_social"),
            ("facebook", "", "", "organic_social"),
            ("anything", "video", "", "organic_video"),
            ("anything", "organic", "", "organic_search"),
            ("partner", "referral", "", "referral"),
            ("newsletter", "email", "", "email"),
            ("e-mail", "october", "", "email"),
            ("tradetracker", "affiliate", "", "affiliate"),
            ("spotify", "audio", "", "audio"),
            ("sms", "october", "", "sms"),
            ("firebase", "", "", "push"),
            ("app", "webpush", "", "push"),
            ("strange", "thing", "", "other"),
        ] {
            assert_eq!(place(source, medium, name, "", ""), channel, "{source} / {medium} / {name}");
        }
    }

    #[test]
    fn groups_by_click_id() {
        for (click, referrer, channel) in [
            ("gclid", "https://www.google.com/", "paid_search"),
            ("msclkid", "", "paid_search"),
            ("ttclid", "", "paid_social"),
            ("dclid", "", "display"),
            ("fbclid", "https://l.facebook.com/", "organic_social"),
            ("fbclid", "", "organic_social"),
            ("unheard", "", "direct"),
        ] {
            assert_eq!(place("", "", "", click, referrer), channel, "{click}");
        }
    }

    #[test]
    fn groups_by_referrer() {
        for (referrer, channel) in [
            ("", "direct"),
            ("https://www.shop.example/", "direct"),
            ("https://shop.example/", "direct"),
            ("https://www.google.co.uk/", "organic_search"),
            ("https://duckduckgo.com/", "organic_search"),
            ("android-app://com.google.android.googlequicksearchbox/", "organic_search"),
            ("https://l.instagram.com/", "organic_social"),
            ("https://t.co/", "organic_social"),
            ("https://m.youtube.com/", "organic_video"),
            ("https://www.amazon.de/", "organic_shopping"),
            ("https://mail.google.com/", "email"),
            ("https://blog.example/", "referral"),
            ("https://notgoogle.com/", "referral"),
        ] {
            assert_eq!(place("", "", "", "", referrer), channel, "{referrer}");
        }
    }

    #[test]
    fn the_sites_rules_and_the_pages_word_come_first() {
        let partner =
            globset::GlobBuilder::new("partner*").case_insensitive(true).build().unwrap().compile_matcher();
        let rule = ChannelRule {
            name: "loyal".to_owned(),
            source: None,
            medium: Some(partner),
            campaign: None,
            referrer: None,
        };
        let channels = Channels::new(vec![rule]);
        let campaign = Campaign { medium: Text::new("Partner-7"), ..Campaign::default() };
        let landing = Landing { campaign: Some(&campaign), own_host: "shop.example", ..Landing::default() };
        let name = |landing| channels.name(channels.place(&landing, &Sources::new())).to_owned();
        assert_eq!(name(landing), "loyal");
        assert_eq!(name(Landing { word: Some("sms"), ..landing }), "sms");
        assert_eq!(name(Landing { word: Some("unheard"), ..landing }), "loyal");
    }
}
