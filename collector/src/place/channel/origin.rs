//! Source, medium and campaign of a landing, in lower case, found as Google Analytics finds them.

use std::borrow::Cow;

use graadmeter_wire::Campaign;

use super::lower_case;
use super::sources::{Category, Sources};

/// Where a visitor came from. Empty means "not set"; all three empty means direct.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TrafficSource<'a> {
    /// What the source is, if it is known.
    pub category: Option<Category>,
    pub source: Cow<'a, str>,
    pub medium: Cow<'a, str>,
    pub name: Cow<'a, str>,
}

impl<'a> TrafficSource<'a> {
    /// From campaign parameters, else the click id, else the referrer's host (in lower case).
    pub(super) fn of(
        campaign: Option<&'a Campaign<'a>>,
        referrer: Option<&'a str>,
        sources: &Sources,
    ) -> Self {
        let mut traffic = campaign.map(Self::tagged).unwrap_or_default();
        if !traffic.source.is_empty() || !traffic.medium.is_empty() {
            traffic.category = sources.category(&traffic.source);
            return traffic;
        }
        let click = campaign.and_then(|campaign| campaign.click.as_deref()).and_then(clicked);
        let source = click.map(|(source, _)| source).or(referrer).unwrap_or_default();
        let category = sources.category(source);
        let medium = match (click, referrer) {
            (Some((_, medium)), _) => medium,
            (None, Some(_)) => referred(category),
            (None, None) => "",
        };
        Self { category, source: source.into(), medium: medium.into(), name: traffic.name }
    }

    fn tagged(campaign: &'a Campaign<'a>) -> Self {
        Self {
            category: None,
            source: lower_case(campaign.source.as_deref().unwrap_or_default()),
            medium: lower_case(campaign.medium.as_deref().unwrap_or_default()),
            name: lower_case(campaign.name.as_deref().unwrap_or_default()),
        }
    }
}

/// Source and medium that a click id stands for. Facebook adds its id to unpaid links too, so that one
/// tells only the source.
fn clicked(click: &str) -> Option<(&'static str, &'static str)> {
    Some(match click {
        "gclid" | "gbraid" | "wbraid" | "gclsrc" | "gad_source" => ("google", "cpc"),
        "dclid" => ("dcm", "cpm"),
        "msclkid" => ("bing", "cpc"),
        "yclid" => ("yandex", "cpc"),
        "ttclid" => ("tiktok", "cpc"),
        "twclid" => ("twitter", "cpc"),
        "li_fat_id" => ("linkedin", "cpc"),
        "epik" => ("pinterest", "cpc"),
        "rdt_cid" => ("reddit", "cpc"),
        "sccid" | "ScCid" => ("snapchat", "cpc"),
        "fbclid" => ("facebook", "referral"),
        "igshid" => ("instagram", "referral"),
        _ => return None,
    })
}

/// The medium of a link: a search engine's is `organic`, a web mailer's is `email`, any other a `referral`.
fn referred(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Search) => "organic",
        Some(Category::Mail) => "email",
        _ => "referral",
    }
}
