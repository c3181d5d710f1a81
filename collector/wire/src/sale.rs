//! A conversion that the shop's server reports and signs: money figures that no browser can forge.
//!
//! The page hands `graadmeter.context()` to the server with the order; the server posts it back with the
//! conversion. So the collector needs no look-up of sessions.

use serde::Deserialize;

use crate::beacon::{Beacon, Campaign, Conversion, Device, Kind, Rate, Session, Version};
use crate::id::HexId;
use crate::limits::{NAME_BYTES_MAX, TIME_ZONE_BYTES_MAX, URL_BYTES_MAX};
use crate::object;
use crate::text::{SiteId, Text};
use crate::url::HttpUrl;

/// The body of `POST /v1/conversion`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Sale<'a> {
    /// The format's version.
    pub v: Version,
    /// The site that sold.
    #[serde(borrow)]
    pub site: SiteId<'a>,
    /// What the browser knew of the visit.
    #[serde(borrow, deserialize_with = "object::required")]
    pub context: Context<'a>,
    /// What was sold.
    #[serde(borrow, deserialize_with = "object::required")]
    pub conversion: Conversion<'a>,
}

/// What a browser knows of its visit, as `graadmeter.context()` tells it; keys and limits of a beacon.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Context<'a> {
    /// The page.
    #[serde(borrow, default)]
    pub url: Option<HttpUrl<'a>>,
    /// `document.referrer` of the view.
    #[serde(borrow, rename = "ref", default)]
    pub referrer: Option<Text<'a, URL_BYTES_MAX>>,
    /// The channel of the landing, in the page's own word.
    #[serde(borrow, default)]
    pub channel: Option<Text<'a, NAME_BYTES_MAX>>,
    /// The visit.
    #[serde(borrow, default, deserialize_with = "object::optional")]
    pub session: Option<Session<'a>>,
    /// Campaign parameters of the view's URL.
    #[serde(borrow, default, deserialize_with = "object::optional")]
    pub campaign: Option<Campaign<'a>>,
    /// Facts about the device.
    #[serde(default, deserialize_with = "object::optional")]
    pub device: Option<Device>,
    /// IANA time zone of the browser.
    #[serde(borrow, default)]
    pub tz: Option<Text<'a, TIME_ZONE_BYTES_MAX>>,
    /// Share of sessions that report.
    #[serde(default, deserialize_with = "object::or_default")]
    pub rate: Rate,
}

impl<'a> Sale<'a> {
    /// The beacon that the browser would have sent, under an id of the caller's.
    #[must_use]
    pub fn into_beacon(self, id: HexId) -> Beacon<'a> {
        let Self { v: Version, site, context, conversion } = self;
        Beacon {
            referrer: context.referrer,
            channel: context.channel,
            session: context.session,
            campaign: context.campaign,
            device: context.device,
            tz: context.tz,
            rate: context.rate,
            conversion: Some(conversion),
            ..Beacon::new(site, id, Kind::Conversion, context.url.unwrap_or(HttpUrl::UNKNOWN))
        }
    }
}
