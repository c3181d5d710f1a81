//! One simulated session: who comes, how fast the pages are, whether he buys, and the beacons that tell of
//! it.

use std::time::Duration;

use graadmeter_wire::{
    Beacon, Conversion, Currency, HexId, Kind, Landing, Navigation, Session, SiteId, Text, ThirdParty,
};
use rand::Rng;

use super::people::{ARRIVALS, Arrival, Class, PROFILES, Profile, ZONES, Zone, pick};
use super::route::{Place, Places, basket, route};
use super::speed::{Speeds, View, stay_seconds};
use super::{ODDS_RATIO_PER_SECOND, Visit, rounded};

/// Log-odds of a purchase on a desktop, from an organic search, with a landing LCP of 0 s. Set so that 2.4 %
/// of all sessions buy.
const LOG_ODDS: f64 = -3.18;

/// Other people's hosts on the shop's pages: share of views, host, requests, bytes, milliseconds.
const THIRD_PARTIES: [(f64, &str, f64, f64, f64); 3] = [
    (0.95, "tags.example.net", 3.0, 92_000.0, 140.0),
    (0.80, "fonts.example.org", 2.0, 46_000.0, 60.0),
    (0.45, "reviews.example.com", 4.0, 128_000.0, 220.0),
];

/// A session, drawn but not yet told.
pub(super) struct Draft<'g, R> {
    rng: &'g mut R,
    places: &'g Places,
    id: HexId,
    profile: &'static Profile,
    zone: &'static Zone,
    arrival: &'static Arrival,
    slow_network: bool,
    views: Vec<(Place, View)>,
    buys: bool,
}

impl<'g, R: Rng> Draft<'g, R> {
    pub(super) fn new(rng: &'g mut R, places: &'g Places, speeds: &Speeds) -> Self {
        let profile = pick(rng, &PROFILES);
        let zone = pick(rng, &ZONES);
        let arrival = pick(rng, &ARRIVALS);
        let landing = speeds.view(rng, profile.class, zone, true);
        let log_odds = log_odds(profile.class, arrival, landing.lcp_ms);
        let buys = rng.random_bool(1.0 / (1.0 + (-log_odds).exp()));
        let mut landing = Some(landing);
        let mut views = Vec::new();
        for place in route(rng, buys) {
            let view = landing.take().unwrap_or_else(|| speeds.view(rng, profile.class, zone, false));
            views.push((place, view));
        }
        let slow_network = rng.random_bool(0.06);
        Self {
            id: HexId::from(rng.random::<u128>()),
            rng,
            places,
            profile,
            zone,
            arrival,
            slow_network,
            views,
            buys,
        }
    }

    /// The session's beacons in the order of their sending: each page's when it is left, the purchase's as
    /// soon as its last page has loaded.
    pub(super) fn into_visits(mut self, site: &SiteId<'static>) -> Vec<Visit> {
        let views = std::mem::take(&mut self.views);
        let landing = views.first().map(|(place, view)| self.landing(*place, view));
        let mut visits = Vec::with_capacity(views.len() + 1);
        let mut now = Duration::ZERO;
        let mut previous = None;
        for (n, (place, view)) in (1..).zip(&views) {
            let session = Session { id: self.id, n, landing: if n == 1 { None } else { landing.clone() } };
            let loaded = now + Duration::from_secs_f64(view.load_ms / 1000.0);
            if self.buys && *place == Place::ThankYou {
                let purchase = self.purchase(site, *place, session.clone());
                visits.push(self.visit(loaded, purchase));
            }
            now = loaded + Duration::from_secs_f64(stay_seconds(self.rng));
            let page = self.page(site, (*place, view), session, previous);
            visits.push(self.visit(now, page));
            previous = Some(*place);
        }
        visits
    }

    fn landing(&self, place: Place, view: &View) -> Landing<'static> {
        Landing {
            lcp: self.profile.measures.lcp.then_some(view.lcp_ms),
            load: Some(view.load_ms),
            referrer: self.arrival.referrer.and_then(Text::new),
            page: Text::new(place.group()),
            campaign: self.arrival.campaign(),
        }
    }

    fn page(
        &mut self,
        site: &SiteId<'static>,
        (place, view): (Place, &View),
        session: Session<'static>,
        previous: Option<Place>,
    ) -> Beacon<'static> {
        let is_landing = session.n == 1;
        let reloaded = !is_landing && self.rng.random_bool(0.03);
        let mut beacon = self.common(site, Kind::Page, place, session);
        beacon.nav = Some(if reloaded { Navigation::Reload } else { Navigation::Navigate });
        beacon.referrer = match previous {
            Some(previous) => Text::new(self.places.url(previous).to_string()),
            None => self.arrival.referrer.and_then(Text::new),
        };
        beacon.campaign = if is_landing { self.arrival.campaign() } else { None };
        beacon.timing = Some(view.timing());
        beacon.vitals = Some(view.vitals(self.profile.measures));
        beacon.third_party = third_parties(self.rng);
        beacon
    }

    fn purchase(
        &mut self,
        site: &SiteId<'static>,
        place: Place,
        session: Session<'static>,
    ) -> Beacon<'static> {
        let number = self.rng.random::<u64>() >> 16;
        let mut beacon = self.common(site, Kind::Conversion, place, session);
        beacon.conversion = Some(Conversion {
            value: Some(basket(self.rng)),
            currency: Currency::from_code("EUR"),
            order: Text::new(format!("SIM-{number:012X}")),
            first: Some(true),
        });
        beacon
    }

    /// What both kinds of beacon tell.
    fn common(
        &mut self,
        site: &SiteId<'static>,
        kind: Kind,
        place: Place,
        session: Session<'static>,
    ) -> Beacon<'static> {
        let id = HexId::from(self.rng.random::<u128>());
        let mut beacon = Beacon::new(site.clone(), id, kind, self.places.url(place).clone());
        beacon.page = Text::new(place.group());
        beacon.session = Some(session);
        beacon.device = Some(self.profile.facts(self.slow_network));
        beacon.tz = Text::new(self.zone.name);
        beacon
    }

    fn visit(&self, after: Duration, beacon: Beacon<'static>) -> Visit {
        let Profile { user_agent, client_hints, .. } = self.profile;
        Visit { after, user_agent, client_hints, beacon }
    }
}

/// The planted truth: intent by device and channel, and the landing's speed.
fn log_odds(class: Class, arrival: &Arrival, landing_lcp_ms: f64) -> f64 {
    let by_device = match class {
        Class::Desktop => 0.0,
        Class::Tablet => -0.30,
        Class::Mobile => -0.75,
    };
    LOG_ODDS + by_device + arrival.intent + ODDS_RATIO_PER_SECOND.ln() * landing_lcp_ms / 1000.0
}

fn third_parties(rng: &mut impl Rng) -> Vec<ThirdParty<'static>> {
    THIRD_PARTIES
        .iter()
        .filter_map(|&(share, host, count, bytes, ms)| {
            let ms = rounded(ms * rng.random_range(0.4..2.5), 1);
            let host = Text::new(host).filter(|_| rng.random_bool(share))?;
            Some(ThirdParty { host, count: Some(count), bytes: Some(bytes), ms: Some(ms) })
        })
        .collect()
}
