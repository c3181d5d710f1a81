//! Placing: from a beacon, which can say anything, to an observation, which is bounded in every label.
//!
//! Pure: the clock, the network and the disk are elsewhere; the geo database is in memory.

pub mod channel;
pub mod country;
pub mod device;
pub mod page;

use graadmeter_wire::{Beacon, Conversion, Currency, Kind, Landing, Source, Timing, UrlParts, Vitals};

use crate::arrival::Arrival;
use crate::measure::{Measures, Metric, Micros};
use crate::observation::{Device, Event, LandingSpeed, Observation, SiteIndex, ThirdParties, Visitor};

use self::channel::{Channels, Sources};
use self::country::Geography;
use self::page::PageRule;

/// How one site places its beacons.
#[derive(Debug, Clone)]
pub struct SitePlaces {
    /// The site's number.
    pub index: SiteIndex,
    /// Its path rules.
    pub pages: Vec<PageRule>,
    /// Its channels.
    pub channels: Channels,
    /// The currency of conversions that name none.
    pub currency: Option<Currency>,
    /// Whether regions are told apart, where the database knows them.
    pub regions: bool,
}

/// What placing knows of the world.
#[derive(Debug)]
pub struct Placer {
    /// Countries.
    pub geography: Geography,
    /// Search engines, social networks and the like.
    pub sources: Sources,
}

impl Placer {
    /// Places one beacon of `site`. Total: whatever is unknown has a name for that.
    #[must_use]
    pub fn place<'a>(
        &self,
        beacon: &'a Beacon<'a>,
        arrival: &Arrival<'_>,
        site: &'a SitePlaces,
    ) -> Observation<'a> {
        let parts = beacon.url.parts();
        let event = match (beacon.source, beacon.kind) {
            (Source::Probe, _) => check(beacon),
            (Source::Rum, Kind::Page) => Event::View {
                visitor: self.visitor(beacon, arrival, site, parts),
                page: page::place(&site.pages, beacon.page.as_ref().and_then(|page| page.word()), parts.path),
                lands: beacon.session.as_ref().is_some_and(|session| session.n == 1),
                measures: measures(beacon),
                errors: beacon.errors.unwrap_or_default() as u32, // at most ten thousand
                third_party: ThirdParties::Told(&beacon.third_party),
            },
            (Source::Rum, Kind::Conversion) => Event::Conversion {
                visitor: self.visitor(beacon, arrival, site, parts),
                value: beacon.conversion.as_ref().and_then(|conversion| value(conversion, site.currency)),
                landing: landing_of_first_conversion(beacon),
            },
        };
        Observation { site: site.index, weight: beacon.rate.weight(), event }
    }

    fn visitor(
        &self,
        beacon: &Beacon<'_>,
        arrival: &Arrival<'_>,
        site: &SitePlaces,
        url: UrlParts<'_>,
    ) -> Visitor {
        // The channel is the landing's: from the second view on, the session tells what that was.
        let landing = beacon.session.as_ref().and_then(|session| session.landing.as_ref());
        let (campaign, referrer) = match landing {
            Some(landing) => (landing.campaign.as_ref(), landing.referrer.as_deref()),
            None => (beacon.campaign.as_ref(), beacon.referrer.as_deref()),
        };
        let landing = channel::Landing {
            word: beacon.channel.as_ref().and_then(|channel| channel.word()),
            campaign,
            referrer,
            own_host: url.host(),
        };
        Visitor {
            device: device::place(arrival, beacon.device.as_ref()),
            channel: site.channels.place(&landing, &self.sources),
            country: self.geography.place(arrival, beacon.tz.as_deref(), site.regions),
        }
    }
}

fn check<'a>(beacon: &'a Beacon<'a>) -> Event<'a> {
    Event::Check {
        check: beacon.check.as_ref().and_then(|check| check.word()).unwrap_or(page::OTHER),
        region: beacon.region.as_ref().and_then(|region| region.word()).unwrap_or(page::OTHER),
        // A probe says what it plays; its own user agent says only that it is a probe.
        device: match beacon.device.and_then(|device| device.mobile) {
            Some(true) => Device::Mobile,
            Some(false) => Device::Desktop,
            None => Device::Other,
        },
        measures: measures(beacon),
    }
}

fn measures(beacon: &Beacon<'_>) -> Measures {
    let (no_vitals, no_timing) = (Vitals::default(), Timing::default());
    let vitals = beacon.vitals.as_ref().unwrap_or(&no_vitals);
    let timing = beacon.timing.as_ref().unwrap_or(&no_timing);
    let mut measures = Measures::default();
    let mut set = |metric, ms: Option<f64>| measures.set(metric, ms.map(Micros::from_ms));
    set(Metric::Ttfb, vitals.ttfb.or(timing.ttfb));
    set(Metric::Fcp, vitals.fcp);
    set(Metric::Lcp, vitals.lcp);
    set(Metric::Inp, vitals.inp);
    set(Metric::Load, timing.load);
    set(Metric::Redirect, timing.redirect);
    set(Metric::Dns, timing.dns);
    set(Metric::Connect, timing.connect);
    set(Metric::Tls, timing.tls);
    set(Metric::Wait, wait_ms(timing));
    set(Metric::Response, timing.response);
    set(Metric::DomInteractive, timing.dom_interactive);
    set(Metric::DomContentLoaded, timing.dom_content_loaded);
    measures.set(Metric::Cls, vitals.cls.map(Micros::from_score));
    measures
}

/// What remains of the time to the first byte after the phases before the request: the server's share.
fn wait_ms(timing: &Timing) -> Option<f64> {
    let before = [timing.redirect, timing.dns, timing.connect, timing.tls];
    let before: f64 = before.into_iter().flatten().sum();
    timing.ttfb.map(|ttfb| (ttfb - before).max(0.0))
}

fn value(
    conversion: &Conversion<'_>,
    site_currency: Option<Currency>,
) -> Option<(Currency, rust_decimal::Decimal)> {
    let currency = conversion.currency.or(site_currency).unwrap_or(Currency::NONE);
    conversion.value.map(|amount| (currency, amount.value()))
}

/// A session converts once in the curve, so only its first conversion has a landing.
fn landing_of_first_conversion(beacon: &Beacon<'_>) -> Option<LandingSpeed> {
    let is_first = beacon.conversion.as_ref().and_then(|conversion| conversion.first) != Some(false);
    let landing = beacon.session.as_ref()?.landing.as_ref()?;
    is_first.then(|| landing_speed(landing))
}

fn landing_speed(landing: &Landing<'_>) -> LandingSpeed {
    LandingSpeed { lcp: landing.lcp.map(Micros::from_ms), load: landing.load.map(Micros::from_ms) }
}
