//! A beacon of version 1: what one page view, conversion or synthetic check reports.
//!
//! Durations are milliseconds since the navigation's start, sizes are bytes. Everything but `v`, `site`,
//! `id`, `kind` and `url` is optional, because browsers differ in what they can measure.

mod cause;
mod marks;
mod measured;
mod read;
mod visit;
mod words;

use serde::{Deserialize, Serialize};

use crate::id::HexId;
use crate::key::{Key, LeftOut};
use crate::limits::{NAME_BYTES_MAX, THIRD_PARTIES_MAX, TIME_ZONE_BYTES_MAX, URL_BYTES_MAX};
use crate::object;
use crate::text::{SiteId, Text};
use crate::url::HttpUrl;

pub use self::cause::{Cause, Part};
pub use self::marks::{MarkName, Marks};
pub use self::measured::{Device, ThirdParty, Timing, Vitals};
pub use self::visit::{Campaign, Conversion, Landing, Session};
pub use self::words::{EffectiveType, Kind, Navigation, Rate, Source, Version};

/// One report. Its strings borrow from the body that it was decoded from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beacon<'a> {
    /// The format's version.
    pub v: Version,
    /// The site that it is about.
    #[serde(borrow)]
    pub site: SiteId<'a>,
    /// Random; the same `id` and `kind` within ten minutes counts once.
    pub id: HexId,
    /// What is reported.
    pub kind: Kind,
    /// The page, without query and fragment.
    #[serde(borrow)]
    pub url: HttpUrl<'a>,
    /// `document.referrer` of this view.
    #[serde(borrow, rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Text<'a, URL_BYTES_MAX>>,
    /// The page group, in the page's own word.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Text<'a, NAME_BYTES_MAX>>,
    /// The stage of the buying path that the page is for, in the page's own word.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Text<'a, NAME_BYTES_MAX>>,
    /// The channel of the landing, in the page's own word.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text<'a, NAME_BYTES_MAX>>,
    /// How the page was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nav: Option<Navigation>,
    /// The visit; absent when the visitor's browser or choice forbids storage.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub session: Option<Session<'a>>,
    /// Campaign parameters of this view's URL.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign<'a>>,
    /// Facts about the device.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// IANA time zone of the browser.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<Text<'a, TIME_ZONE_BYTES_MAX>>,
    /// The arm of an experiment.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Text<'a, NAME_BYTES_MAX>>,
    /// A visitor's browser or a probe.
    #[serde(default, deserialize_with = "object::or_default", skip_serializing_if = "Source::is_rum")]
    pub source: Source,
    /// Where the probe stands.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Text<'a, NAME_BYTES_MAX>>,
    /// Which of the probe's checks this is.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Text<'a, NAME_BYTES_MAX>>,
    /// Share of sessions that report.
    #[serde(default, deserialize_with = "object::or_default", skip_serializing_if = "Rate::is_whole")]
    pub rate: Rate,
    /// Phases of the navigation.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// Web Vitals.
    #[serde(default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub vitals: Option<Vitals>,
    /// Where vitals came from.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause<'a>>,
    /// Cost of others' content, per host.
    #[serde(borrow, default, deserialize_with = "object::list", skip_serializing_if = "Vec::is_empty")]
    pub third_party: Vec<ThirdParty<'a>>,
    /// Moments and durations by the page's own names.
    #[serde(borrow, default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks<'a>,
    /// JavaScript errors and unhandled rejections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<f64>,
    /// The purchase, when `kind` is `conversion`.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Conversion<'a>>,
}

impl<'a> Beacon<'a> {
    /// A beacon with its required keys; the rest is absent until it is set.
    #[must_use]
    pub fn new(site: SiteId<'a>, id: HexId, kind: Kind, url: HttpUrl<'a>) -> Self {
        Self {
            v: Version,
            site,
            id,
            kind,
            url,
            referrer: None,
            page: None,
            stage: None,
            channel: None,
            nav: None,
            session: None,
            campaign: None,
            device: None,
            tz: None,
            variant: None,
            source: Source::Rum,
            region: None,
            check: None,
            rate: Rate::default(),
            timing: None,
            vitals: None,
            cause: None,
            third_party: Vec::new(),
            marks: Marks::default(),
            errors: None,
            conversion: None,
        }
    }

    /// A beacon that says nothing yet.
    pub(crate) fn blank() -> Self {
        Self::new(SiteId::BLANK, HexId::from(0), Kind::Page, HttpUrl::UNKNOWN)
    }

    /// Takes out every measured value that can't be, and says which.
    pub(crate) fn leave_out_impossible(&mut self) -> LeftOut {
        let mut left_out = LeftOut::default();
        if let Some(vitals) = &mut self.vitals {
            vitals.leave_out_impossible(&mut left_out);
        }
        if let Some(timing) = &mut self.timing {
            timing.leave_out_impossible(&mut left_out);
        }
        if let Some(device) = &mut self.device {
            device.leave_out_impossible(&mut left_out);
        }
        if let Some(landing) = self.session.as_mut().and_then(|session| session.landing.as_mut()) {
            Key::LandingLcp.keep_possible(&mut landing.lcp, &mut left_out);
            Key::LandingLoad.keep_possible(&mut landing.load, &mut left_out);
        }
        if let Some(conversion) = &mut self.conversion
            && conversion.value.is_some_and(|value| !value.is_possible())
        {
            conversion.value = None;
            left_out.add(Key::ConversionValue);
        }
        if self.third_party.len() > THIRD_PARTIES_MAX {
            self.third_party.truncate(THIRD_PARTIES_MAX);
            left_out.add(Key::ThirdParty);
        }
        for third_party in &mut self.third_party {
            third_party.leave_out_impossible(&mut left_out);
        }
        if let Some(cause) = &mut self.cause {
            cause.leave_out_impossible(&mut left_out);
        }
        self.marks.leave_out_impossible(&mut left_out);
        Key::Errors.keep_possible(&mut self.errors, &mut left_out);
        left_out
    }
}
