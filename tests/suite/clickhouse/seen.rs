//! Observations of all kinds, from a fixed seed.

use graadmeter_collector::history::UnixSeconds;
use graadmeter_collector::measure::{Measures, Metric, Micros};
use graadmeter_collector::observation::{
    Channel, Country, Device, Event, Kept, LandingSpeed, Observation, SiteIndex, ThirdParties, Visitor,
};
use graadmeter_wire::{Amount, Currency};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

pub(super) const SITE: &str = "shop";
/// The first minute of all: 2026-11-22T12:00:00Z.
pub(super) const START: i64 = 1_795_348_800;

/// One, and what the journal says beside it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) channel: &'static str,
    pub(super) at: UnixSeconds,
    pub(super) observation: Observation<'static>,
}

const PAGES: [&str; 5] = ["home", "product", "", "it's \\ a\tpage", "日本"];
/// Two hosts as the journal keeps them.
const THIRD_PARTIES: &[u8] = b"\x07\x0Bads.example\x80\x01\x03cdn";

/// So many, over three hours: mostly views, some conversions and checks.
pub(super) fn seen(number: usize) -> Vec<Seen> {
    let mut random = SmallRng::seed_from_u64(20_261_122);
    let mut all: Vec<_> = (0..number).map(|_| any(&mut random)).collect();
    // The first is a visitor's, so that the history begins with it, as the rows do.
    all[0].at = UnixSeconds(START);
    all
}

/// So many views, each with an LCP of its own.
pub(super) fn distinct(number: usize) -> Vec<Seen> {
    let mut random = SmallRng::seed_from_u64(20_261_123);
    let one = |micros| Seen {
        channel: "email",
        at: UnixSeconds(START),
        observation: Observation { site: SiteIndex(0), weight: 1, event: view(&mut random, Some(micros)) },
    };
    (0..number as u32).map(one).collect()
}

fn any(random: &mut SmallRng) -> Seen {
    let event = match random.random_range(0..20) {
        0 => conversion(random),
        1 => check(random),
        _ => {
            let lcp = random.random_bool(0.9).then(|| speed(random).0);
            view(random, lcp)
        }
    };
    Seen {
        channel: ["email", "direct", "paid_search"].choose(random).expect("not empty"),
        at: UnixSeconds(START + random.random_range(0..3 * 3_600)),
        observation: Observation {
            site: SiteIndex(0),
            weight: *[1, 1, 10, 10_000].choose(random).expect("not empty"),
            event,
        },
    }
}

fn view(random: &mut SmallRng, lcp: Option<u32>) -> Event<'static> {
    let mut measures = measures(random);
    measures.set(Metric::Lcp, lcp.map(Micros));
    let part = if random.random_bool(0.5) { THIRD_PARTIES } else { &[] };
    Event::View {
        visitor: visitor(random),
        page: PAGES.choose(random).expect("not empty"),
        lands: random.random_bool(0.3),
        measures,
        errors: 0,
        third_party: ThirdParties::Kept(Kept { batch: &[], part }),
    }
}

fn conversion(random: &mut SmallRng) -> Event<'static> {
    let amount = Amount::parse("999999999999.999999").expect("the largest");
    let value = Currency::from_code("EUR").map(|currency| (currency, amount.value()));
    let landing = LandingSpeed { lcp: Some(speed(random)), load: None };
    Event::Conversion { visitor: visitor(random), value, landing: Some(landing) }
}

fn check(random: &mut SmallRng) -> Event<'static> {
    Event::Check { check: "cart", region: "eu-west", device: Device::Other, measures: measures(random) }
}

fn visitor(random: &mut SmallRng) -> Visitor {
    let netherlands = Country::from_code("NL").expect("two letters");
    let countries = [netherlands, netherlands.region("NH").expect("two letters"), Country::UNKNOWN];
    Visitor {
        device: *Device::ALL.choose(random).expect("not empty"),
        channel: Channel(0),
        country: *countries.choose(random).expect("not empty"),
    }
}

/// Of each metric but LCP, half of the time.
fn measures(random: &mut SmallRng) -> Measures {
    let mut measures = Measures::default();
    for metric in Metric::ALL {
        measures.set(metric, random.random_bool(0.5).then(|| speed(random)));
    }
    measures
}

/// All magnitudes: those with a bucket of their own, the edges of buckets, and the largest that a beacon may say.
fn speed(random: &mut SmallRng) -> Micros {
    let magnitude = random.random_range(0..29);
    let edge = 1_u32 << magnitude;
    Micros(match random.random_range(0..10) {
        0 => edge,
        1 => edge - 1,
        2 => 600_000_000,
        _ => edge + random.random_range(0..edge),
    })
}
